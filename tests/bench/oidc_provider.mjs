// oidc-provider beside ours, for ./dev bench: one process on a Unix socket behind an HAProxy with our own configuration,
// its in-memory adapter, opaque tokens. Its cheapest way to a token is client_credentials. The client proves itself as
// ours do, by the certificate that the proxy passes on; parsing it is spared where it was seen before.
//   node oidc_provider.mjs SOCKET ISSUER CERTIFICATE
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import Provider from 'oidc-provider';

const [socket, issuer, certificate] = process.argv.slice(2);
const digest = (der) => createHash('sha256').update(der).digest('base64url');
const known = digest(new X509Certificate(readFileSync(certificate)).raw);
const seen = new Map();

function certificateOf(ctx) {
  const header = ctx.get('client-cert');  // RFC 9440
  if (!header) return undefined;
  if (!seen.has(header)) seen.set(header, new X509Certificate(Buffer.from(header.slice(1, -1), 'base64')));
  return seen.get(header);
}

const method = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'as registered',
  redirect_uris: [], response_types: [] };
const provider = new Provider(issuer, {
  clients: [
    { client_id: 'ehr', grant_types: ['client_credentials'], tls_client_certificate_bound_access_tokens: true, ...method },
    { client_id: 'service', grant_types: [], ...method }],
  clientAuthMethods: ['tls_client_auth'],
  clientBasedCORS: () => true,  // our load names its origin, as browsers do
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    mTLS: { enabled: true, tlsClientAuth: true, certificateBoundAccessTokens: true, getCertificate: certificateOf,
      certificateAuthorized: (ctx) => certificateOf(ctx) !== undefined,
      certificateSubjectMatches: (ctx) => digest(certificateOf(ctx).raw) === known },
  },
});
const server = http.createServer(provider.callback());
server.keepAliveTimeout = 60_000;
server.listen(socket);
