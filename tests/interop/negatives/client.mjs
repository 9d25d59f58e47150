// What clients send, to whichever server: the requests of the EHRs and of the signature service, and what proves them.
import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import * as jose from 'jose';
import { read } from './answer.mjs';

export const grants = {
  code: 'authorization_code', device: 'urn:ietf:params:oauth:grant-type:device_code', ciba: 'urn:openid:params:grant-type:ciba',
};
export const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const callback = 'http://127.0.0.1/callback';
export const scope = 'openid hpki.sign';
export const sha256 = (text) => createHash('sha256').update(text).digest();
export const secret = () => randomBytes(32).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

export const ok = (answer, status = 200) => {
  if (answer.status !== status) throw new Error(`${answer.status} ${answer.text ?? JSON.stringify(answer.body)}`);
  return answer.body;
};

export class Client {
  // key: {secret, kid, jwk} of the client that has one. A server's side adds issuer, parties, plain and doctor.
  constructor(key) {
    this.key = key;
    this.stranger = jose.generateKeyPair('ES256', { extractable: true });
    this.dpop = jose.generateKeyPair('ES256', { extractable: true });
  }

  // What a client that has a key shows. `changes` are to the claims, `head` to the header; undefined takes one away.
  async assertion(changes = {}, head = {}, signer = this.key.secret) {
    const { client_id: id } = this.parties.key;
    const claims = { iss: id, sub: id, aud: this.issuer, jti: secret(), iat: now(), exp: now() + 60, ...changes };
    return new jose.SignJWT(JSON.parse(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'ES256', kid: this.key.kid, ...head }).sign(signer);
  }
  // A signed request of that client: the parameters of /authorize, or those given.
  async object(changes = {}, head = {}, signer = this.key.secret, parameters = this.request('key')) {
    const claims = { ...parameters, iss: this.parties.key.client_id, aud: this.issuer, jti: secret(), iat: now(), nbf: now(), exp: now() + 60, ...changes };
    return new jose.SignJWT(JSON.parse(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'ES256', typ: 'oauth-authz-req+jwt', kid: this.key.kid, ...head }).sign(signer);
  }
  async proof(place = '/token', changes = {}, head = {}, pair = this.dpop, origin = this.issuer) {
    const { publicKey, privateKey } = await pair;
    const claims = { jti: secret(), htm: 'POST', htu: origin + place, iat: now(), ...changes };
    return new jose.SignJWT(JSON.parse(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await jose.exportJWK(publicKey), ...head }).sign(privateKey);
  }
  async jkt(pair = this.dpop) { return jose.calculateJwkThumbprint(await jose.exportJWK((await pair).publicKey)); }
  publicPem() { return createPublicKey(this.key.secret).export({ type: 'spki', format: 'pem' }); }

  // One request of a client. `form`: an object, or pairs where a name comes twice; undefined leaves a parameter out.
  // as: which client; unsigned: without its assertion; proof: true for a good DPoP proof, or one ready made; raw: the
  // body as it is to be sent; type: its media type.
  async post(place, form = {}, { as = 'ehr', unsigned = false, proof, headers = {}, raw, type, method = 'POST', origin } = {}) {
    const party = this.parties[as];
    const pairs = Array.isArray(form) ? [...form] : Object.entries(form);
    const has = (name) => pairs.some(([each]) => each === name);
    if (party.client_id && !has('client_id')) pairs.push(['client_id', party.client_id]);
    if (as === 'key' && !unsigned && !has('client_assertion')) pairs.push(['client_assertion', await this.assertion()]);
    if (as === 'key' && !unsigned && !has('client_assertion_type')) pairs.push(['client_assertion_type', jwtBearer]);
    const dpop = proof === true ? await this.proof(place, {}, {}, this.dpop, origin ?? party.origin) : proof;
    const body = raw ?? new URLSearchParams(pairs.filter(([, value]) => value !== undefined)).toString();
    return read(await party.fetch((origin ?? party.origin) + place, { method, redirect: 'manual',
      body: method === 'GET' ? undefined : body,
      headers: { 'content-type': type ?? 'application/x-www-form-urlencoded', ...(dpop ? { dpop } : {}), ...headers } }));
  }
  device(form = {}, options) { return this.post('/device_authorization', { scope, ...form }, options); }
  ciba(form = {}, options) { return this.post('/backchannel', { scope, login_hint: this.doctor.id, ...form }, options); }
  par(form = {}, options) { return this.post('/par', { ...this.request(), ...form }, { as: 'key', ...options }); }
  poll(asked, form = {}, options) {
    const [grant_type, name] = asked.device_code ? [grants.device, 'device_code'] : [grants.ciba, 'auth_req_id'];
    return this.post('/token', { grant_type, [name]: asked[name], ...form }, options);
  }
  redeem(code, form = {}, options) {
    return this.post('/token', { grant_type: grants.code, code, redirect_uri: callback, code_verifier: 'v'.repeat(43), ...form },
      { as: 'key', proof: true, ...options });
  }
  introspect(token, form = {}, options) { return this.post('/introspect', { token, ...form }, { as: 'service', ...options }); }
  revoke(token, form = {}, options) { return this.post('/revoke', { token, ...form }, options); }
  async get(target) { return read(await this.plain(this.issuer + target, { redirect: 'manual' })); }

  // The request of a browser that a client sends to /authorize.
  request(as = 'key', verifier = 'v'.repeat(43)) {
    return { client_id: this.parties[as].client_id, response_type: 'code', scope, redirect_uri: callback, state: 'state-1',
      nonce: 'nonce-1', code_challenge: sha256(verifier).toString('base64url'), code_challenge_method: 'S256' };
  }
  async authorize(changes = {}, browser = { fetch: this.plain }) {
    const pairs = Array.isArray(changes) ? changes : Object.entries({ ...this.request('ehr'), ...changes });
    const query = new URLSearchParams(pairs.filter(([, value]) => value !== undefined));
    return read(await browser.fetch(`${this.issuer}/authorize?${query}`, { redirect: 'manual' }));
  }

  // Good ways, up to where a row turns bad; what approves, each server's side has for itself.
  async asked(form, options) { return ok(await this.device(form, options)); }
  async askedCiba(form, options) { return ok(await this.ciba(form, options)); }
  async approved(form, options) {
    const asked = await this.asked(form, options);
    return { ...asked, phone: await this.approve(asked) };
  }
  async pass(asked) { return ok(await this.poll(asked ?? (await this.approved()))).access_token; }
}
