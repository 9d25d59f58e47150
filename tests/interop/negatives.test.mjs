// What must not work, through HAProxy, against the release build: a table of requests, each with the one answer that it
// must get, grouped by the modules of the OpenID conformance plans, a plan of our own for the device grant, and what
// published advisories teach.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSandbox } from '../support/sandbox.mjs';
import { check, read } from './negatives/answer.mjs';
import { Desk } from './negatives/desk.mjs';
import { causeSince, mark } from './negatives/log.mjs';
import { plans } from './negatives/plans.mjs';

const desk = {};
let sandbox;
before(async () => {
  sandbox = await startSandbox();
  desk.x = new Desk(sandbox);
  await desk.x.people();
});
after(() => sandbox?.stop());

const count = plans.reduce((sum, { rows }) => sum + rows.length, 0);
test('the table has at least 150 rows, and no two are the same', (t) => {
  t.diagnostic(`${count} rows: ${plans.map(({ plan, rows }) => `${plan} ${rows.length}`).join(', ')}`);
  assert.ok(count >= 150, `${count}`);
  const names = plans.flatMap(({ plan, rows }) => rows.map(([module, says]) => `${plan} ${module} ${says}`));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  assert.deepEqual(twice, []);
});

test('defect: a pass that had the letters of an error code in it by chance was read as a refusal', async () => {
  const pass = new Response(JSON.stringify({ access_token: 'eyJ0eXAiOi.aE-198_x' }), { headers: { 'content-type': 'application/json' } });
  assert.equal((await read(pass)).error, undefined);
  const page = new Response('<p>問い合わせ番号 E-402</p>', { status: 400, headers: { 'content-type': 'text/html' } });
  assert.equal((await read(page)).error, 'E-402');
});

for (const { plan, rows } of plans) {
  describe(plan, () => {
    for (const [module, says, ask, expected] of rows) {
      test(`${module}: ${says}`, async () => {
        const at = mark(sandbox);
        const answer = await ask(desk.x);
        check(answer, expected, desk.x.issuer);
        const { cause, detail } = expected[2] ?? {};
        if (cause) await causeSince(sandbox, at, cause, detail);
      });
    }
  });
}
