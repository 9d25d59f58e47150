// What a server lacks at its start, or is taken from it while it runs: threads, memory, descriptors, a map of its index, a
// reader of its log. A start ends with one sentence and the exit code 1, never by a signal; a running server goes on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { faults } from '../support/faults.mjs';
import { alone, facilityOf, logFrom, restart, serverPid, untilReady } from '../support/health.mjs';
import { figure, operations, reload } from '../support/operations.mjs';
import { startSandbox, until } from '../support/sandbox.mjs';

let sandbox, facility;
const trouble = faults();
before(async () => {
  sandbox = await startSandbox({ env: trouble.env });
  facility = facilityOf(sandbox);
}, { timeout: 120_000 });
afterEach(() => trouble.none());
after(() => sandbox?.stop());

// The one line that a start ends with.
async function endsWith(run, sentence) {
  const { code, signal, errors } = await run.done;
  assert.deepEqual([code, signal], [1, null], errors);
  assert.match(errors, sentence);
}

test('a start without something ends with its sentence', { timeout: 120_000 }, async () => {
  await facility.asks();
  await alone(sandbox, async (start) => {
    trouble.set(['thread', 'EAGAIN']);
    await endsWith(start(), /server_without_threads: .*config\.toml: .*Resource temporarily unavailable: allow more threads/);
    trouble.set(['mmap', 'ENOMEM', 0, 'tegata.db-shm']);
    await endsWith(start(), /store_\w+: .*tegata\.db: the index of its log \(-shm\) cannot be had: Cannot allocate memory/);
    trouble.set(['open', 'EMFILE', 0, 'tegata.db-wal']);
    await endsWith(start(), /tegata\.db-wal: .*Too many open files/);
    trouble.set(['pwrite', 'ENOSPC', 0, 'tegata.db']);
    await endsWith(start(), /store_disk_full: .*tegata\.db: the disk is full: free some of the disk/);
    trouble.set(['pwrite', 'EROFS', 0, 'audit-head']);
    await endsWith(start(), /tegata\.db\.audit-head: cannot write the audit head: Read-only file system/);
    trouble.none();
  });
  await untilReady(sandbox);
  await facility.verifyAll();
});

test('defect: a start with too little memory ended by a signal', { timeout: 120_000 }, async () => {
  await alone(sandbox, async (start) => {
    for (const mebibytes of [64, 96, 160, 320]) {
      const run = start(['prlimit', `--as=${mebibytes * 1024 * 1024}`]);
      let over = false;
      run.done.then(() => (over = true));
      await until('its end or its answers', async () =>
        over || (await operations(sandbox, '/healthz').then(({ status }) => status > 0, () => false)));
      run.child.kill('SIGTERM');  // it had enough
      const { code, signal, errors } = await run.done;
      assert.equal(signal, null, errors);
      if (code !== 0) assert.match(errors, /memory|threads/i, `${mebibytes} MiB`);
    }
  });
});

test('without threads and without descriptors a running server goes on', { timeout: 60_000 }, async () => {
  const log = logFrom(sandbox);
  trouble.set(['thread', 'EAGAIN']);
  assert.equal(await reload(sandbox, (text) => text), false);
  assert.equal(log.events('reload_refused')[0].code, 'server_without_threads');
  assert.equal((await operations(sandbox, '/readyz')).status, 200);
  trouble.none();
  assert.equal(await reload(sandbox, (text) => text), true);
  const pid = serverPid(sandbox);
  execFileSync('prlimit', ['--pid', pid, '--nofile=10:']);  // more are open
  const waiting = operations(sandbox, '/healthz');
  await until('the line', () => log.events('connections_not_taken').some((line) => /Too many open files/.test(line.detail)));
  execFileSync('prlimit', ['--pid', pid, '--nofile=4096:']);
  assert.match((await waiting).body, /^ok|Too many open files/);  // it is answered, by what stood when it was taken
  await until('its end', () => log.events('connections_taken_again').length > 0);
  await untilReady(sandbox);
});

test('defect: a reload that got no threads had its authorities in use already', { timeout: 60_000 }, async () => {
  const log = logFrom(sandbox);
  const inUse = (name) => figure(sandbox, 'tegata_revocation_list_fresh', `authority="${name}"`);
  const rename = (from, to) => reload(sandbox, (text) => text.replace(`name = "${from}"`, `name = "${to}"`));
  const before = await inUse('TEST');
  assert.notEqual(before, undefined);
  trouble.set(['thread', 'EAGAIN']);
  assert.equal(await rename('TEST', 'OTHER'), false);
  assert.equal(log.events('reload_refused')[0].code, 'server_without_threads');
  assert.deepEqual([await inUse('TEST'), await inUse('OTHER')], [before, undefined]);
  trouble.none();
  assert.equal(await rename('OTHER', 'TEST'), true);
});

test('too little memory while it runs is one answer\'s trouble, or its end with a line; it comes back', { timeout: 60_000 }, async () => {
  const log = logFrom(sandbox);
  const pid = serverPid(sandbox);
  const size = Number(/^VmSize:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
  execFileSync('prlimit', ['--pid', pid, `--as=${size}:`]);
  const answers = await Promise.all(Array.from({ length: 40 }, () => facility.ask().then(({ status }) => status, () => 0)));
  if (serverPid(sandbox) === pid) execFileSync('prlimit', ['--pid', pid, '--as=unlimited:']);
  else assert.ok(log.events('ended_by_exception').length > 0, log.text());
  assert.ok(answers.every((status) => [200, 0, 500, 502, 503].includes(status)), answers.join());
  await untilReady(sandbox, { timeout: 30_000 });
  await facility.asks();
});

test('defect: a reader of standard error that stalled stopped every request', { timeout: 60_000 }, async () => {
  await alone(sandbox, async (start) => {
    const run = start();
    run.child.stderr.pause();
    await untilReady(sandbox, { timeout: 30_000 });
    // A pipe holds 64 KiB, and a refusal at the socket is a line of some 300 octets.
    for (let i = 0; i < 12; ++i) await Promise.all(Array.from({ length: 50 }, () => facility.ask()));
    assert.equal((await operations(sandbox, '/readyz')).status, 200);
    assert.match((await operations(sandbox, '/metrics')).body, /^tegata_log_lines_dropped_total 0$/m);
    run.child.stderr.resume();
    // What waits goes with the next lines.
    await until('the rest of it', async () => {
      await facility.ask();
      return run.errors.length > 80_000 && run.errors.endsWith('\n');
    });
    run.child.kill('SIGTERM');
    const { code, errors } = await run.done;
    assert.equal(code, 0, errors.slice(-500));
    assert.ok(errors.length > 80_000, String(errors.length));
    for (const line of errors.trim().split('\n')) JSON.parse(line);
  });
});

test('whatever was acknowledged in between is there for a fresh server', async () => {
  await restart(sandbox);
  assert.ok((await facility.verifyAll()) >= 2);
});
