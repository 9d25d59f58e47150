// An unmodified certified client as the EHR: discovery, device grant with mTLS, introspection, revocation; and jose
// checks the pass against the published keys.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oidc from 'openid-client';
import { enrol, fetchWith, phone, startSandbox } from '../support/sandbox.mjs';

let sandbox, store, facility, other, ehr, service, jwks;

async function connect(party) {
  const config = await oidc.discovery(new URL(sandbox.issuer), party.client_id, { use_mtls_endpoint_aliases: true },
    oidc.TlsClientAuth(), { [oidc.customFetch]: fetchWith(sandbox, party) });
  return config;
}

before(async () => {
  sandbox = await startSandbox();
  store = path.join(sandbox.dir, 'phone.json');
  [facility, other] = sandbox.facilities;
  assert.equal((await enrol(sandbox, sandbox.card(), store)).state, 'done');
  ehr = await connect(facility);
  service = await connect(sandbox.signature_service);
  const keys = await (await fetchWith(sandbox)(ehr.serverMetadata().jwks_uri)).json();
  jwks = jose.createLocalJWKSet(keys);
});

after(() => sandbox?.stop());

const ask = (extra = {}) => oidc.initiateDeviceAuthorization(ehr, {
  scope: 'openid hpki.sign', terminal_id: 't1', terminal_name: '端末1', ...extra });

async function approve(request) {
  const run = phone(sandbox, ['approve', request.verification_uri_complete, '--number', request.number, '--store', store]);
  await run.done;
  return run;
}

const refusal = (code, error) => (thrown) => {
  assert.equal(thrown.error ?? thrown.cause?.error, error, `${code}: ${thrown.stack}`);
  return true;
};

test('discovery names what exists', () => {
  const metadata = ehr.serverMetadata();
  assert.equal(metadata.issuer, sandbox.issuer);
  assert.ok(metadata.mtls_endpoint_aliases.token_endpoint.startsWith(sandbox.facility_origin));
  assert.equal(metadata.tls_client_certificate_bound_access_tokens, true);
  assert.ok(metadata.grant_types_supported.includes('urn:ietf:params:oauth:grant-type:device_code'));
});

test('device grant, jose, introspection, signature service, revocation', async () => {
  const request = await ask();
  assert.match(request.user_code, /^([BCDFGHJKLMNPQRSTVWXZ]{4}-){2}\d\d$/);
  assert.ok(request.user_code.endsWith(request.number));
  assert.equal(request.expires_in, 180);
  const run = await approve(request);
  assert.equal(run.code, 0, run.errors);
  const tokens = await oidc.pollDeviceAuthorizationGrant(ehr, request);
  assert.equal(tokens.token_type, 'bearer');

  const { payload, protectedHeader } = await jose.jwtVerify(tokens.access_token, jwks, {
    issuer: sandbox.issuer, audience: sandbox.signature_service.audience, typ: 'at+jwt', algorithms: ['ES256'] });
  assert.equal(protectedHeader.alg, 'ES256');
  const thumbprint = createHash('sha256').update(new X509Certificate(readFileSync(facility.cert)).raw).digest('base64url');
  assert.equal(payload.cnf['x5t#S256'], thumbprint);
  assert.equal(payload.facility_code, facility.code);
  assert.equal(payload.client_id, facility.client_id);
  assert.equal(payload.sub, sandbox.card().practitioner_id);
  assert.deepEqual(payload.hpki_role, sandbox.card().roles);
  assert.equal(payload.acr, 'phr');
  assert.deepEqual(payload.amr, ['pop', 'user', 'mfa']);
  assert.ok(payload.exp - payload.iat <= 18 * 3600 && payload.exp > payload.iat);
  assert.equal(tokens.claims().sub, payload.sub);

  const active = await oidc.tokenIntrospection(service, tokens.access_token);
  assert.equal(active.active, true);
  assert.equal(active.cnf['x5t#S256'], thumbprint);
  const presented = await oidc.tokenIntrospection(service, tokens.access_token, { presented_x5t_s256: thumbprint });
  assert.equal(presented.active, true);
  const stolen = await oidc.tokenIntrospection(service, tokens.access_token, { presented_x5t_s256: 'A'.repeat(43) });
  assert.deepEqual({ ...stolen }, { active: false });

  const check = (party) => fetchWith(sandbox, party)(`${sandbox.signature_service.url}/check`, {
    method: 'POST', headers: { authorization: `Bearer ${tokens.access_token}` } });
  assert.equal((await check(facility)).status, 200);
  const foreign = await check(other);
  assert.equal(foreign.status, 401);
  assert.match(foreign.headers.get('www-authenticate') ?? JSON.stringify(await foreign.json()), /invalid_token/);

  await oidc.tokenRevocation(ehr, tokens.access_token);
  assert.deepEqual({ ...(await oidc.tokenIntrospection(service, tokens.access_token)) }, { active: false });
  assert.equal((await check(facility)).status, 401);
});

test('declined on the phone is access_denied', async () => {
  const request = await ask({ terminal_id: 't2' });
  const run = phone(sandbox, ['decline', request.verification_uri_complete, '--store', store]);
  assert.equal(await run.done, 0, run.errors);
  await assert.rejects(oidc.pollDeviceAuthorizationGrant(ehr, request), refusal('declined', 'access_denied'));
});

test('a wrong number ends the request', async () => {
  const request = await ask({ terminal_id: 't3' });
  const wrong = request.number === '00' ? '01' : '00';
  const run = phone(sandbox, ['approve', request.verification_uri_complete, '--number', wrong, '--store', store]);
  assert.equal(await run.done, 1);
  await assert.rejects(oidc.pollDeviceAuthorizationGrant(ehr, request), refusal('wrong number', 'access_denied'));
});

test("another facility's client gets nothing for this code", async () => {
  const request = await ask({ terminal_id: 't4' });
  assert.equal((await approve(request)).code, 0);
  const stranger = await connect(other);
  await assert.rejects(oidc.pollDeviceAuthorizationGrant(stranger, request), refusal('foreign client', 'invalid_grant'));
});

test('without a client certificate the facility origin says invalid_client', async () => {
  const config = await oidc.discovery(new URL(sandbox.issuer), facility.client_id, { use_mtls_endpoint_aliases: true },
    oidc.TlsClientAuth(), { [oidc.customFetch]: fetchWith(sandbox) });
  await assert.rejects(oidc.initiateDeviceAuthorization(config, { scope: 'openid hpki.sign' }), (thrown) => {
    assert.equal(thrown.status ?? thrown.cause?.status ?? thrown.response?.status, 401, thrown.stack);
    return true;
  });
});

test('an EHR may not introspect, and a scope that is not allowed is invalid_scope', async () => {
  await assert.rejects(oidc.tokenIntrospection(ehr, 'x.y.z'), refusal('an EHR introspects', 'unauthorized_client'));
  await assert.rejects(ask({ scope: 'openid everything' }), refusal('scope', 'invalid_scope'));
  await assert.rejects(ask({ resource: 'https://elsewhere.example' }), refusal('resource', 'invalid_target'));
});
