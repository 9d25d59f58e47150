// The software phone, as those use it who write scripts: what it sends, what it says, how it ends.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from '../support/database.mjs';
import { enrol, fetchWith, phone, startSandbox } from '../support/sandbox.mjs';

let sandbox;
before(async () => (sandbox = await startSandbox()));
after(() => sandbox?.stop());

const file = (name) => path.join(sandbox.dir, `${name}.json`);

async function ask(person) {
  const [facility] = sandbox.facilities;
  const answer = await fetchWith(sandbox, facility)(`${sandbox.facility_origin}/device_authorization`, { method: 'POST',
    body: new URLSearchParams({ client_id: facility.client_id, scope: 'openid hpki.sign', login_hint: person.practitioner_id }) });
  assert.equal(answer.status, 200);
  return answer.json();
}

async function approve(asked, store, number = asked.number, more = []) {
  const run = phone(sandbox, ['approve', asked.verification_uri_complete, '--number', number, '--store', file(store), ...more]);
  await run.done;
  return run;
}

const formats = { none: 'none', packed: 'packed', 'android-key': 'android-key', apple: 'apple', tpm: 'tpm', 'fido-u2f': 'fido-u2f' };
for (const [index, [choice, format]] of Object.entries(formats).entries()) {
  test(`enroll --attestation ${choice}, and the phone approves`, async () => {
    const person = sandbox.card('good', 'hpki-auth', index % 2);
    const { state } = await enrol(sandbox, person, file(choice), ['--attestation', choice]);
    assert.equal(state, 'done');
    const [[stored]] = sql(sandbox, 'SELECT attestation_format FROM credential ORDER BY rowid DESC LIMIT 1').rows;
    assert.equal(stored, format);
    const run = await approve(await ask(person), choice);
    assert.equal(run.code, 0, run.errors);
    assert.equal(run.lines[0].state, 'approved');
  });
}

test('defect: a refusal was a piece of JSON, cut off', async () => {
  const asked = await ask(sandbox.card());
  const run = await approve(asked, 'none', asked.number === '00' ? '01' : '00');
  assert.equal(run.code, 1);
  assert.deepEqual(run.lines, []);
  assert.match(run.errors, /^tegata-sandbox: sandbox_refused: approve was answered 409, E-404 [^{]*[ぁ-ん]。 \(activation_wrong_number\)\n$/);
});

test('defect: a person of several roles was not asked for one, and the phone said that all was well', async () => {
  const person = sandbox.card('good', 'hpki-auth', 3);
  await enrol(sandbox, person, file('roles'));
  const run = await approve(await ask(person), 'roles');
  assert.equal(run.code, 1);
  assert.match(run.errors, /^tegata-sandbox: sandbox_role_needed: .*--role one of /);
  for (const role of person.roles) assert.ok(run.errors.includes(role), run.errors);
  const again = await approve(await ask(person), 'roles', undefined, ['--role', person.roles[1]]);
  assert.equal(again.code, 0, again.errors);
  assert.equal(again.lines[0].state, 'approved');
});
