// The same code, many times at once, through HAProxy: one pass for the client that may have it, none for another, and
// an alarm where somebody else tried.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sleep, startSandbox } from '../support/sandbox.mjs';
import { sha256 } from './negatives/client.mjs';
import { Desk } from './negatives/desk.mjs';
import { claimsOf } from './negatives/forge.mjs';

const times = 64;
let sandbox, x;
before(async () => {
  sandbox = await startSandbox();
  x = new Desk(sandbox);
  await x.people();
});
after(() => sandbox?.stop());

const all = (count, work) => Promise.all(Array.from({ length: count }, (_, index) => work(index)));
// A 503 is the proxy's, whose queue was too long: it never reached the server. Asked again, as a client does.
async function patiently(ask) {
  for (let turn = 0; ; ++turn) {
    const answer = await ask();
    if (answer.status !== 503 || turn === 50) return answer;
    await sleep(100);
  }
}
const tally = (answers) => answers.reduce((sum, { status, error }) => ({ ...sum, [`${status} ${error ?? ''}`.trim()]: (sum[`${status} ${error ?? ''}`.trim()] ?? 0) + 1 }), {});
const jtis = (answers) => new Set(answers.filter(({ status }) => status === 200).map(({ body }) => claimsOf(body.access_token).jti));
const isActive = async (token) => (await x.introspect(token)).body.active;
// What the audit log says of one request or one pass: [kind, details], in order.
function audited(subject, jti = 'none') {
  return x.sql('SELECT kind, details FROM audit WHERE subject IN (?, ?) ORDER BY number', subject, `pass:${jti}`).rows
    .map(([kind, details]) => [kind, JSON.parse(details)]);
}
const handoffOf = (code) => `handoff:${x.sql('SELECT id FROM handoff WHERE device_code = ?', sha256(code)).rows[0][0]}`;
const count = (records, kind) => records.filter(([each]) => each === kind).length;
const alarms = (records) => records.filter(([, details]) => details.alarm === true).map(([kind]) => kind);

for (const [way, ask, options] of [
  ['device_code, by certificate', () => x.asked(), () => ({})],
  ['device_code, by key', () => x.asked({}, { as: 'key' }), () => ({ as: 'key', proof: true })],
  ['auth_req_id', () => x.askedCiba(), () => ({})],
]) {
  test(`${times} redemptions at once by its client, ${way}: one jti, and good afterwards`, async () => {
    const asked = await ask();
    await x.approve(asked);
    const answers = await all(times, () => patiently(() => x.poll(asked, {}, options())));
    assert.deepEqual(tally(answers), { 200: times });
    assert.equal(jtis(answers).size, 1);
    assert.equal(await isActive(answers[0].body.access_token), true);
    const records = audited(handoffOf(asked.device_code ?? asked.auth_req_id));
    assert.equal(count(records, 'pass_issued'), 1);
    assert.equal(count(records, 'pass_repeated'), times - 1);
    assert.deepEqual(alarms(records), []);
  });
}

test(`an authorization code, ${times} times at once by its client: at most one pass, and that is revoked`, async () => {
  const code = await x.code();
  const subject = handoffOf(code);
  const answers = await all(times, () => patiently(() => x.redeem(code)));
  assert.deepEqual(tally(answers), { 200: 1, '400 invalid_grant': times - 1 });
  const [{ body }] = answers.filter(({ status }) => status === 200);
  assert.equal(await isActive(body.access_token), false);
  const records = audited(subject, claimsOf(body.access_token).jti);
  assert.equal(count(records, 'pass_issued'), 1);
  assert.deepEqual(alarms(records), ['pass_revoked']);
});

test('the same code from two clients at once: nothing for the other, and what was made ends with an alarm', async (t) => {
  const ends = {};
  for (let round = 0; round < 20; ++round) {
    const asked = await x.approved();
    const subject = handoffOf(asked.device_code);
    const answers = await all(16, (index) => patiently(() => x.poll(asked, {}, { as: index % 2 === round % 2 ? 'ehr' : 'other' })));
    const [own, foreign] = [round % 2, 1 - round % 2].map((rest) => answers.filter((_, index) => index % 2 === rest));
    assert.deepEqual(tally(foreign), { '400 invalid_grant': 8 });
    const made = own.find(({ status }) => status === 200);
    assert.ok(jtis(own).size <= 1);
    if (made) assert.equal(await isActive(made.body.access_token), false);
    assert.equal((await x.poll(asked)).error, 'invalid_grant');
    const raised = alarms(audited(subject, made && claimsOf(made.body.access_token).jti));
    assert.deepEqual(raised, [made ? 'pass_revoked' : 'activation_cancelled']);
    ends[raised[0]] = (ends[raised[0]] ?? 0) + 1;
  }
  t.diagnostic(JSON.stringify(ends));
});

test('both digits guessed at once by the phone that scanned: one try, and no pass', async () => {
  const asked = await x.asked(), phone = x.phone();
  await phone.scan(asked.verification_uri_complete);
  const guesses = Array.from({ length: 20 }, (_, i) => String((Number(asked.number) + 1 + i) % 100).padStart(2, '0'));
  const answers = await Promise.all([...guesses, asked.number].map((number) => phone.approve(number, phone.sign())));
  const [right] = answers.slice(-1);
  const poll = await x.poll(asked);
  // Whoever came first decided: the right number, or the first wrong one.
  assert.equal(poll.status === 200, right.status === 200);
  assert.equal(answers.filter(({ error }) => error === 'E-404').length, right.status === 200 ? 0 : 1);
});
