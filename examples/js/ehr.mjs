// An EHR in JavaScript, with the library openid-client: it asks for a pass by the device grant (RFC 8628), shows the
// number, waits, uses the pass at a signature service, and ends it.
//
//   npm install
//   node ehr.mjs settings.json [本人ID]
//
// settings.json: {"issuer", "client_id", "cert", "key", "tls_ca", "signature_service"}; the files are PEM, "tls_ca" is
// needed for test servers only.
import { readFileSync } from 'node:fs';
import * as oidc from 'openid-client';
import { Agent, fetch } from 'undici';

const [file, person] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, 'utf8'));
const pem = (name) => (settings[name] ? readFileSync(settings[name]) : undefined);

// Every connection shows the facility's certificate. A pass is bound to the certificate that fetched it (RFC 8705).
const dispatcher = new Agent({ connect: { ca: pem('tls_ca'), cert: pem('cert'), key: pem('key') } });
const withCertificate = (url, options) => fetch(url, { ...options, dispatcher });

// Where everything is: the server's own description of itself. Its facility origin is announced for mTLS clients.
const server = await oidc.discovery(new URL(settings.issuer), settings.client_id, { use_mtls_endpoint_aliases: true },
  oidc.TlsClientAuth(), { [oidc.customFetch]: withCertificate });

// One open request for each terminal: a new one takes the place of the old. `login_hint` where it is known who sits there.
const request = await oidc.initiateDeviceAuthorization(server, {
  scope: 'openid hpki.sign', terminal_id: 'example-js', terminal_name: '診察室 1', ...(person ? { login_hint: person } : {}) });

// For the screen: the QR (request.qr_svg is a ready SVG; here its link as text) and, large beside it, the number.
console.log(`link: ${request.verification_uri_complete}`);
console.log(`number: ${request.number}`);
console.log(`code: ${request.user_code}`);

// Polls at the interval that the server names, slower when told so, until the person has answered.
let tokens;
try {
  tokens = await oidc.pollDeviceAuthorizationGrant(server, request);
} catch (refusal) {
  // access_denied: the person said no, or the number was wrong. expired_token: nobody answered in time.
  console.log(`refused: ${refusal.error ?? refusal.message}`);
  process.exit(1);
}
const { sub, name } = tokens.claims();
console.log(`pass: for ${name ?? sub}, ${tokens.expires_in} s`);

// Keep the pass for the session of that person, in memory, and bring it with each call.
const check = await withCertificate(`${settings.signature_service}/check`, {
  method: 'POST', headers: { authorization: `Bearer ${tokens.access_token}` } });
console.log(`signature service: ${check.status}`);

// When the person leaves: from the next question on, every signature service hears that the pass is over.
await oidc.tokenRevocation(server, tokens.access_token);
console.log('ended');
