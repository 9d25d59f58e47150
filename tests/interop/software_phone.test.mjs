// The software phone, as those use it who write scripts: what it sends, what it says, how it ends.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { sql } from '../support/database.mjs';
import { Browser, enrol, fetchWith, phone, program, root, startSandbox } from '../support/sandbox.mjs';

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

test('defect: without the environment\'s folder the phone found none, though the URL names its port', async () => {
  const answer = await ask(sandbox.card());
  const say = (url) => spawnSync(program, ['phone', 'decline', url, '--store', file('found')], { cwd: sandbox.dir, encoding: 'utf8' });
  const elsewhere = say('https://localhost:9/d#t=x');
  assert.equal(elsewhere.status, 1);
  assert.match(elsewhere.stderr, /sandbox\/sandbox\.json: cannot be opened: .*; give --dir, /);
  const found = say(answer.verification_uri_complete);
  assert.equal(found.status, 0, found.stderr);
  assert.match(found.stdout, /state: declined/);
});

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

// A security key of the tests' own behind a character device, plugged in for one test. Without a PIN it has a reader.
async function plugIn(t, pin = []) {
  const child = spawn(path.join(root, 'build/release/tests/tegata-stand-in-key'), pin, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.stdin.end());
  const [device] = await once(createInterface({ input: child.stdout }), 'line');
  return device;
}

const approveWith = async (asked, device, typed) => {
  const run = phone(sandbox, ['approve', asked.verification_uri_complete, '--number', asked.number, '--device', device], typed);
  await run.done;
  return run;
};

test('a security key with a reader of its own is bound and approves', async (t) => {
  const device = await plugIn(t), person = sandbox.card();
  assert.equal((await enrol(sandbox, person, null, ['--device', device])).state, 'done');
  const [[format]] = sql(sandbox, 'SELECT attestation_format FROM credential ORDER BY rowid DESC LIMIT 1').rows;
  assert.equal(format, 'packed');
  const run = await approveWith(await ask(person), device);
  assert.equal(run.code, 0, run.errors);
  assert.equal(run.lines[0].state, 'approved');
  assert.equal(run.errors, 'Touch the security key.\n');
});

test('a security key with a PIN: a wrong one may be typed again, and the request goes on', async (t) => {
  const device = await plugIn(t, ['2468']), person = sandbox.card('good', 'hpki-auth', 1);
  assert.equal((await enrol(sandbox, person, null, ['--device', device], '2468\n')).state, 'done');
  const run = await approveWith(await ask(person), device, '1111\n2468\n');
  assert.equal(run.code, 0, run.errors);
  assert.equal(run.lines[0].state, 'approved');
  assert.match(run.errors, /^PIN of the security key: \nTouch the security key\.\nwrong PIN; 7 tries left .*\nPIN of the security key: \n/);
  const nobody = await approveWith(await ask(person), device, '');
  assert.equal(nobody.code, 1);
  assert.match(nobody.errors, /security_key_no_pin/);
});

test('without a security key behind --device nothing is claimed', async () => {
  const pc = new Browser(sandbox);
  await pc.logIn(sandbox.card());
  const ticket = await pc.call('POST', '/api/enrollment', {});
  const run = phone(sandbox, ['enroll', ticket.body.url, '--device', '/dev/null']);
  assert.equal(await run.done, 1);
  assert.match(run.errors, /^tegata-sandbox: security_key_unreachable: \/dev\/null is no security key, /);
  assert.equal((await pc.call('GET', '/api/enrollment')).body.state, 'waiting');
});

test('--device goes with no key file, and the key alone says how it vouches', async () => {
  for (const [more, said] of [[['--store', file('none')], /--store excludes --device/], [['--attestation', 'packed'], /--device excludes --attestation/]]) {
    const run = phone(sandbox, ['enroll', 'https://localhost/p#t=x', '--device', '/dev/null', ...more]);
    assert.equal(await run.done, 2);
    assert.match(run.errors, said);
  }
});
