// What every page brings along, and what is said while the server is away.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser, fetchWith, sleep, startSandbox, until } from '../support/sandbox.mjs';
import { head, portBase, send } from './wire.mjs';

let sandbox;
before(async () => (sandbox = await startSandbox({ portBase })));
after(() => sandbox?.stop());

test('security headers on every page, error and call', async () => {
  for (const [origin, target] of [['public', '/'], ['public', '/enroll'], ['public', '/p'], ['public', '/d'], ['public', '/nope'],
    ['public', '/jwks'], ['public', '/api/enrollment'], ['card', '/login?s=x'], ['card', '/'], ['facility', '/token'], ['facility', '/']]) {
    const { headers } = await send(sandbox, { origin }, [head(origin, 'GET', target)]);
    const policy = headers['content-security-policy'];
    assert.match(policy, /default-src 'none'/, target);
    assert.match(policy, /frame-ancestors 'none'/, target);
    assert.doesNotMatch(policy, /unsafe-|\*|http:/, target);
    assert.ok(Number(/^max-age=(\d+)/.exec(headers['strict-transport-security'])[1]) >= 31_536_000, target);
    assert.equal(headers['x-content-type-options'], 'nosniff', target);
    assert.equal(headers['referrer-policy'], 'no-referrer', target);
    assert.equal(headers['cache-control'], 'no-store', target);
    assert.equal(headers.server, undefined, target);
  }
});

test('cookies are host-bound, secure, unreadable to scripts and same-site', async () => {
  const pc = new Browser(sandbox);
  const answer = await pc.call('POST', '/api/start', { purpose: 'enrol' });
  const lines = answer.headers.getSetCookie();
  const login = await fetchWith(sandbox, sandbox.card())(answer.body.card_url, { redirect: 'manual' });
  assert.deepEqual(login.headers.getSetCookie(), [], 'the card origin sets none');
  const handover = await pc.call('POST', '/api/handover', { code: /#c=(.+)$/.exec(login.headers.get('location'))[1] });
  lines.push(...handover.headers.getSetCookie());
  assert.ok(lines.length >= 2);
  for (const line of lines) {
    assert.match(line, /^__Host-/);
    for (const word of [/; Secure/, /; HttpOnly/, /; SameSite=(Strict|Lax)/, /; Path=\/(;|$)/]) assert.match(line, word);
    assert.doesNotMatch(line, /domain=/i);
  }
});

test('a killed server is 503 with Retry-After, and is back by itself', async () => {
  const pidFile = path.join(sandbox.dir, 'server.pid');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  process.kill(pid, 'SIGKILL');
  const answers = { public: [], facility: [] };
  for (let i = 0; i < 40; ++i) {
    for (const origin of ['public', 'facility']) answers[origin].push(await send(sandbox, { origin }, [head(origin, 'GET', '/jwks')]));
  }
  for (const origin of ['public', 'facility']) {
    const away = answers[origin].filter((answer) => answer.status === 503);
    assert.ok(away.length > 0, origin);
    assert.ok(answers[origin].every((answer) => [200, 404, 503].includes(answer.status)), origin);
    for (const { headers, body } of away) {
      assert.match(headers['retry-after'], /^\d+$/);
      assert.equal(headers['cache-control'], 'no-store');
      if (origin === 'facility') assert.equal(JSON.parse(body).error, 'temporarily_unavailable');
      else assert.match(body, /<p>[^<]*[ぁ-ん][^<]*<\/p><p lang="en">/);
    }
  }
  await until('the server', async () => (await send(sandbox, {}, [head('public', 'GET', '/jwks')])).status === 200);
  await sleep(0);
  assert.notEqual(Number(readFileSync(pidFile, 'utf8')), pid);
});
