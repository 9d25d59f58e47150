// More than can be taken: writes stand still (another process holds the database), callers pile up. Whoever cannot be
// served is told so quickly, with Retry-After and in the words of his origin; health, metrics and what needs no write
// stay reachable; afterwards all is as before.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { holdWrites } from '../support/database.mjs';
import { operations } from '../support/operations.mjs';
import { fetchWith, sleep, startSandbox } from '../support/sandbox.mjs';
import { portBase, proxied } from './wire.mjs';

const callers = 160;  // the proxy lets 48 of an origin through at a time
let sandbox, facility, ehr, anybody;

before(async () => {
  sandbox = await startSandbox({ portBase });
  [facility] = sandbox.facilities;
  ehr = fetchWith(sandbox, facility);
  anybody = fetchWith(sandbox);
});
after(() => sandbox?.stop());

const middle = (all) => [...all].sort((one, other) => one - other)[Math.floor(all.length / 2)];

async function timed(promise) {
  const begun = Date.now();
  const response = await promise;
  return { status: response.status, retryAfter: response.headers?.get('retry-after'), ms: Date.now() - begun,
    body: response.text ? await response.text() : response.body };
}

const post = (route, form) => timed(ehr(`${sandbox.facility_origin}${route}`, { method: 'POST',
  body: new URLSearchParams({ client_id: facility.client_id, ...form }) }));
const ask = (index) => post('/device_authorization', { scope: 'openid hpki.sign', terminal_id: `t${index}` });
// So many handshakes keep this process busy for a while: they are over before anything is measured.
const connectAll = () => Promise.all(Array.from({ length: callers }, () => post('/token', {})));

test('while writes stand still, callers get a quick 503 and health is reachable', async (t) => {
  assert.equal((await ask(0)).status, 200);
  await connectAll();
  const release = await holdWrites(sandbox);
  const asked = Array.from({ length: callers }, (_, index) => ask(index));
  const watched = [];
  const watch = (name, promise) => watched.push(timed(promise).then((answer) => ({ name, ...answer })));
  for (let i = 0; i < 12; ++i) {
    for (const target of ['/healthz', '/metrics']) watch(target, operations(sandbox, target));
    for (const target of ['/jwks', '/']) watch(target, anybody(`${sandbox.public_origin}${target}`));
    await sleep(250);
  }
  const answers = await Promise.all(asked);
  await release();
  const seen = await Promise.all(watched);
  for (const { name, status } of seen) assert.equal(status, 200, name);
  // On a busy machine one of them may be late; a target that is stuck is late every time.
  for (const target of ['/healthz', '/metrics', '/jwks', '/']) {
    const waited = middle(seen.filter(({ name }) => name === target).map(({ ms }) => ms));
    assert.ok(waited < 1500, `${target} ${waited} ms`);
  }
  for (const { status, retryAfter, body } of answers) {
    assert.equal(status, 503, body);
    assert.match(retryAfter, /^[1-9]\d*$/);
    assert.equal(JSON.parse(body).error, 'temporarily_unavailable');
  }
  // Those who never reached a worker waited in the proxy's queue; the others as long as the store is patient.
  const times = proxied(sandbox).filter(({ path, status }) => path === '/device_authorization' && status === 503).map(({ ms }) => ms);
  t.diagnostic(`503 after ${Math.min(...times)} to ${Math.max(...times)} ms, half of them within ${middle(times)} ms`);
  assert.ok(times.length >= callers - 1, `${times.length} in the proxy's log`);
  assert.ok(middle(times) < 4500, `${middle(times)} ms`);
});

test('afterwards all is as before', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)));
  assert.deepEqual(answers.map(({ status }) => status), Array(20).fill(200));
  assert.equal((await operations(sandbox, '/readyz')).status, 200);
});
