// Pages of the database file that hold garbage, met by a query. /readyz and the log say it until the pages are right again,
// and what was acknowledged is there. Those that nobody reads: tests/unit/server/page_watch.cpp.
import assert from 'node:assert/strict';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { sql } from '../support/database.mjs';
import { facilityOf, logFrom, restart, untilNotReady, untilReady } from '../support/health.mjs';
import { operations } from '../support/operations.mjs';
import { startSandbox, until } from '../support/sandbox.mjs';

let sandbox, facility;
const spoilt = [];
before(async () => {
  sandbox = await startSandbox();
  facility = facilityOf(sandbox);
}, { timeout: 120_000 });
afterEach(() => [...spoilt].forEach((mend) => mend()));
after(() => sandbox?.stop());

// Garbage over the first page of a table; gives what puts the page back.
async function spoil(table) {
  await until('a whole file', () => sql(sandbox, 'PRAGMA wal_checkpoint(TRUNCATE)').rows[0][0] === 0);
  const [[size]] = sql(sandbox, 'PRAGMA page_size').rows;
  const [[page]] = sql(sandbox, "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?", table).rows;
  const file = openSync(path.join(sandbox.dir, 'tegata.db'), 'r+');
  const good = Buffer.alloc(size);
  readSync(file, good, 0, size, (page - 1) * size);
  writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (page - 1) * size);
  const mend = () => {
    writeSync(file, good, 0, size, (page - 1) * size);
    closeSync(file);
    spoilt.splice(spoilt.indexOf(mend), 1);
  };
  spoilt.push(mend);
  return mend;
}

test('defect: ready was said while a page of handoff was damaged', { timeout: 60_000 }, async () => {
  await facility.asks();
  const log = logFrom(sandbox);
  const mend = await spoil('handoff');
  sql(sandbox, 'PRAGMA application_id=0');  // a commit of another process: what is held in memory is read again
  await facility.isRefused();
  const lines = await untilNotReady(sandbox, 'store_damaged');
  assert.match(lines, /tegata\.db: [^]*: keep a copy, and put the last good backup in its place \(tegata restore\)/);
  await until('the line', () => log.events('not_ready').some((line) => line.level === 'error' && line.why.includes('store_damaged')));
  assert.ok(log.events('refusal').some((line) => line.level === 'error' && /keep a copy, and put the last good backup/.test(line.detail)), log.text());
  assert.equal((await operations(sandbox, '/healthz')).status, 200);
  mend();
  await untilReady(sandbox, { timeout: 30_000 });
  await until('the line of its return', () => log.events('ready_again').length > 0);
  await facility.asks();
});

test('whatever was acknowledged is there for a fresh server', async () => {
  await restart(sandbox);
  assert.equal(await facility.verifyAll(), 2);
});
