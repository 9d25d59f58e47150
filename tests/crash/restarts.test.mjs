// The server is ended and started again between every two steps of every way: by SIGTERM and by kill -9 in turn. Every flow
// goes on where it stood, with the same ticket, cookie, challenge and code, and ends as if nothing had happened.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Authenticator } from '../support/authenticator.mjs';
import { bindPhone } from '../support/bound_person.mjs';
import { issueTicket, operate } from '../support/operator.mjs';
import { operations } from '../support/operations.mjs';
import { Browser, fetchWith, startSandbox, until } from '../support/sandbox.mjs';

let sandbox, restarts = 0;

before(async () => (sandbox = await startSandbox()));
after(() => sandbox?.stop());

const pid = () => {
  const file = path.join(sandbox.dir, 'server.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
};

async function restart() {
  const victim = pid();
  process.kill(victim, restarts++ % 2 ? 'SIGKILL' : 'SIGTERM');
  await until('a new server', () => pid() !== victim && pid() !== 0, { every: 10 });
  await until('a server that is ready', () => operations(sandbox, '/readyz').then(({ status }) => status === 200, () => false), { every: 20 });
  await until('its pages', async () => (await fetchWith(sandbox)(`${sandbox.public_origin}/jwks`)).ok, { every: 20 });
}

const ok = (answer, status = 200) => {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer.body;
};

// A browser whose every call finds a server that was started for it.
class Restarted extends Browser {
  async call(method, url, body) {
    await restart();
    return super.call(method, url, body);
  }
  get = (url) => this.call('GET', url);
  post = (url, body = {}) => this.call('POST', url, body);

  async logIn(card, purpose) {
    const { card_url: place } = ok(await this.post('/api/start', { purpose, method: 'card' }));
    await restart();
    const answer = await fetchWith(this.sandbox, card)(place, { redirect: 'manual' });
    return ok(await this.post('/api/handover', { code: /[#&]c=(.+)$/.exec(answer.headers.get('location'))[1] }));
  }
}

const secretOf = (url) => /#t=(.+)$/.exec(url)[1];
const claim = { platform_authenticator: true, touch_points: 5 };

// From a ticket that the phone owns to its label. The prompt fails before it works.
async function register(phone, ticket, authenticator, { name, failures = 1 }) {
  for (let failure = 0; failure < failures; ++failure) {
    ok(await phone.post('/api/phone/options', { ticket }));
    ok(await phone.post('/api/phone/report', { ticket, what: 'NotAllowedError', after_ms: 4000 }), 204);
  }
  const { publicKey } = ok(await phone.post('/api/phone/options', { ticket }));
  const credential = authenticator.create(publicKey);
  const { label } = ok(await phone.post('/api/phone/register', { ticket, credential }));
  assert.equal(ok(await phone.post('/api/phone/status', { ticket })).label, label);
  assert.equal(ok(await phone.post('/api/phone/label', { ticket, label: name })).state, 'done');
  return credential.id;
}

async function bringByQr(screen, phone, url) {
  const ticket = secretOf(url);
  assert.equal(ok(await phone.post('/api/phone/look', { ticket })).mine, false);
  const { match_number: number } = ok(await phone.post('/api/phone/claim', { ticket, ...claim }));
  assert.equal(ok(await screen.get('/api/enrollment')).state, 'opened');
  assert.equal(ok(await phone.post('/api/phone/look', { ticket })).mine, true);
  // The page asks again and gets the same number.
  assert.equal(ok(await phone.post('/api/phone/claim', { ticket, ...claim })).match_number, number);
  ok(await screen.post('/api/enrollment/confirm', { number }));
  assert.equal(ok(await phone.post('/api/phone/status', { ticket })).state, 'confirmed');
  return ticket;
}

const phonesOf = (person) => operate(sandbox, 'credential', 'list', '--practitioner', person);

test('card enrollment, and from the phone that it bound to the next', { timeout: 240_000 }, async () => {
  const card = sandbox.card();
  const pc = new Restarted(sandbox), old = new Restarted(sandbox);
  const authenticator = new Authenticator(sandbox.public_origin);
  await pc.logIn(card, 'enrol');
  const first = ok(await pc.post('/api/enrollment'), 201);
  const firstId = await register(old, await bringByQr(pc, old, first.url), authenticator, { name: '古い電話', failures: 10 });
  assert.equal(ok(await pc.get('/api/enrollment')).state, 'done');

  const { publicKey } = ok(await old.post('/api/devices/login/options'));
  ok(await old.post('/api/devices/login', { credential: authenticator.get(publicKey) }));
  assert.equal(ok(await old.get('/api/devices')).devices.length, 1);
  const { url } = ok(await old.post('/api/enrollment'), 201);
  const fresh = new Restarted(sandbox), other = new Authenticator(sandbox.public_origin);
  const ticket = await bringByQr(old, fresh, url);
  const secondId = await register(fresh, ticket, other, { name: '新しい電話' });
  const proof = ok(await fresh.post('/api/phone/prove/options', { ticket }));
  assert.equal(ok(await fresh.post('/api/phone/prove', { ticket, credential: other.get(proof.publicKey) })).proven, true);
  const { change } = ok(await old.get('/api/devices'));
  assert.deepEqual([change.proven, change.removable], [true, [firstId]]);
  assert.equal(ok(await old.post('/api/devices/remove', { credential_id: firstId })).signed_out, true);
  const again = ok(await fresh.post('/api/devices/login/options'));
  ok(await fresh.post('/api/devices/login', { credential: other.get(again.publicKey) }));
  assert.deepEqual(ok(await fresh.get('/api/devices')).devices.map((each) => each.credential_id), [secondId]);
});

for (const origin of ['mailed', 'portal']) {
  test(`${origin} ticket: a wrong password costs one try, however often it is sent`, { timeout: 120_000 }, async () => {
    const person = sandbox.card('good', 'hpki-auth', 1).practitioner_id;
    const issued = issueTicket(sandbox, person, origin);
    const ticket = secretOf(issued.url);
    const phone = new Restarted(sandbox);
    assert.equal(ok(await phone.post('/api/phone/look', { ticket })).password, true);
    for (let i = 0; i < 3; ++i) {
      const refused = await phone.post('/api/phone/claim', { ticket, password: 'wrong', ...claim });
      assert.deepEqual([refused.status, refused.body.tries_left], [403, 4]);
    }
    ok(await phone.post('/api/phone/claim', { ticket, password: issued.password, ...claim }));
    assert.equal(ok(await phone.post('/api/phone/status', { ticket })).state, 'confirmed');
    const id = await register(phone, ticket, new Authenticator(sandbox.public_origin), { name: `電話 ${origin}` });
    assert.ok(phonesOf(person).credentials.some((each) => each.credential_id === id));
  });
}

const form = (party, origin) => async (place, fields) => {
  await restart();
  const answer = await fetchWith(sandbox, party)(`${origin}${place}`, { method: 'POST', body: new URLSearchParams({ client_id: party.client_id, ...fields }) });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
};

// The phone's part; the challenge of the scan is good after the restart too.
async function approve(authenticator, url, number) {
  const phone = new Restarted(sandbox), token = secretOf(url);
  const { publicKey } = ok(await phone.post('/api/activation/scan', { token }));
  assert.equal(ok(await phone.post('/api/activation/status', { token })).state, 'scanned');
  ok(await phone.post('/api/activation/approve', { token, number, credential: authenticator.get(publicKey) }));
  assert.equal(ok(await phone.post('/api/activation/status', { token })).state, 'approved');
}

async function checkPass(token, person) {
  const service = form(sandbox.signature_service, sandbox.facility_origin);
  const seen = ok(await service('/introspect', { token }));
  assert.deepEqual([seen.active, seen.sub], [true, person]);
  return service;
}

test('activation by device code, its pass, introspection, revocation', { timeout: 120_000 }, async () => {
  const { card, authenticator } = await bindPhone(sandbox, 2);
  const ehr = form(sandbox.facilities[0], sandbox.facility_origin);
  const request = ok(await ehr('/device_authorization', { scope: 'openid hpki.sign', terminal_id: '1', login_hint: card.practitioner_id }));
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: request.device_code };
  assert.equal((await ehr('/token', grant)).body.error, 'authorization_pending');
  await approve(authenticator, request.verification_uri_complete, request.number);
  const { access_token: token } = await until('the pass', async () => {
    const answer = await ehr('/token', grant);
    return answer.status === 200 && answer.body;
  }, { every: 2100 });
  const service = await checkPass(token, card.practitioner_id);
  ok(await ehr('/revoke', { token }));
  assert.deepEqual(ok(await service('/introspect', { token })), { active: false });
});

test('/authorize with a pushed request, approved by a passkey', { timeout: 120_000 }, async () => {
  const { card, authenticator } = await bindPhone(sandbox, 2);
  const facility = sandbox.facilities[0], ehr = form(facility, sandbox.facility_origin);
  const verifier = randomBytes(32).toString('base64url'), callback = 'http://127.0.0.1:49222/callback';
  const { request_uri: pushed } = ok(await ehr('/par', { response_type: 'code', redirect_uri: callback, scope: 'openid hpki.sign', state: 's1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' }), 201);
  const desk = new Restarted(sandbox);
  await restart();
  const opened = await desk.fetch(`${sandbox.public_origin}/authorize?${new URLSearchParams({ client_id: facility.client_id, request_uri: pushed })}`,
    { redirect: 'manual' });
  for (const line of opened.headers.getSetCookie()) desk.cookies.set(...line.split(';')[0].split(/=(.*)/s).slice(0, 2));
  const id = new URLSearchParams(new URL(opened.headers.get('location'), sandbox.public_origin).hash.slice(1)).get('x');
  assert.equal(ok(await desk.post('/api/authorize/look', { id })).facility_name, facility.name);
  const { publicKey } = ok(await desk.post('/api/authorize/options', { id }));
  ok(await desk.post('/api/authorize/passkey', { id, credential: authenticator.get(publicKey) }));
  assert.equal(ok(await desk.post('/api/authorize/look', { id })).state, 'approved');
  const back = new URL(ok(await desk.post('/api/authorize/finish', { id })).location);
  const tokens = ok(await ehr('/token', { grant_type: 'authorization_code', code: back.searchParams.get('code'), code_verifier: verifier, redirect_uri: callback }));
  await checkPass(tokens.access_token, card.practitioner_id);
});

test('and the log of all that holds', () => {
  assert.ok(operate(sandbox, 'audit', 'verify').records > 0);
  console.log(`${restarts} restarts`);
});
