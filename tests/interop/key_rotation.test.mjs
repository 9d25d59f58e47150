// The keys of passes are rotated while passes are fetched, verified and introspected: no verification fails. A verifier is
// jose as it comes, with the JWKS kept for a time that is shorter than the one between publication and use, as the
// operators' page asks. Then the emergency.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oidc from 'openid-client';
import { operate } from '../support/operator.mjs';
import { enrol, fetchWith, phone, startSandbox, until } from '../support/sandbox.mjs';

const ahead = 10, kept = 2;  // seconds
let sandbox, stores, ehr, service, jwksUri, verifier;

const kidOf = (token) => jose.decodeProtectedHeader(token).kid;
// What is kept is fetched again for its age alone: an unknown key within jose's cooldown (30 s) is a failure.
const remoteKeys = (cacheMaxAge, cooldownDuration = 30_000) => jose.createRemoteJWKSet(new URL(jwksUri),
  { [jose.customFetch]: fetchWith(sandbox), cacheMaxAge, cooldownDuration, timeoutDuration: 20_000 });

before(async () => {
  sandbox = await startSandbox();
  // Only the command line reads it: a running server takes what the database says.
  appendFileSync(path.join(sandbox.dir, 'config.toml'), `\n[signing_keys]\nahead_seconds = ${ahead}\n`);
  // Two people, each with a phone: one phone approves one thing at a time.
  stores = ['first.json', 'second.json'].map((name) => path.join(sandbox.dir, name));
  for (const [index, store] of stores.entries()) {
    assert.equal((await enrol(sandbox, sandbox.card('good', 'hpki-auth', index), store)).state, 'done');
  }
  const config = (party) => oidc.discovery(new URL(sandbox.issuer), party.client_id, { use_mtls_endpoint_aliases: true },
    oidc.TlsClientAuth(), { [oidc.customFetch]: fetchWith(sandbox, party) });
  ehr = await config(sandbox.facilities[0]);
  service = await config(sandbox.signature_service);
  jwksUri = ehr.serverMetadata().jwks_uri;
  verifier = remoteKeys(kept * 1000);
});
after(() => sandbox?.stop());

async function fetchPass(store = stores[0]) {
  const request = await oidc.initiateDeviceAuthorization(ehr, { scope: 'openid hpki.sign' });
  const run = phone(sandbox, ['approve', request.verification_uri_complete, '--number', request.number, '--store', store]);
  assert.equal(await run.done, 0, run.errors);
  return oidc.pollDeviceAuthorizationGrant(ehr, request);
}

// RFC 9701: asked for by hand, so that jose alone judges the answer.
async function signedIntrospection(token) {
  const response = await fetchWith(sandbox, sandbox.signature_service)(service.serverMetadata().introspection_endpoint
    .replace(sandbox.issuer, sandbox.facility_origin), { method: 'POST',
    headers: { accept: 'application/token-introspection+jwt', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id: sandbox.signature_service.client_id, token }).toString() });
  const { payload } = await jose.jwtVerify(await response.text(), verifier,
    { issuer: sandbox.issuer, typ: 'token-introspection+jwt', algorithms: ['ES256'] });
  return payload.token_introspection;
}

const verifyByKeys = (tokens, keys = verifier) => jose.jwtVerify(tokens.access_token, keys,
  { issuer: sandbox.issuer, audience: sandbox.signature_service.audience, typ: 'at+jwt', algorithms: ['ES256'] });

async function verify(tokens) {
  const { payload } = await verifyByKeys(tokens);
  await jose.jwtVerify(tokens.id_token, verifier, { issuer: sandbox.issuer, algorithms: ['ES256'] });
  const plain = await oidc.tokenIntrospection(service, tokens.access_token);
  assert.equal(plain.active, true);
  assert.equal(plain.jti, payload.jti);
  assert.equal((await signedIntrospection(tokens.access_token)).active, true);
}

const passes = [];

test('rotation under load: every pass verifies, before, at and after each change of keys', { timeout: 400_000 }, async () => {
  const failures = [], verified = new Set(), firstKeys = remoteKeys(Infinity, Infinity);
  let verifications = 0, running = true;
  const worker = (work) => (async () => {
    while (running) await work().catch((thrown) => failures.push(thrown));
  })();
  passes.push(await fetchPass());
  await verifyByKeys(passes[0], firstKeys);
  const workers = [
    ...stores.map((store) => worker(async () => { passes.push(await fetchPass(store)); })),
    ...[1, 2, 3, 4].map(() => worker(async () => {
      // The newest most often: those are signed by the key that has just changed.
      const back = Math.floor(Math.random() ** 3 * passes.length);
      const tokens = passes[passes.length - 1 - back];
      await verify(tokens);
      verified.add(kidOf(tokens.access_token));
      verifications += 1;
    })),
  ];
  const kids = [kidOf(passes[0].access_token)];
  for (let rotation = 0; rotation < 3; ++rotation) {
    const done = operate(sandbox, 'key', 'rotate');
    assert.equal(done.rotated, true, JSON.stringify(done));
    assert.equal(operate(sandbox, 'key', 'rotate').code, 'signing_key_rotation_waiting');
    kids.push(done.kid);
    await until(`a pass of key ${rotation + 2}`, () => passes.some((tokens) => kidOf(tokens.access_token) === done.kid),
      { timeout: 90_000 });
    assert.ok(Date.now() >= Date.parse(done.use_from), 'the new key signs only when its time has come');
  }
  await until('a verification by every key', () => kids.every((kid) => verified.has(kid)), { timeout: 60_000 });
  running = false;
  await Promise.all(workers);
  assert.deepEqual(failures, []);
  console.log(`${verifications} verifications of ${passes.length} passes by ${kids.length} keys, none failed`);
  assert.ok(verifications >= 20, `only ${verifications} verifications`);
  assert.deepEqual([...verified].sort(), [...kids].sort(), 'passes of every key were verified under load');
  assert.deepEqual([...new Set(passes.map((tokens) => kidOf(tokens.access_token)))], kids);
  // All keys are there as long as a pass of theirs lives, and the first pass verifies to its end.
  const shown = (await (await fetchWith(sandbox)(jwksUri)).json()).keys.map((key) => key.kid);
  assert.deepEqual(shown.sort(), [...kids].sort());
  await verify(passes[0]);
  // What a verifier that does not fetch again would have met: the reason for publication ahead.
  await assert.rejects(verifyByKeys(passes.at(-1), firstKeys), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('emergency: the passes of every key are inactive at the very next introspection', { timeout: 120_000 }, async () => {
  const before = operate(sandbox, 'key', 'list').keys;
  const would = operate(sandbox, 'key', 'rotate', '--emergency', '--reason', 'drill', '--dry-run');
  assert.deepEqual([would.rotated, would.withdrawn.length], [false, before.length]);
  await verify(passes.at(-1));
  const done = operate(sandbox, 'key', 'rotate', '--emergency', '--reason', 'drill');
  assert.equal(done.passes_ended, passes.length);
  assert.deepEqual(done.withdrawn.sort(), before.map((key) => key.kid).sort());
  for (const tokens of passes) {
    assert.deepEqual({ ...(await oidc.tokenIntrospection(service, tokens.access_token)) }, { active: false });
  }
  const shown = (await (await fetchWith(sandbox)(jwksUri)).json()).keys;
  assert.deepEqual(shown.map((key) => key.kid), [done.kid]);
  const tokens = await fetchPass();
  assert.equal(kidOf(tokens.access_token), done.kid);
  await verifyByKeys(tokens, remoteKeys(kept * 1000));
  assert.equal((await oidc.tokenIntrospection(service, tokens.access_token)).active, true);
  const states = operate(sandbox, 'key', 'list').keys.map((key) => key.state);
  assert.deepEqual(states, [...before.map(() => 'withdrawn'), 'active']);
  assert.equal(operate(sandbox, 'audit', 'verify').ok, true);
});
