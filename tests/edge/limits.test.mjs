// Limits by source through the proxy: each address of loopback is a source of its own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, startSandbox } from '../support/sandbox.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox?.stop());

const begin = (browser) => browser.call('POST', '/api/start', { purpose: 'enrol', method: 'card' });

// Begins log-ins, in browsers that keep no cookie, until some are refused; how many were not, and how many were earned.
// Twenty at a time: one after the other, a slow machine would never be faster than a bucket fills.
async function useUp(localAddress) {
  const insiders = Array.from({ length: 20 }, () => new Browser(sandbox, { localAddress }));
  const since = performance.now();
  for (let begun = 0; ; ) {
    const answers = await Promise.all(insiders.map((insider) => (insider.cookies.clear(), begin(insider))));
    begun += answers.filter((answer) => answer.status === 200).length;
    const refused = answers.filter((answer) => answer.status !== 200);
    for (const answer of refused) {
      assert.equal(answer.status, 429);
      assert.equal(answer.body.code, 'E-907');
      assert.equal(answer.headers.get('retry-after'), '1');
    }
    if (refused.length) return { begun, earned: Math.floor((performance.now() - since) / 1000) + 1 };
  }
}

test('an address begins 60 log-ins at once and one more with each second; others are not concerned', async () => {
  const { begun, earned } = await useUp('127.0.0.2');
  assert.ok(begun >= 60 && begun <= 60 + earned, `${begun} begun, ${earned} earned`);
  assert.equal((await begin(new Browser(sandbox, { localAddress: '127.0.0.3' }))).status, 200);
});

test('defect: one insider locked out all behind his address', async () => {
  const doctor = new Browser(sandbox, { localAddress: '127.0.0.4' });
  assert.equal((await doctor.logIn(sandbox.card())).status, 200);
  await useUp('127.0.0.4');
  for (let i = 0; i < 5; ++i) {
    assert.equal((await begin(doctor)).status, 200);
    await useUp('127.0.0.4');
  }
});

test('a known network begins as many times as many as its factor says', async () => {
  const { begun, earned } = await useUp('127.0.0.99');
  assert.ok(begun >= 120 && begun <= 120 + 2 * earned, `${begun} begun, ${earned} earned`);
});

test('defect: claims on unknown tickets used up all turns: ten a minute from one address, and others are not concerned', async () => {
  const claim = (browser) => browser.call('POST', '/api/phone/claim',
    { ticket: 'A'.repeat(22), platform_authenticator: true, touch_points: 5, password: 'k7mw-3x9p-htbv' });
  const stranger = new Browser(sandbox, { localAddress: '127.0.0.5' });
  const since = performance.now();
  let checked = 0, answer;
  for (answer = await claim(stranger); answer.status === 404; answer = await claim(stranger)) ++checked;
  const earned = Math.floor((performance.now() - since) / 6000) + 1;
  assert.ok(checked >= 10 && checked <= 10 + earned, `${checked} checked, ${earned} earned`);
  assert.equal(answer.status, 429);
  assert.equal(answer.body.code, 'E-907');
  assert.equal(answer.headers.get('retry-after'), '6');
  assert.equal((await claim(new Browser(sandbox, { localAddress: '127.0.0.6' }))).status, 404);
});
