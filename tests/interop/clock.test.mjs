// One wrong clock destroys nothing: the real programs under a clock that libfaketime sets, against one database. A clock
// that is wrong is refused with the command that helps, all goes on by itself once it is right, and a database that an
// older server took to 2032 is brought back.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { movableClock } from '../support/clock.mjs';
import { sql } from '../support/database.mjs';
import { operate } from '../support/operator.mjs';
import { operations } from '../support/operations.mjs';
import { enrol, program, startSandbox, until } from '../support/sandbox.mjs';

const hour = 3600, day = 24 * hour, sixYears = 6 * 366 * day;
const clock = movableClock({ passes: false });
let sandbox, server, phones;

before(async () => {
  sandbox = await startSandbox({ keep: true });
  await enrol(sandbox, sandbox.card(), path.join(sandbox.dir, 'phone.json'));
  await sandbox.stop();
  phones = operate(sandbox, 'credential', 'list').credentials.length;
  assert.equal(phones, 1);
  sandbox.env = clock.env;
  sql(sandbox, 'UPDATE practitioner SET second_certificate_not_after = ?', Date.now() + 2 * sixYears * 1000);
});
after(() => rm(sandbox.dir, { recursive: true, force: true }));
afterEach(async () => {
  await stop();
  clock.setAhead(0);
});

// The server alone, without its proxy.
function serve() {
  const child = spawn(program, ['serve', '--config', path.join(sandbox.dir, 'config.toml')],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...clock.env } });
  server = { child, log: '' };
  child.stderr.on('data', (data) => (server.log += data));
  server.ended = new Promise((resolve) => child.once('close', resolve));
  return server;
}

async function stop() {
  if (!server) return;
  server.child.kill('SIGTERM');
  await server.ended;
  server = null;
}

const ready = () => operations(sandbox, '/readyz').catch(() => ({ status: 0, body: '' }));
const readyIs = (status) => until(`/readyz ${status}`, async () => {
  const answer = await ready();
  return answer.status === status && answer;
}, { every: 20 });

async function starts() {
  serve();
  await readyIs(200);
}

async function refusesToStart(code) {
  const { ended } = serve();
  assert.equal(await ended, 1);
  assert.match(server.log, new RegExp(`${code}: .*tegata clock repair`));
  server = null;
}

// The date that an operator reads elsewhere, so many seconds from now.
const today = (ahead = 0) => new Date(Date.now() + ahead * 1000).toISOString().slice(0, 10);
const records = () => sql(sandbox, 'SELECT COUNT(*) FROM audit').rows[0][0];
// Something that is committed, and lives for days.
function issue() {
  const person = operate(sandbox, 'credential', 'list').credentials[0].practitioner_id;
  const issued = operate(sandbox, 'ticket', 'issue', '--practitioner', person, '--origin', 'mailed');
  assert.ok(!issued.code, JSON.stringify(issued));
}
const verify = () => operate(sandbox, 'audit', 'verify');
// As a restart of the machine does it: nothing is known any more of how long it was off.
const reboot = () => sql(sandbox, "UPDATE meta SET value = 0 WHERE name = 'clock_boot'");
const nothingLost = () => {
  assert.equal(operate(sandbox, 'credential', 'list').credentials.length, phones);
  assert.equal(verify().ok, true);
  assert.equal(verify().cut_off, 0);
};

test('defect: an export whose records had been altered was acknowledged', () => {
  issue();
  const file = path.join(sandbox.dir, 'altered.jsonl');
  operate(sandbox, 'audit', 'export', '--unacknowledged', '--to', file);
  const lines = readFileSync(file, 'utf8');
  writeFileSync(file, lines.replace('"kind":"ticket_issued"', '"kind":"ticket_forgot"'));
  assert.notEqual(readFileSync(file, 'utf8'), lines);
  const refused = operate(sandbox, 'audit', 'acknowledge', '--file', file);
  assert.equal(refused.code, 'store_export_unknown');
  assert.match(refused.detail, /is not as it was written/);
});

test('defect: a server started in 2032 purged the log, and with the right clock it never started again', async () => {
  for (const restarted of [false, true]) {
    const before = records();
    if (restarted) reboot();
    clock.setAhead(sixYears);
    await refusesToStart('store_clock_ahead');
    assert.equal(operate(sandbox, 'purge').code, 'store_clock_ahead');
    assert.equal(records(), before);
    clock.setAhead(0);
    await starts();
    await stop();
  }
  nothingLost();
});

// In the metrics, and in the log.
async function tells(refused, line) {
  await until('the metric', async () => (await operations(sandbox, '/metrics')).body.includes(`\ntegata_clock_refused ${refused}\n`));
  await until('the log', () => line.test(server.log));
}

test('a running server: each step of the clock is refused and told of, and it goes on by itself', async () => {
  await starts();
  for (const [by, code] of [[day, 'store_clock_ahead'], [sixYears, 'store_clock_ahead'], [-hour, 'store_clock_behind'], [-10, 'store_clock_behind']]) {
    issue();
    const before = records();
    clock.setAhead(by);
    const refused = await readyIs(503);
    assert.match(refused.body, new RegExp(`^${code}\n.*tegata clock repair`));
    assert.equal(operate(sandbox, 'purge').code, code);
    assert.equal(records(), before);
    if (by === day) await tells('1', /store_clock_ahead.*"clock_refused"/);
    clock.setAhead(0);
    await readyIs(200);
    if (by === day) await tells('0', /"clock_right_again"/);
  }
  nothingLost();
});

test('a clock that is behind at the start, by an hour or ten seconds, waits for the right one', async () => {
  for (const by of [-hour, -10]) {
    assert.equal(operate(sandbox, 'purge').ok, true);
    reboot();
    clock.setAhead(by);
    await refusesToStart('store_clock_behind');
    clock.setAhead(0);
    await starts();
    await stop();
  }
  nothingLost();
});

test('a day ahead after a boot is believed: nothing is lost, and the right clock is told which command helps', async () => {
  reboot();
  clock.setAhead(day);
  await starts();
  operate(sandbox, 'purge');
  await stop();
  reboot();
  clock.setAhead(0);
  await refusesToStart('store_clock_behind');
  assert.equal(operate(sandbox, 'clock', 'repair', '--date', today(), '--reason', 'the RTC was a day ahead').ok, true);
  await starts();
  nothingLost();
});

test('defect: a database whose latest moment is in 2032 was of no use any more', async () => {
  sql(sandbox, "UPDATE meta SET value = value + ? WHERE name = 'highest_now'", sixYears * 1000);
  reboot();
  clock.setAhead(sixYears);
  await starts();
  issue();
  await stop();
  clock.setAhead(0);
  reboot();
  await refusesToStart('store_clock_behind');
  // That of 2032, and those that had ended by then.
  const open = sql(sandbox, "SELECT COUNT(*) FROM handoff WHERE kind = 'enrollment' AND state = 'created' AND expires_at > ?", Date.now()).rows[0][0];
  assert.equal(operate(sandbox, 'clock', 'repair', '--date', today(), '--dry-run', '--reason', 'x').ended.tickets, open);
  await refusesToStart('store_clock_behind');
  const repaired = operate(sandbox, 'clock', 'repair', '--date', today(), '--reason', 'the RTC was in 2032');
  assert.equal(repaired.ended.tickets, open);
  assert.ok(repaired.records_of_the_future >= 1);
  await starts();
  nothingLost();
  const [, actor, details] = sql(sandbox, "SELECT number, actor, details FROM audit WHERE kind = 'clock_repaired' ORDER BY number DESC LIMIT 1").rows[0];
  assert.match(actor, /^operator:/);
  assert.equal(JSON.parse(details).reason, 'the RTC was in 2032');
  assert.equal(sql(sandbox, "SELECT COUNT(*) FROM handoff WHERE expires_at > ?", Date.now() + 366 * day * 1000).rows[0][0], 0);
  assert.equal(operate(sandbox, 'clock', 'repair', '--reason', 'again').code, 'store_clock_right');
});

test('after a boot two months later the operator names the date', async () => {
  assert.equal(operate(sandbox, 'purge').ok, true);
  reboot();
  clock.setAhead(62 * day);
  await refusesToStart('store_clock_ahead');
  assert.equal(operate(sandbox, 'clock', 'repair', '--reason', 'x').code, 'store_clock_unconfirmed');
  assert.equal(operate(sandbox, 'clock', 'repair', '--reason', 'x', '--date', today()).code, 'store_clock_unconfirmed');
  assert.equal(operate(sandbox, 'clock', 'repair', '--reason', 'x', '--date', today(62 * day)).ok, true);
  await starts();
  await stop();
  clock.setAhead(0);
  assert.equal(operate(sandbox, 'clock', 'repair', '--date', today(), '--reason', 'only a test').ok, true);
  nothingLost();
});

test('defect: a purge removed records of the log that nobody had exported', async () => {
  const shortened = path.join(sandbox.dir, 'config.toml');
  writeFileSync(shortened, `${readFileSync(shortened, 'utf8')}\n[retention]\naudit_days = 30\n`);
  assert.equal(operate(sandbox, 'purge').ok, true);
  const before = records();
  // As if the log were two months old, and the round of yesterday had looked as far.
  sql(sandbox, "UPDATE meta SET value = value + ? WHERE name IN ('highest_now', 'purge_horizon')", 60 * day * 1000);
  reboot();
  clock.setAhead(60 * day);
  const kept = operate(sandbox, 'purge');
  assert.equal(kept.purged.audit_records, 0);
  assert.ok(kept.unacknowledged_records > 0 && kept.unacknowledged_records <= before);
  const file = path.join(sandbox.dir, 'audit.jsonl');
  const exported = () => operate(sandbox, 'audit', 'export', '--unacknowledged', '--to', file);
  assert.ok(exported().records >= before);
  const lines = readFileSync(file, 'utf8');
  writeFileSync(file, lines.replace(/^.*\n(.*\n)/, '$1').replace(/\n.*\n/, '\n'));
  assert.equal(operate(sandbox, 'audit', 'acknowledge', '--file', file).code, 'store_export_unknown');
  writeFileSync(file, lines);
  assert.equal(operate(sandbox, 'audit', 'acknowledge', '--file', file).changed, true);
  assert.equal(operate(sandbox, 'audit', 'acknowledge', '--file', file).changed, false);
  assert.equal(exported().records, 1);
  assert.equal(operate(sandbox, 'purge').purged.audit_records, kept.unacknowledged_records);
  assert.equal(verify().cut_off, kept.unacknowledged_records);
  const words = execFileSync(program, ['purge', '--config', shortened], { encoding: 'utf8', env: { ...process.env, ...clock.env } });
  assert.match(words, /^audit_records: 0$/m);
});
