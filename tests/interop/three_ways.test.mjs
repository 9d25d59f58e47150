// An unmodified openid-client on all three ways, by certificate and by private_key_jwt: authorization code with PKCE
// (with and without PAR and JAR), device grant, CIBA; DPoP; introspection as JSON and as JWT; revocation; jose verifies.
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oidc from 'openid-client';
import { Browser, enrol, fetchWith, phone, startSandbox } from '../support/sandbox.mjs';

let sandbox, store, service, jwks, person;
const callback = 'http://127.0.0.1:49222/callback';
const parties = {};

before(async () => {
  sandbox = await startSandbox();
  store = path.join(sandbox.dir, 'phone.json');
  assert.equal((await enrol(sandbox, sandbox.card(), store)).state, 'done');
  person = sandbox.card().practitioner_id;
  const issuer = new URL(sandbox.issuer);
  const [facility] = sandbox.facilities;
  const certificate = await oidc.discovery(issuer, facility.client_id, { use_mtls_endpoint_aliases: true },
    oidc.TlsClientAuth(), { [oidc.customFetch]: fetchWith(sandbox, facility) });
  const thumbprint = createHash('sha256').update(new X509Certificate(readFileSync(facility.cert)).raw).digest('base64url');
  parties.tls_client_auth = { config: certificate, options: () => undefined, type: 'bearer', cnf: { 'x5t#S256': thumbprint } };

  const [client] = sandbox.key_clients;
  const key = await crypto.subtle.importKey('pkcs8', createPrivateKey(readFileSync(client.key)).export({ type: 'pkcs8', format: 'der' }),
    { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const byKey = await oidc.discovery(issuer, client.client_id, {}, oidc.PrivateKeyJwt({ key, kid: client.jwks.keys[0].kid }),
    { [oidc.customFetch]: fetchWith(sandbox) });
  const pair = await oidc.randomDPoPKeyPair('ES256', { extractable: true });
  const jkt = await jose.calculateJwkThumbprint(await jose.exportJWK(pair.publicKey));
  const handle = oidc.getDPoPHandle(byKey, pair);
  parties.private_key_jwt = { config: byKey, signer: { key, kid: client.jwks.keys[0].kid }, options: () => ({ DPoP: handle }), type: 'dpop', cnf: { jkt } };

  const party = sandbox.signature_service;
  service = (metadata = {}) => oidc.discovery(issuer, party.client_id, { use_mtls_endpoint_aliases: true, ...metadata },
    oidc.TlsClientAuth(), { [oidc.customFetch]: fetchWith(sandbox, party) });
  jwks = jose.createLocalJWKSet(await (await fetchWith(sandbox)(certificate.serverMetadata().jwks_uri)).json());
});
after(() => sandbox?.stop());

async function approve(link, number) {
  const run = phone(sandbox, ['approve', link, '--number', number, '--store', store]);
  assert.equal(await run.done, 0, run.errors);
}

// The two methods of /authorize that need no screen.
const byPhone = async (browser, id, secret) => {
  const { number } = (await browser.call('POST', '/api/authorize/phone', { id })).body;
  const token = createHmac('sha256', secret).update('scan token').digest().subarray(0, 16).toString('base64url');
  await approve(`${sandbox.public_origin}/d#t=${token}`, number);
};
const byCard = async (browser, id) => {
  const session = await browser.logIn(sandbox.card(), { purpose: `authorize:${id}` });
  assert.equal(session.body.practitioner_id, person);
  const approved = await browser.call('POST', '/api/authorize/card', { id });
  assert.equal(approved.status, 200, JSON.stringify(approved.body));
};

async function throughTheBrowser(url, how = byPhone) {
  const browser = new Browser(sandbox);
  const sent = await browser.fetch(url, { redirect: 'manual' });
  assert.equal(sent.status, 303, await sent.text());
  const id = /^\/authorize\/choose#x=(.+)$/.exec(sent.headers.get('location'))?.[1];
  assert.ok(id, sent.headers.get('location'));
  const [, name, secret] = /^([^=]+)=([^;]+)/.exec(sent.headers.getSetCookie()[0]);
  browser.cookies.set(name, secret);
  await how(browser, id, secret);
  assert.equal((await browser.call('POST', '/api/authorize/look', { id })).body.state, 'approved');
  return new URL((await browser.call('POST', '/api/authorize/finish', { id })).body.location);
}

async function checkPass(party, tokens, nonce, acr) {
  assert.equal(tokens.token_type, party.type);
  const { payload } = await jose.jwtVerify(tokens.access_token, jwks, { issuer: sandbox.issuer,
    audience: sandbox.signature_service.audience, typ: 'at+jwt', algorithms: ['ES256'] });
  assert.deepEqual(payload.cnf, party.cnf);
  assert.equal(payload.sub, person);
  assert.equal(tokens.claims().sub, person);
  if (nonce) assert.equal(tokens.claims().nonce, nonce);
  if (acr) assert.equal(payload.acr, acr);
  const plain = await oidc.tokenIntrospection(await service(), tokens.access_token);
  assert.equal(plain.active, true);
  assert.deepEqual(plain.cnf, party.cnf);
  const signed = await oidc.tokenIntrospection(await service({ introspection_signed_response_alg: 'ES256' }), tokens.access_token);
  assert.deepEqual({ ...signed }, { ...plain });
  await oidc.tokenRevocation(party.config, tokens.access_token);
  assert.deepEqual({ ...(await oidc.tokenIntrospection(await service(), tokens.access_token)) }, { active: false });
}

for (const method of ['tls_client_auth', 'private_key_jwt']) {
  for (const [pushed, how, acr] of [[false, byPhone], [true, byPhone], [false, byCard, 'phrh']]) {
    test(`authorization code, ${pushed ? 'PAR, ' : ''}${how === byCard ? 'card, ' : ''}${method}`, async () => {
      const party = parties[method];
      const verifier = oidc.randomPKCECodeVerifier(), state = oidc.randomState(), nonce = oidc.randomNonce();
      const parameters = { redirect_uri: callback, scope: 'openid hpki.sign', state, nonce, terminal_name: '端末1',
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' };
      const url = pushed ? await oidc.buildAuthorizationUrlWithPAR(party.config, parameters, party.options())
        : oidc.buildAuthorizationUrl(party.config, parameters);
      const back = await throughTheBrowser(url, how);
      const tokens = await oidc.authorizationCodeGrant(party.config, back,
        { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }, undefined, party.options());
      await checkPass(party, tokens, nonce, acr);
      await assert.rejects(oidc.authorizationCodeGrant(party.config, back,
        { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }, undefined, party.options()),
      (thrown) => thrown.error === 'invalid_grant');
    });
  }

  test(`device grant, ${method}`, async () => {
    const party = parties[method];
    const request = await oidc.initiateDeviceAuthorization(party.config, { scope: 'openid hpki.sign' });
    await approve(request.verification_uri_complete, request.number);
    await checkPass(party, await oidc.pollDeviceAuthorizationGrant(party.config, request, undefined, party.options()));
  });

  test(`CIBA, ${method}`, async () => {
    const party = parties[method];
    const request = await oidc.initiateBackchannelAuthentication(party.config, { scope: 'openid hpki.sign',
      login_hint: person, binding_message: '処方 12' });
    await approve(request.deep_link, request.number);
    await checkPass(party, await oidc.pollBackchannelAuthenticationGrant(party.config, request, undefined, party.options()));
  });
}

for (const pushed of [false, true]) {
  test(`authorization code by a signed request${pushed ? ', pushed' : ''}`, async () => {
    const party = parties.private_key_jwt;
    const verifier = oidc.randomPKCECodeVerifier(), state = oidc.randomState(), nonce = oidc.randomNonce();
    const signed = await oidc.buildAuthorizationUrlWithJAR(party.config, { redirect_uri: callback, scope: 'openid hpki.sign', state, nonce,
      max_age: '60', code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }, party.signer);
    assert.deepEqual([...signed.searchParams.keys()].sort(), ['client_id', 'request']);
    const url = pushed ? await oidc.buildAuthorizationUrlWithPAR(party.config, signed.searchParams, party.options()) : signed;
    const back = await throughTheBrowser(url);
    const tokens = await oidc.authorizationCodeGrant(party.config, back,
      { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }, undefined, party.options());
    await checkPass(party, tokens, nonce);
  });
}

test('CIBA by a signed request', async () => {
  const party = parties.private_key_jwt, id = party.config.clientMetadata().client_id;
  assert.ok(party.config.serverMetadata().backchannel_authentication_request_signing_alg_values_supported.includes('ES256'));
  const signed = await new jose.SignJWT({ scope: 'openid hpki.sign', login_hint: person }).setProtectedHeader({ alg: 'ES256', kid: party.signer.kid })
    .setIssuer(id).setAudience(sandbox.issuer).setIssuedAt().setNotBefore('0s').setExpirationTime('1m').setJti(oidc.randomNonce()).sign(party.signer.key);
  const request = await oidc.initiateBackchannelAuthentication(party.config, { request: signed });
  await approve(request.deep_link, request.number);
  await checkPass(party, await oidc.pollBackchannelAuthenticationGrant(party.config, request, undefined, party.options()));
});

test('a client with a key that proves none is told so', async () => {
  const { config } = parties.private_key_jwt;
  const request = await oidc.initiateDeviceAuthorization(config, { scope: 'openid hpki.sign' });
  await assert.rejects(oidc.pollDeviceAuthorizationGrant(config, request), (thrown) => thrown.error === 'invalid_request');
});
