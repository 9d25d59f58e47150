// Files that a command cannot put in place: it says so, leaves nothing half done, and the next one works.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { faults } from '../support/faults.mjs';
import { operate, tegata } from '../support/operator.mjs';
import { Browser, startSandbox } from '../support/sandbox.mjs';

let sandbox;
const trouble = faults();
const at = (name) => path.join(sandbox.dir, name);
const run = (...words) => operate({ ...sandbox, env: { ...trouble.env, TEGATA_FAULTS_OF: words[0] } }, ...words);
const named = (start) => readdirSync(sandbox.dir).filter((file) => file.startsWith(start)).sort();

before(async () => (sandbox = await startSandbox({ keep: true })));
afterEach(() => trouble.none());
after(async () => {
  await sandbox?.stop();
  rmSync(sandbox.dir, { recursive: true, force: true });
});

for (const [name, copy] of [['copy.db.audit-head', 'copy.db'], ['other.db', 'other.db']]) {
  test(`defect: a backup whose ${name} could not be put in place left a head in the way of the next one`, () => {
    trouble.set(['rename', 'EIO', 0, `${name}$`]);
    const refused = run('backup', '--to', at(copy));
    assert.equal(refused.ok, false);
    assert.match(refused.detail, new RegExp(`${name.replaceAll('.', '\\.')}: Input/output error`));
    assert.deepEqual(named(copy), []);
    trouble.none();
    assert.equal(run('backup', '--to', at(copy)).ok, true);
    assert.deepEqual(named(copy), [copy, `${copy}.audit-head`]);
  });
}

test('defect: a letter that could not be put in place left a file with its secrets, and nobody learned why', async () => {
  const person = (await new Browser(sandbox).logIn(sandbox.card())).body.practitioner_id;
  const [table, file, folder] = ['people.csv', 'batch.tickets', 'letters'].map(at);
  writeFileSync(table, `practitioner_id,origin\r\n${person},mailed\r\n`);
  assert.equal(operate(sandbox, 'ticket', 'issue', '--csv', table, '--batch', 'B1', '--out', file).ok, true);
  const letter = () => JSON.parse(spawnSync(tegata, ['ticket', 'letter', file, '--out', folder, '--format', 'pdf', '--json'],
    { encoding: 'utf8', env: { ...process.env, ...trouble.env, TEGATA_FAULTS_OF: file } }).stdout);
  const document = path.join(folder, 'letters-000001-000001.pdf');
  trouble.set(['rename', 'EIO', 0, `${document}$`]);
  const { ok, code, detail } = letter();
  assert.deepEqual([ok, code, detail], [false, 'letter_not_written', `${document}: Input/output error`]);
  assert.deepEqual(readdirSync(folder), ['letters.json']);
  trouble.none();
  assert.deepEqual(letter().documents, [document]);
});

test('a restore that cannot put a file in place says which, and the same command goes on', async () => {
  const words = ['restore', '--from', at('copy.db'), '--reason', '復旧訓練'];
  await sandbox.stop();
  for (const name of ['tegata.db.epoch', 'tegata.db.audit-head', 'tegata.db']) {
    trouble.set(['rename', 'EIO', 0, `${name}$`]);
    const refused = run(...words);
    assert.equal(refused.ok, false);
    assert.match(refused.detail, new RegExp(`${name.replaceAll('.', '\\.')}: .*Input/output error`));
    trouble.none();
    if (name === 'tegata.db.epoch') continue;  // what lay there is in its place, and good
    const { problems } = operate(sandbox, 'check');
    assert.match(problems.find(({ code }) => code === 'store_put_back').detail, /a restore was interrupted before it was done/);
  }
  const done = run(...words);
  assert.equal(done.ok, true, JSON.stringify(done));
  assert.ok(!(operate(sandbox, 'check').problems ?? []).some(({ code }) => code.startsWith('store_')));
});
