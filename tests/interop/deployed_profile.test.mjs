// The national system's profile as deployed, turned on by configuration: an unmodified openid-client as the public client
// FIDO, PKCE, a plain-http redirect, and the ID token as the pass; introspection and revocation of it.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oidc from 'openid-client';
import { audience, redirect_uri, startDeployed } from '../support/deployed.mjs';
import { Browser, enrol, fetchWith, phone } from '../support/sandbox.mjs';

let sandbox, store, config, service, jwks;

before(async () => {
  sandbox = await startDeployed();
  assert.equal(sandbox.signature_service.audience, audience);
  store = path.join(sandbox.dir, 'phone.json');
  assert.equal((await enrol(sandbox, sandbox.card(), store)).state, 'done');
  const discover = (name, metadata, authentication, party) => oidc.discovery(new URL(sandbox.issuer), name, metadata, authentication,
    { [oidc.customFetch]: fetchWith(sandbox, party) });
  config = (name) => discover(name, {}, oidc.None());
  service = await discover(sandbox.signature_service.client_id, { use_mtls_endpoint_aliases: true }, oidc.TlsClientAuth(), sandbox.signature_service);
  jwks = jose.createLocalJWKSet(await (await fetchWith(sandbox)(service.serverMetadata().jwks_uri)).json());
});
after(() => sandbox?.stop());

// What the client sends, and the browser that it is sent to.
async function asked(client) {
  const verifier = oidc.randomPKCECodeVerifier(), state = oidc.randomState(), nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(client, { redirect_uri, scope: 'openid', state, nonce, prompt: 'login',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
  const browser = new Browser(sandbox);
  const sent = await browser.fetch(url, { redirect: 'manual' });
  assert.equal(sent.status, 303, await sent.text());
  const id = /#x=(.+)$/.exec(sent.headers.get('location'))[1];
  const [, name, secret] = /^([^=]+)=([^;]+)/.exec(sent.headers.getSetCookie()[0]);
  browser.cookies.set(name, secret);
  return { browser, id, secret, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } };
}
const finish = async ({ browser, id }) => new URL((await browser.call('POST', '/api/authorize/finish', { id })).body.location);
const introspected = (token) => oidc.tokenIntrospection(service, token);

test('FIDO: the ID token is the pass, until it is revoked', async () => {
  const client = await config('FIDO');
  assert.ok(client.serverMetadata().token_endpoint_auth_methods_supported.includes('none'));
  const request = await asked(client);
  const { number } = (await request.browser.call('POST', '/api/authorize/phone', { id: request.id })).body;
  const token = createHmac('sha256', request.secret).update('scan token').digest().subarray(0, 16).toString('base64url');
  const run = phone(sandbox, ['approve', `${sandbox.public_origin}/d#t=${token}`, '--number', number, '--store', store]);
  assert.equal(await run.done, 0, run.errors);
  const back = await finish(request);
  assert.equal(back.origin + back.pathname, redirect_uri);
  const tokens = await oidc.authorizationCodeGrant(client, back, request.checks);
  const { payload } = await jose.jwtVerify(tokens.id_token, jwks, { issuer: sandbox.issuer, audience: 'FIDO', algorithms: ['ES256'] });
  assert.equal(payload.exp - payload.iat, 18 * 3600);
  const seen = await introspected(tokens.id_token);
  assert.deepEqual([seen.active, seen.sub, seen.token_type, seen.cnf], [true, sandbox.card().practitioner_id, 'Bearer', undefined]);
  await oidc.tokenRevocation(client, tokens.id_token);
  assert.deepEqual({ ...(await introspected(tokens.id_token)) }, { active: false });
});

test('HPKI: the card, and no phone', async () => {
  const client = await config('HPKI'), request = await asked(client), { browser, id } = request;
  assert.equal((await browser.call('POST', '/api/authorize/look', { id })).body.method, 'card');
  await browser.logIn(sandbox.card(), { purpose: `authorize:${id}` });
  assert.equal((await browser.call('POST', '/api/authorize/card', { id })).status, 200);
  const tokens = await oidc.authorizationCodeGrant(client, await finish(request), request.checks);
  const seen = await introspected(tokens.id_token);
  assert.deepEqual([seen.active, seen.acr, seen.client_id], [true, 'phrh', 'HPKI']);
});

test('the names open nothing else, and the server says at its start that the profile is weak', async () => {
  const client = await config('FIDO');
  await assert.rejects(oidc.initiateDeviceAuthorization(client, { scope: 'openid' }), (thrown) => thrown.error === 'invalid_client');
  await assert.rejects(oidc.initiateBackchannelAuthentication(client, { scope: 'openid', login_hint: 'AB123456789' }), (thrown) => thrown.error === 'invalid_client');
  await assert.rejects(oidc.buildAuthorizationUrlWithPAR(client, { redirect_uri, scope: 'openid' }), (thrown) => thrown.error === 'invalid_client');
  assert.match(readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8'), /weak_deployed_profile_is_on/);
});
