// Taking away works under any clock: each command that ends something, with the clock behind what was committed and
// ahead of it, by the real programs. What gives, or forgets by time, is refused with the reason.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { movableClock } from '../support/clock.mjs';
import { sql } from '../support/database.mjs';
import { issueTicket, operate } from '../support/operator.mjs';
import { enrol, startSandbox } from '../support/sandbox.mjs';

const day = 24 * 3600;
const clock = movableClock({ passes: false });
let sandbox, names, kept;

before(async () => {
  sandbox = await startSandbox({ keep: true });
  await enrol(sandbox, sandbox.card(), path.join(sandbox.dir, 'phone.json'));
  await sandbox.stop();
  sandbox.env = clock.env;
  const [facility, other] = sandbox.facilities, [phone] = operate(sandbox, 'credential', 'list').credentials;
  const linked = sql(sandbox, 'SELECT practitioner_id FROM mynumber_link').rows[0][0];
  issueTicket(sandbox, linked, 'mailed');
  const ticket = sql(sandbox, "SELECT id FROM handoff WHERE origin = 'mailed'").rows[0][0];
  operate(sandbox, 'facility', 'suspend', other.code, '--reason', 'x');
  names = { facility, other, phone, linked, ticket };
  kept = `${sandbox.dir}-kept`;
  cpSync(sandbox.dir, kept, { recursive: true, preserveTimestamps: true });
});
after(async () => {
  for (const dir of [sandbox.dir, kept]) await rm(dir, { recursive: true, force: true });
});

const because = ['--reason', 'request 42'];
const waysOut = () => [
  ['ticket', 'revoke', names.ticket],
  ['credential', 'revoke', ...because, '--', names.phone.credential_id],
  ['facility', 'certificate', 'revoke', ...because, '--', names.facility.thumbprint],
  ['facility', 'client', 'suspend', names.facility.client_id, ...because],
  ['facility', 'suspend', names.facility.code, ...because],
  ['key', 'rotate', '--emergency', ...because],
  ['practitioner', 'suspend', names.phone.practitioner_id, ...because],
  ['practitioner', 'unlink-mynumber', names.linked, ...because],
];
const others = () => [
  ['facility', 'change', names.facility.code, '--name', '検証医院'],
  ['facility', 'resume', names.other.code, ...because],
  ['key', 'rotate'],
  ['purge'],
  ['ticket', 'issue', '--practitioner', names.linked, '--origin', 'mailed'],
];
const mark = () => sql(sandbox, "SELECT name, value FROM meta WHERE name IN ('highest_now', 'clock_boot', 'clock_ahead') ORDER BY name").rows;
const highest = () => mark().find(([name]) => name === 'highest_now')[1];

for (const [code, set] of [
  ['store_clock_behind', () => clock.setAhead(-day)],
  ['store_clock_ahead', () => clock.setAhead(day)],
  ['store_clock_ahead', () => {
    sql(sandbox, "UPDATE meta SET value = 0 WHERE name = 'clock_boot'");
    clock.setAhead(60 * day);
  }],
]) {
  test(`defect: ${code} refused what takes away`, () => {
    cpSync(kept, sandbox.dir, { recursive: true, force: true, preserveTimestamps: true });
    set();
    try {
      const before = mark(), passed = sql(sandbox, 'SELECT COUNT(*) FROM audit').rows[0][0];
      for (const words of others()) assert.equal(operate(sandbox, ...words).code, code, words.join(' '));
      for (const words of waysOut()) {
        const answer = operate(sandbox, ...words);
        assert.equal(answer.ok, true, `${words.join(' ')}: ${JSON.stringify(answer)}`);
      }
      // At the latest moment that was committed; the clock is judged afterwards as before.
      assert.deepEqual(mark(), before);
      const moments = sql(sandbox, 'SELECT DISTINCT at FROM audit WHERE number > ?', passed).rows;
      assert.deepEqual(moments, [[highest()]]);
      assert.equal(operate(sandbox, ...others()[1]).code, code);
    } finally {
      clock.setAhead(0);
    }
    assert.equal(operate(sandbox, 'audit', 'verify').ok, true);
    // The new key is in use as soon as anything is signed again, and the withdrawn one never.
    const states = operate(sandbox, 'key', 'list').keys.map((key) => key.state);
    assert.deepEqual(states.sort(), ['active', 'withdrawn']);
    assert.ok(sql(sandbox, 'SELECT removed_at FROM credential').rows.every(([at]) => at === highest()));
  });
}
