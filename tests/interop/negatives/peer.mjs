// The same clients before `oidc-provider`, in this process, on loopback: a second opinion on each answer. What belongs to
// Tegata alone (phones, pages, its database) is not here, and a row that needs it says so by NotHere.
import { generateKeyPairSync } from 'node:crypto';
import Provider, { errors } from 'oidc-provider';
import { fetch } from 'undici';
import { callback, Client, grants, scope, sha256 } from './client.mjs';

export class NotHere extends Error {}

const audience = 'https://signature.sandbox.invalid';
const names = { ehr: 'ehr-chuo', other: 'ehr-minami', key: 'ehr-chuo-key', service: 'signature-service' };
const ehr = { grant_types: Object.values(grants), redirect_uris: [callback], response_types: ['code'], scope, application_type: 'native',
  backchannel_token_delivery_mode: 'poll' };
const byCertificate = (name) => ({ client_id: names[name], token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: `CN=${name}` });

// Who a connection is known to be: in place of TLS, a header.
const party = (ctx) => ctx.get('x-test-certificate') || undefined;

function configuration(jwks) {
  return {
    clients: [
      { ...ehr, ...byCertificate('ehr'), tls_client_certificate_bound_access_tokens: true },
      { ...ehr, ...byCertificate('other'), tls_client_certificate_bound_access_tokens: true },
      { ...ehr, client_id: names.key, token_endpoint_auth_method: 'private_key_jwt', jwks, dpop_bound_access_tokens: true },
      { ...byCertificate('service'), grant_types: [], redirect_uris: [], response_types: [] },
    ],
    scopes: ['openid', 'hpki.sign'],
    acrValues: ['phr', 'phrh'],
    clientAuthMethods: ['tls_client_auth', 'private_key_jwt'],
    pkce: { required: () => true },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    routes: { authorization: '/authorize', pushed_authorization_request: '/par', device_authorization: '/device_authorization',
      backchannel_authentication: '/backchannel', introspection: '/introspect', revocation: '/revoke', token: '/token', userinfo: '/me' },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      dPoP: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_ctx, client) => client.clientId === names.service },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      requestObjects: { enabled: true },
      mTLS: { enabled: true, tlsClientAuth: true, certificateBoundAccessTokens: true, getCertificate: certificateOf,
        certificateAuthorized: (ctx) => party(ctx) !== undefined,
        certificateSubjectMatches: (ctx, _property, expected) => expected === `CN=${party(ctx)}` },
      resourceIndicators: { enabled: true, defaultResource: () => audience, useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return { scope, accessTokenFormat: 'opaque' };
        } },
      ciba: { enabled: true, deliveryModes: ['poll'], processLoginHint: (_ctx, hint) => hint, validateRequestContext: () => {},
        verifyUserCode: () => {}, triggerAuthenticationDevice: () => {},
        validateBindingMessage: (_ctx, text = '') => {
          if ([...text].length > 64 || /[\0-\x1f]/.test(text)) throw new errors.InvalidBindingMessage();
        } },
    },
  };
}

// Its thumbprint is all that is asked of a certificate: the name stands for the bytes.
const certificateOf = (ctx) => (party(ctx) ? `-----BEGIN CERTIFICATE-----\n${sha256(party(ctx)).toString('base64')}\n-----END CERTIFICATE-----` : undefined);

// In place of the phone that approved.
const noPhone = new Proxy({}, { get(_, name) {
  if (name === 'then') return undefined;
  throw new NotHere(`phone.${String(name)}`);
} });

export class Peer extends Client {
  static async start(port) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'test-key', use: 'sig' };
    const peer = new Peer({ secret: privateKey, kid: jwk.kid, jwk });
    peer.issuer = `http://127.0.0.1:${port}`;
    peer.doctor = { id: 'AB12345689' };
    peer.dentist = { id: 'CD23456790' };
    peer.plain = (url, options) => fetch(url, options);
    peer.parties = Object.fromEntries(['ehr', 'other', 'key', 'service', 'nobody'].map((name) => [name, { client_id: names[name], origin: peer.issuer,
      fetch: (url, options) => fetch(url, { ...options, headers: { ...(name === 'key' || name === 'nobody' ? {} : { 'x-test-certificate': name }), ...options.headers } }) }]));
    peer.provider = new Provider(peer.issuer, configuration({ keys: [jwk] }));
    await new Promise((resolve) => (peer.server = peer.provider.listen(port, '127.0.0.1', resolve)));
    return peer;
  }
  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  async #grant(clientId) {
    const grant = new this.provider.Grant({ accountId: this.doctor.id, clientId });
    grant.addOIDCScope(scope);
    grant.addResourceScope(audience, scope);
    return grant;
  }
  async approve(asked) {
    const { DeviceCode, BackchannelAuthenticationRequest } = this.provider;
    const authTime = Math.floor(Date.now() / 1000);
    if (asked.auth_req_id) {
      const request = await BackchannelAuthenticationRequest.find(asked.auth_req_id);
      await this.provider.backchannelResult(request, await this.#grant(request.clientId), { authTime });
      return noPhone;
    }
    const code = await DeviceCode.find(asked.device_code);
    const grantId = await (await this.#grant(code.clientId)).save();
    Object.assign(code, { accountId: this.doctor.id, grantId, scope, resource: audience, authTime });
    await code.save(code.remainingTTL);
    return noPhone;
  }
  async code({ redirect_uri = callback, code_challenge = this.request().code_challenge, dpop_jkt } = {}, as = 'key') {
    const client = await this.provider.Client.find(names[as]);
    const grantId = await (await this.#grant(client.clientId)).save();
    const code = new this.provider.AuthorizationCode({ client, accountId: this.doctor.id, grantId, scope, resource: audience, redirectUri: redirect_uri,
      codeChallenge: code_challenge, codeChallengeMethod: 'S256', dpopJkt: dpop_jkt, authTime: Math.floor(Date.now() / 1000), claims: {} });
    return code.save();
  }
}

// A row that asks for anything else is about Tegata alone.
for (const name of ['sandbox', 'phone', 'opened', 'approvedHere', 'sql', 'expire', 'page', 'wire', 'check', 'thumbprint', 'pem', 'join', 'enrol', 'restart', 'selfSigned', 'while']) {
  Object.defineProperty(Peer.prototype, name, { get() { throw new NotHere(name); } });
}
