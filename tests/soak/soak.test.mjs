// The soak in one minute: ./dev soak MINUTES is the same for longer.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { soak } from './soak.mjs';

test('mixed load for a minute, with kills, stops, reloads and slow clients: nothing acknowledged is lost', { timeout: 600_000 }, async () => {
  const seed = randomBytes(6).toString('hex');
  console.log(`seed ${seed}`);
  assert.deepEqual(await soak({ minutes: 1, seed, say: (line) => console.log(line) }), [], `again: ./dev soak 1 --seed ${seed}`);
});
