// The renewal drill: a facility's certificate is renewed while passes live by the old one, with an unmodified
// openid-client through HAProxy. Once as it is by default (a pass goes with its own certificate alone; the new one comes
// from the built-in authority, by link), once with any_active_certificate (the new one comes from outside).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as oidc from 'openid-client';
import { operate } from '../support/operator.mjs';
import { Browser, enrol, fetchWith, phone, startSandbox } from '../support/sandbox.mjs';

let sandbox, store, service, strict, any;
const file = (name) => path.join(sandbox.dir, name);
const facility = (...words) => operate(sandbox, 'facility', ...words);
const thumbprint = (pem) => createHash('sha256').update(new X509Certificate(readFileSync(pem)).raw);

async function connect(party) {
  const config = await oidc.discovery(new URL(sandbox.issuer), party.client_id, { use_mtls_endpoint_aliases: true },
    oidc.TlsClientAuth(), { [oidc.customFetch]: fetchWith(sandbox, party) });
  return { ...party, config, x5t: thumbprint(party.cert).digest('base64url') };
}

before(async () => {
  sandbox = await startSandbox();
  store = file('phone.json');
  assert.equal((await enrol(sandbox, sandbox.card(), store)).state, 'done');
  service = await connect(sandbox.signature_service);
  [strict, any] = await Promise.all(sandbox.facilities.map(connect));
  assert.equal(facility('change', any.code, '--any-active-certificate', 'true').any_active_certificate, true);
});
after(() => sandbox?.stop());

let terminal = 0;
const ask = (ehr) => oidc.initiateDeviceAuthorization(ehr.config, { scope: 'openid hpki.sign', terminal_id: `t${++terminal}` });
const fetchPass = async (ehr, request) => (await oidc.pollDeviceAuthorizationGrant(ehr.config, request)).access_token;
async function approve(request) {
  const run = phone(sandbox, ['approve', request.verification_uri_complete, '--number', request.number, '--store', store]);
  assert.equal(await run.done, 0, run.errors);
}
async function newPass(ehr) {
  const request = await ask(ehr);
  await approve(request);
  return fetchPass(ehr, request);
}
const claims = (pass) => JSON.parse(Buffer.from(pass.split('.')[1], 'base64url'));

// What introspection says of the pass, and what the signature service does with it when `ehr` brings it.
async function works(pass, ehr) {
  const answer = await oidc.tokenIntrospection(service.config, pass, ehr ? { presented_x5t_s256: ehr.x5t } : {});
  if (!answer.active) assert.deepEqual({ ...answer }, { active: false });
  if (!ehr) return answer.active;
  const used = await fetchWith(sandbox, ehr)(`${sandbox.signature_service.url}/check`,
    { method: 'POST', headers: { authorization: `Bearer ${pass}` } });
  assert.equal(used.status, answer.active ? 200 : 401);
  return answer.active;
}

const overview = (ehr) => Object.fromEntries(facility('certificate', 'list', '--client', ehr.client_id).certificates
  .map((each) => [each.thumbprint, each]));

// A certificate of the built-in authority: the file by a link, the password from its sheet.
async function fromTheAuthority(ehr) {
  mkdirSync(file('letters'), { recursive: true });
  const issued = facility('certificate', 'reissue', ehr.client_id, '--out', file('letters'), '--link');
  assert.equal(issued.replaced, 1);
  const link = new URL(issued.link);
  assert.equal(link.origin + link.pathname, `${sandbox.public_origin}/certificate`);
  const browser = new Browser(sandbox);
  assert.equal((await browser.fetch(link)).status, 200);  // opening it takes nothing
  const token = new URLSearchParams(link.hash.slice(1)).get('t');
  const once = await browser.call('POST', '/api/certificate', { token });
  assert.equal(once.status, 200, JSON.stringify(once.body));
  const twice = await browser.call('POST', '/api/certificate', { token });
  assert.deepEqual([twice.status, twice.body.code, twice.body.file], [404, 'E-510', undefined]);
  assert.equal((await browser.call('POST', '/api/certificate', { token: 'guessed' })).status, 404);
  assert.equal(once.body.thumbprint, issued.thumbprint);
  const sheet = readFileSync(issued.files.password_sheet, 'utf8');
  const password = /class="password">([^<]+)</.exec(sheet)[1];
  assert.ok(sheet.includes('検証中央病院'));
  writeFileSync(file('new.p12'), Buffer.from(once.body.file, 'base64'));
  const open = (...what) => execFileSync('openssl', ['pkcs12', '-in', file('new.p12'), '-passin', `pass:${password}`, '-nodes', ...what]);
  writeFileSync(file('new.pem'), open('-clcerts', '-nokeys'));
  writeFileSync(file('new.key'), open('-nocerts'));
  return { ...ehr, cert: file('new.pem'), key: file('new.key') };
}

// One that the facility has from somewhere else.
function fromOutside(ehr) {
  const [cert, key, settings] = [file('outside.pem'), file('outside.key'), file('outside.cnf')];
  // Without settings of its own openssl makes an authority's certificate, which is refused.
  writeFileSync(settings, '[req]\ndistinguished_name = name\n[name]\n');
  const make = (...how) => execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-days', '365', '-subj', '/O=Kensho/CN=outside', '-keyout', key, '-out', cert, ...how], { stdio: 'pipe' });
  make('-config', settings, '-addext', 'basicConstraints=critical,CA:TRUE');
  assert.equal(facility('certificate', 'add', ehr.client_id, cert).code, 'facility_certificate_use');
  make('-config', settings, '-addext', 'extendedKeyUsage=clientAuth');
  assert.equal(facility('certificate', 'add', ehr.client_id, cert, '--replace').replaced, 1);
  return { ...ehr, cert, key };
}

for (const [name, pick, renew] of [['a pass goes with its own certificate alone', () => strict, fromTheAuthority],
  ['any_active_certificate', () => any, fromOutside]]) {
  test(`renewal at noon: ${name}`, async () => {
    const old = pick();
    const others = old === any;  // whether the facility's other certificates may bring a pass
    const bystander = await newPass(old === any ? strict : any);
    const earlier = overview(old)[old.x5t].live_passes;  // a bystander of the other drill
    const before = await newPass(old);
    const under = await ask(old);  // begun before the renewal, approved after it

    const renewed = await connect(await renew(old));
    assert.ok(await works(before, old), 'a pass of the old certificate lives on');
    await approve(under);
    const during = await fetchPass(old, under);
    const ofOld = await newPass(old), ofNew = await newPass(renewed);
    assert.deepEqual([before, during, ofOld, ofNew].map((pass) => claims(pass).cnf['x5t#S256']), [old.x5t, old.x5t, old.x5t, renewed.x5t]);
    for (const pass of [before, during, ofOld]) {
      assert.ok(await works(pass));
      assert.ok(await works(pass, old));
      assert.equal(await works(pass, renewed), others);
    }
    assert.ok(await works(ofNew, renewed));
    assert.equal(await works(ofNew, old), others);

    const live = overview(old);
    assert.deepEqual([live[old.x5t].state, live[old.x5t].live_passes], ['replaced', earlier + 3]);
    assert.deepEqual([live[renewed.x5t].state, live[renewed.x5t].live_passes], ['active', 1]);
    // The old one counts for a month more: longer than any pass that was fetched with it.
    const month = (Date.parse(live[old.x5t].not_after) - Date.now()) / 86_400_000;
    assert.ok(month > 30.9 && month <= 31, `${month} days`);
    for (const pass of [before, during, ofOld]) assert.ok(claims(pass).exp * 1000 < Date.parse(live[old.x5t].not_after));

    const open = await ask(old);
    const dry = facility('certificate', 'revoke', '--reason', 'drill', '--dry-run', '--', old.x5t);
    assert.deepEqual(dry.ended, { requests: 1, passes: earlier + 3 });
    assert.ok(await works(before, old));
    const revoked = facility('certificate', 'revoke', '--reason', 'drill', '--', old.x5t.slice(0, 8));
    assert.deepEqual(revoked.ended, { requests: 1, passes: earlier + 3 });
    for (const pass of [before, during, ofOld]) {
      assert.equal(await works(pass), false);
      assert.equal(await works(pass, renewed), false);
    }
    assert.ok(await works(ofNew, renewed));
    assert.equal(await works(ofNew, old), false, 'a revoked certificate brings nothing');
    assert.ok(await works(bystander));
    await assert.rejects(ask(old), (thrown) => (thrown.status ?? thrown.cause?.status ?? thrown.response?.status) === 401);
    await assert.rejects(fetchPass(renewed, open), (thrown) => ['access_denied', 'invalid_grant'].includes(thrown.error));
    assert.equal(facility('certificate', 'revoke', '--reason', 'drill', '--', old.x5t).code, 'facility_certificate_revoked');
    assert.deepEqual([overview(old)[old.x5t].state, overview(old)[old.x5t].live_passes], ['revoked', 0]);
    if (!others) strict = renewed;
  });
}

test('the facility origin names the built-in authority to clients', () => {
  const { port } = new URL(sandbox.facility_origin);
  const shown = execFileSync('openssl', ['s_client', '-connect', `localhost:${port}`, '-servername', 'localhost'],
    { input: '', encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
  const names = /Acceptable client certificate CA names\n([\s\S]*?)\n(Requested|Client)/.exec(shown)[1];
  assert.match(names, /TEST Tegata Facility CA/);
  assert.equal(names.split('\n').length, 2, names);
});

test("a facility's code changes under a live pass", async () => {
  const ehr = strict;
  const pass = await newPass(ehr);
  const changed = facility('code', strict.code, '1312345679');
  assert.deepEqual(changed.former_codes, [strict.code]);
  assert.ok(await works(pass, ehr));
  assert.equal(claims(await newPass(ehr)).facility_code, '1312345679');
  assert.equal(facility('add', strict.code, '--name', 'x', '--provisional').code, 'facility_code_taken');
  const ended = facility('suspend', '1312345679', '--reason', 'drill');
  assert.equal(ended.ended.passes, 4);  // these two, and one from each drill
  assert.equal(await works(pass, ehr), false);
  await assert.rejects(ask(ehr), (thrown) => (thrown.status ?? thrown.cause?.status ?? thrown.response?.status) === 401);
});
