// The sample signature service as EHRs meet it: step-up by its challenge (RFC 9470), passes that are bound to a key
// (RFC 9449), and what it refuses.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as oidc from 'openid-client';
import { enrol, fetchWith, phone, sleep, startSandbox } from '../support/sandbox.mjs';

let sandbox, store, withCertificate, withoutCertificate, byCertificate, byKey, pair, handle;

before(async () => {
  sandbox = await startSandbox();
  store = path.join(sandbox.dir, 'phone.json');
  assert.equal((await enrol(sandbox, sandbox.card(), store)).state, 'done');
  const issuer = new URL(sandbox.issuer);
  const [facility] = sandbox.facilities;
  withCertificate = fetchWith(sandbox, facility);
  withoutCertificate = fetchWith(sandbox);
  byCertificate = await oidc.discovery(issuer, facility.client_id, { use_mtls_endpoint_aliases: true },
    oidc.TlsClientAuth(), { [oidc.customFetch]: withCertificate });
  const [client] = sandbox.key_clients;
  const key = await crypto.subtle.importKey('pkcs8', createPrivateKey(readFileSync(client.key)).export({ type: 'pkcs8', format: 'der' }),
    { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  byKey = await oidc.discovery(issuer, client.client_id, {}, oidc.PrivateKeyJwt({ key, kid: client.jwks.keys[0].kid }),
    { [oidc.customFetch]: withoutCertificate });
  pair = await oidc.randomDPoPKeyPair('ES256', { extractable: true });
  handle = oidc.getDPoPHandle(byKey, pair);
});
after(() => sandbox?.stop());

async function fetchPass(config, options) {
  const request = await oidc.initiateDeviceAuthorization(config, { scope: 'openid hpki.sign' });
  const run = phone(sandbox, ['approve', request.verification_uri_complete, '--number', request.number, '--store', store]);
  assert.equal(await run.done, 0, run.errors);
  return (await oidc.pollDeviceAuthorizationGrant(config, request, undefined, options)).access_token;
}

const place = () => `${sandbox.signature_service.url}/check`;
async function check(pass, demands = {}) {
  const answer = await withCertificate(`${place()}?${new URLSearchParams(demands)}`, {
    method: 'POST', headers: { authorization: `bearer ${pass}` } });  // a scheme is of no case
  return { status: answer.status, challenge: answer.headers.get('www-authenticate') ?? '', body: await answer.json() };
}

test('a pass that is not enough is answered by what would be', async () => {
  const pass = await fetchPass(byCertificate);
  assert.equal((await check(pass)).status, 200);
  assert.equal((await check(pass, { acr_values: 'phr', max_age: '600' })).status, 200);
  const more = await check(pass, { acr_values: 'phrh' });
  assert.equal(more.status, 401);
  assert.match(more.challenge, /^Bearer error="insufficient_user_authentication", acr_values="phrh"$/);
  await sleep(2100);
  const later = await check(pass, { max_age: '1' });
  assert.equal(later.status, 401);
  assert.match(later.challenge, /max_age="1"/);
  assert.equal((await check(await fetchPass(byCertificate), { max_age: '60' })).status, 200);
  assert.equal((await check(pass, { max_age: 'x"y' })).status, 400);
});

test('no pass, no certificate, another facility, a revoked pass: invalid_token', async () => {
  const pass = await fetchPass(byCertificate);
  const tries = {
    'no pass': () => check(''),
    'not a pass': () => check('abc.def.ghi'),
    'no certificate': async () => withoutCertificate(place(), { method: 'POST', headers: { authorization: `Bearer ${pass}` } }),
    'another facility': async () => fetchWith(sandbox, sandbox.facilities[1])(place(), { method: 'POST', headers: { authorization: `Bearer ${pass}` } }),
    'revoked': async () => {
      await oidc.tokenRevocation(byCertificate, pass);
      return check(pass);
    },
  };
  for (const [name, attempt] of Object.entries(tries)) assert.equal((await attempt()).status, 401, name);
});

test('a pass bound to a key: its holder proves it with each call', async () => {
  const pass = await fetchPass(byKey, { DPoP: handle });
  const answer = await oidc.fetchProtectedResource(byKey, pass, new URL(place()), 'POST', undefined, undefined, { DPoP: handle });
  assert.equal(answer.status, 200);

  const proofs = [];
  const spy = await oidc.discovery(new URL(sandbox.issuer), byKey.clientMetadata().client_id, {}, oidc.None(), {
    [oidc.customFetch]: (url, options) => {
      const headers = new Headers(options.headers);
      if (headers.has('dpop')) proofs.push(Object.fromEntries(headers));
      return withoutCertificate(url, options);
    } });
  const again = oidc.getDPoPHandle(spy, pair);
  assert.equal((await oidc.fetchProtectedResource(spy, pass, new URL(place()), 'POST', undefined, undefined, { DPoP: again })).status, 200);
  const [used] = proofs;
  const send = async (headers) => {
    const sent = await withoutCertificate(place(), { method: 'POST', headers });
    return [sent.status, sent.headers.get('www-authenticate') ?? ''];
  };
  const [status, challenge] = await send({ authorization: used.authorization, dpop: used.dpop });
  assert.equal(status, 401, 'a proof is used once');
  assert.match(challenge, /invalid_dpop_proof/);
  assert.equal((await send({ authorization: used.authorization }))[0], 401, 'no proof');
  assert.equal((await check(pass)).status, 401, 'not as a bearer token');
  const other = oidc.getDPoPHandle(byKey, await oidc.randomDPoPKeyPair('ES256'));
  await assert.rejects(async () => {
    const refused = await oidc.fetchProtectedResource(byKey, pass, new URL(place()), 'POST', undefined, undefined, { DPoP: other });
    assert.notEqual(refused.status, 200);
    throw new Error('refused as it should be');
  });
});
