// The rows of the table that another implementation can answer, put to `oidc-provider`: the same status and the same
// error, but for the differences that negatives/differences.mjs lists with a reason each.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { leasePorts } from '../support/sandbox.mjs';
import { differences } from './negatives/differences.mjs';
import { NotHere, Peer } from './negatives/peer.mjs';
import { plans } from './negatives/plans.mjs';

let peer;
before(async () => (peer = await Peer.start(await leasePorts())));
after(() => peer?.stop());

const said = ({ status, error }) => [status, error ?? null];
// A page of an own shape: that the browser stays is what counts.
const same = ([status, error], answer) => (/^E-/.test(error ?? '') ? answer.status === status && !answer.back
  : answer.status === status && (answer.error ?? null) === (error ?? null));

test('the same answer as oidc-provider, but for what is listed', async (t) => {
  const seen = { same: 0, different: 0, 'of ours alone': 0 }, wrong = [], unlisted = new Set(differences.keys());
  for (const { plan, rows } of plans) {
    for (const [module, says, ask, expected] of rows) {
      const name = `${plan} / ${module}: ${says}`;
      const listed = differences.get(name);
      unlisted.delete(name);
      if (listed?.none) {
        seen['of ours alone'] += 1;
        continue;
      }
      try {
        const answer = await ask(peer);
        const agrees = same(expected, answer);
        seen[agrees ? 'same' : 'different'] += 1;
        if (listed && agrees) wrong.push(`${name}: listed as different, and is not`);
        if (!listed && !agrees) wrong.push(`${name}: ${said(answer)} (${answer.description}), ours ${expected.slice(0, 2)}`);
        if (listed && !agrees) assert.deepEqual(said(answer), listed.answer, name);
      } catch (error) {
        if (error instanceof NotHere) seen['of ours alone'] += 1;
        else wrong.push(`${name}: ${error.stack.split('\n').slice(0, 2).join(' ')}`);
      }
    }
  }
  t.diagnostic(JSON.stringify(seen));
  assert.deepEqual([...unlisted], [], 'differences of rows that are not there');
  assert.deepEqual(wrong, []);
  assert.ok(seen.same >= 150, `${seen.same}`);
});
