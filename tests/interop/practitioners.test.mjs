// The directory's commands as an operator runs them, beside a running server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { operate } from '../support/operator.mjs';
import { Browser, root, startSandbox } from '../support/sandbox.mjs';

let sandbox;
const header = 'practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after';

before(async () => {
  sandbox = await startSandbox();
});
after(async () => sandbox?.stop());

function practitioner(...args) {
  const run = spawnSync(path.join(root, 'build/tegata-sandbox'),
    ['practitioner', ...args, '--config', path.join(sandbox.dir, 'config.toml')], { encoding: 'utf8' });
  return { code: run.status, out: run.stdout, err: run.stderr, json: () => JSON.parse(run.stdout) };
}
function file(name, lines) {
  const at = path.join(sandbox.dir, name);
  writeFileSync(at, [header, ...lines, ''].join('\r\n'));
  return at;
}
const row = (number) => `ZZ${String(number).padStart(8, '0')},検証 ${number}番,Kensho Bangou${number},Medical Doctor,TEST,9${number},2030-03-31`;
const all = Array.from({ length: 10_000 }, (_, index) => row(index));

test('a file with three bad rows changes nothing and names them', () => {
  const lines = [...all];
  lines[9] = row(9).replace('Medical Doctor', 'Wizard');
  lines[4_999] = row(4_999).replace('ZZ', 'Z!');
  lines[9_999] = row(9_999).replace('2030-03-31', 'soon');
  const before = practitioner('list', '--json').json().practitioners.length;
  const refused = practitioner('import', file('bad.csv', lines), '--json');
  assert.equal(refused.code, 1);
  assert.deepEqual(refused.json().problems.map(({ row: at, column }) => [at, column]),
    [[11, 'roles'], [5_001, 'practitioner_id'], [10_001, 'second_certificate_not_after']]);
  const words = practitioner('import', file('bad.csv', lines));
  assert.match(words.out, /row 11, roles: .*Wizard/);
  assert.match(words.out, /nothing was imported/);
  assert.equal(practitioner('list', '--json').json().practitioners.length, before);
});

test('10,000 people in seconds, with a progress bar, again without effect', (t) => {
  const people = file('people.csv', all);
  const dry = practitioner('import', people, '--dry-run', '--json');
  assert.deepEqual([dry.code, dry.json().added, dry.json().imported], [0, 10_000, false]);
  const since = Date.now();
  const first = practitioner('import', people, '--json', '--progress');
  const seconds = (Date.now() - since) / 1000;
  t.diagnostic(`10,000 people in ${seconds} s`);
  assert.equal(first.code, 0);
  assert.deepEqual([first.json().added, first.json().imported], [10_000, true]);
  assert.match(first.err, /importing \[#{30}\] 100 % \(10000 of 10000\)/);
  assert.ok(seconds < 30, `${seconds} s`);
  const again = practitioner('import', people, '--json').json();
  assert.deepEqual([again.added, again.changed, again.unchanged], [0, 0, 10_000]);
  assert.equal(practitioner('import', people, '--json').err, '');  // no terminal, no bar
});

test('suspended: the card is refused by the running server; resumed: it goes on', async () => {
  const { practitioner_id: id } = sandbox.card();
  const pc = new Browser(sandbox);
  assert.equal((await pc.logIn(sandbox.card())).status, 200);
  const suspended = practitioner('suspend', id, '--reason', 'test', '--json').json();
  assert.deepEqual([suspended.state, suspended.ended.sessions], ['suspended', 1]);
  assert.equal((await pc.call('GET', '/api/enrollment')).status, 401);
  assert.equal((await new Browser(sandbox).logIn(sandbox.card())).body.cause, 'card_person_suspended');
  assert.equal(practitioner('suspend', id).code, 1);
  assert.equal(practitioner('resume', id).code, 0);
  assert.equal((await new Browser(sandbox).logIn(sandbox.card())).status, 200);
});

test('a My Number card of somebody without an HPKI card: certificate checked, linked, replaced', () => {
  const [first, other] = [sandbox.card('good', 'jpki-auth', 0), sandbox.card('good', 'jpki-auth', 2)];
  const refusal = (...args) => practitioner('link-mynumber', 'ZZ00000001', ...args, '--json').json().code;
  assert.equal(refusal('--certificate', sandbox.card('good', 'jpki-sign').cert), 'mynumber_signature_certificate');
  assert.equal(refusal('--certificate', sandbox.card().cert), 'mynumber_untrusted');
  assert.equal(refusal('--certificate', sandbox.card('expired', 'jpki-auth').cert), 'mynumber_expired');
  assert.equal(practitioner('link-mynumber', 'ZZ00000001').code, 2);
  assert.equal(practitioner('link-mynumber', 'ZZ00000001', '--certificate', first.cert).code, 0);
  assert.equal(practitioner('link-mynumber', 'ZZ00000001', '--certificate', other.cert).code, 0);
  const shown = practitioner('show', 'ZZ00000001', '--json').json();
  assert.equal(shown.mynumber.fingerprint, other.fingerprint);
  assert.equal(shown.mynumber.linked_by, 'operator');
  assert.deepEqual(practitioner('list', '--mynumber-ending', '--json').json().practitioners.map((one) => one.practitioner_id), ['GH45678912']);
});

test('tegata itself believes no test authority of JPKI', () => {
  const run = spawnSync(path.join(root, 'build/tegata'), ['check', '--config', path.join(sandbox.dir, 'config.toml'), '--json'], { encoding: 'utf8' });
  assert.equal(run.status, 1);
  assert.equal(JSON.parse(run.stdout).code, 'mynumber_authority_malformed');
});

test('defect: the exported log, which names people, was open to every user of the machine', () => {
  const fresh = path.join(sandbox.dir, 'audit.jsonl'), before = path.join(sandbox.dir, 'before.jsonl');
  writeFileSync(before, '', { mode: 0o644 });
  for (const to of [fresh, before]) {
    assert.ok(operate(sandbox, 'audit', 'export', '--to', to).records > 0);
    assert.equal(statSync(to).mode & 0o777, 0o600, to);
  }
});
