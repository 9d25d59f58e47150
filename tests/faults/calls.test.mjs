// System calls that fail under the running server: what clients get, what /healthz, /readyz and the log say, and that it
// goes on by itself, with everything that was acknowledged.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { faults } from '../support/faults.mjs';
import { operations } from '../support/operations.mjs';
import { fetchWith, startSandbox, until } from '../support/sandbox.mjs';

let sandbox;
const trouble = faults();

before(async () => {
  sandbox = await startSandbox({ env: trouble.env });
});
after(() => sandbox?.stop());

const events = (name) => readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8').split('\n')
  .filter((line) => line.includes(`"event":"${name}"`)).map((line) => JSON.parse(line));
// By a connection of its own.
const jwks = async () => (await fetchWith(sandbox)(`${sandbox.public_origin}/jwks`)).status;

test('defect: one accept() that failed ended an origin for good', async () => {
  assert.equal(await jwks(), 200);
  trouble.set(['accept', 'ENFILE', 5]);
  // Each origin's next connection meets it; whoever calls waits for the end of it, and is served.
  assert.equal(await jwks(), 200);
  await until('the line', () => events('connections_taken_again').length > 0);
  const [line] = events('connections_not_taken');
  assert.equal(line.level, 'error');
  assert.equal(line.code, 'server_socket_unusable');
  assert.match(line.detail, /\/(public|ops)\.sock: Too many open files in system$/);
  assert.equal((await operations(sandbox, '/healthz')).status, 200);
});
