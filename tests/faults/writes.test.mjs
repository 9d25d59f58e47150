// A disk that refuses writes, and files that are taken away under the running server: /readyz says so with path, cause
// and next step, the log has it at level error, callers get 503, nothing is acknowledged that is not there afterwards, and
// all goes on by itself.
import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { faults } from '../support/faults.mjs';
import { facilityOf, logFrom, restart, untilNotReady, untilReady } from '../support/health.mjs';
import { operations, socketsOf } from '../support/operations.mjs';
import { fetchWith, startSandbox, until } from '../support/sandbox.mjs';

let sandbox, facility;
const trouble = faults();
const at = (name) => path.join(sandbox.dir, name);
const escaped = (text) => text.replaceAll('.', '\\.');

before(async () => {
  sandbox = await startSandbox({ env: trouble.env });
  facility = facilityOf(sandbox);
}, { timeout: 120_000 });
beforeEach(() => untilReady(sandbox));
afterEach(() => trouble.none());
after(() => sandbox?.stop());

// While it is ill: one that asks is refused, and the log says why. Then it is well, and knows all that it acknowledged.
async function illAndWell(log, name, detail, heal) {
  const lines = await untilNotReady(sandbox, name);
  assert.match(lines, detail);
  await facility.isRefused();
  assert.equal((await operations(sandbox, '/healthz')).status, 200);
  const [line] = await until('the line', () => (log.events('not_ready').length ? log.events('not_ready') : null));
  assert.equal(line.level, 'error');
  assert.match(line.why, detail);
  for (const refusal of log.events('refusal')) assert.equal(refusal.level, 'error', JSON.stringify(refusal));
  heal();
  await untilReady(sandbox);
  await until('the line of its return', () => log.events('ready_again').length > 0);
  await facility.asks();
}

for (const [call, file, code, words] of [
  ['pwrite', 'tegata.db-wal', 'EIO', 'writing failed: Input/output error'],
  ['fsync', 'tegata.db-wal', 'EIO', 'syncing to the disk failed: Input/output error'],
  ['pwrite', 'tegata.db.audit-head', 'EIO', 'cannot write the audit head: Input/output error'],
  ['fsync', 'tegata.db.audit-head', 'EIO', 'cannot sync the audit head: Input/output error'],
]) {
  test(`defect: ready was said while ${call} of ${file} failed`, async () => {
    await facility.asks();
    const log = logFrom(sandbox);
    trouble.set([call, code, 0, file]);
    const asked = await facility.ask();
    if (call !== 'fsync' || !file.endsWith('head')) assert.equal(asked.status, 503);
    // By the commit that failed, or by the write that was tried since.
    await illAndWell(log, ['store_commit_failed', 'store_unavailable'], new RegExp(`${escaped(words)}.*: look at the disk`), () => trouble.none());
  });
}

test('defect: nobody learned that nothing could be written while nobody wrote', async () => {
  const log = logFrom(sandbox);
  trouble.set(['pwrite', 'ENOSPC', 0, 'tegata.db-wal']);
  const lines = await untilNotReady(sandbox, 'store_disk_full', { timeout: 15_000 });
  assert.match(lines, /tegata\.db: the disk is full: free some of the disk/);
  await until('the line', () => log.events('not_ready').length > 0);
  trouble.none();
  await untilReady(sandbox);
});

for (const name of ['tegata.db', 'tegata.db-wal', 'tegata.db-shm', 'tegata.db.audit-head']) {
  test(`defect: what was written into ${name} that had been removed was acknowledged and lost`, async () => {
    await facility.asks();
    const log = logFrom(sandbox);
    renameSync(at(name), at('elsewhere'));
    await facility.isRefused();
    await illAndWell(log, 'store_files_gone', new RegExp(`${escaped(at(name))}: No such file or directory: nothing is written`),
      () => renameSync(at('elsewhere'), at(name)));
  });
}

test('another file in the place of the database takes no writes', async () => {
  const log = logFrom(sandbox);
  renameSync(at('tegata.db'), at('elsewhere'));
  copyFileSync(at('elsewhere'), at('tegata.db'));
  await illAndWell(log, 'store_files_gone', /another file lies there than the one that is open/,
    () => renameSync(at('elsewhere'), at('tegata.db')));
});

test('defect: a socket that was removed cut off its origin until a restart', async () => {
  const status = async () => (await fetchWith(sandbox)(`${sandbox.public_origin}/jwks`)).status;
  for (const name of ['public.sock', 'ops.sock']) {
    rmSync(path.join(socketsOf(sandbox), name));
    await until('the socket', async () => (await operations(sandbox, '/healthz').catch(() => ({}))).status === 200);
    await until('its origin', async () => (await status()) === 200);
  }
});

for (const name of ['audit.key', 'tegata.db.guess-key', 'signing.key']) {
  test(`defect: nobody learned before the next start that ${name} was gone`, async () => {
    const log = logFrom(sandbox);
    const sentence = `${at(name)}: cannot be opened: No such file or directory: this server has it in memory`;
    renameSync(at(name), at('elsewhere'));
    const ready = await operations(sandbox, '/readyz');
    assert.equal(ready.status, 200);
    assert.match(ready.body, new RegExp(`^warning file_unreadable ${escaped(sentence)}`, 'm'));
    const [line] = await until('the line', () => (log.events('key_files_lost').length ? log.events('key_files_lost') : null));
    assert.equal(line.level, 'error');
    assert.ok(line.why.startsWith(`file_unreadable\n${sentence}`), line.why);
    await facility.asks();
    renameSync(at('elsewhere'), at(name));
    await until('its return', () => log.events('key_files_back').length > 0);
    assert.equal((await operations(sandbox, '/readyz')).body, 'ok\n');
  });
}

test('whatever was acknowledged in between is there for a fresh server', async () => {
  await restart(sandbox);
  assert.ok((await facility.verifyAll()) >= 10);
  await untilReady(sandbox);
});
