// What every page brings along, and what is said while the server is away.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser, fetchWith, sleep, startSandbox, until } from '../support/sandbox.mjs';
import { head, keep, logLines, portBase, proxied, send } from './wire.mjs';

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

test('whoever asks for what is not there hears it in his own words, with a number that the log knows', async () => {
  const oauth = (answer, status) => {
    assert.equal(answer.status, status, answer.body);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual(Object.keys(JSON.parse(answer.body)), ['error', 'error_description']);
    assert.equal(JSON.parse(answer.body).error, 'invalid_request');
  };
  const page = (answer, status) => {
    assert.equal(answer.status, status, answer.body);
    assert.match(answer.headers['content-type'], /^text\/html/);
    assert.match(answer.body, /[ぁ-ん].*<strong>[A-Z].*E-90\d · 問い合わせ番号 \/ Reference [0-9a-f-]{36}/);
  };
  const ask = (origin, method, target, lines = []) => send(sandbox, { origin }, [head(origin, method, target, lines)]);
  for (const origin of ['public', 'facility']) oauth(await ask(origin, 'GET', '/token'), 405);
  oauth(await ask('facility', 'GET', '/nothing'), 404);
  for (const origin of ['public', 'card']) page(await ask(origin, 'GET', '/nothing', ['Sec-Fetch-Mode: navigate']), 404);
  // Refused before any handler: at the socket.
  const hidden = await ask('public', 'GET', '/p%00', ['Sec-Fetch-Mode: navigate']);
  page(hidden, 400);
  const [, reference] = /Reference ([0-9a-f-]{36})/.exec(hidden.body);
  await until('the line', () => logLines(sandbox).some((line) => line.request_id === reference && line.remote === '127.0.0.1'));
  oauth(await ask('public', 'GET', '/jwks?a=%00'), 400);
});

test('defect: whoever liked could fill the log with failed prompts', async () => {
  const phone = new Browser(sandbox);
  for (let i = 0; i < 150; ++i) {
    assert.equal((await phone.call('POST', '/api/phone/report', { what: 'NotAllowedError', after_ms: 1 })).status, 204);
  }
  const told = logLines(sandbox).filter((line) => line.code === 'phone_ceremony_failed').length;
  assert.ok(told > 0 && told <= 2 * 60, String(told));  // two minutes at most
});

test('defect: connections that were kept open kept the workers', async () => {
  const idle = [];
  for (let i = 0; i < 100; ++i) {
    idle.push(await keep(sandbox, 'public', [head('public', 'GET', i % 2 ? '/jwks' : '/')]));
  }
  const before = proxied(sandbox).length;
  for (const target of ['/jwks', '/']) assert.equal((await send(sandbox, {}, [head('public', 'GET', target)])).status, 200);
  await until("the proxy's lines", () => proxied(sandbox).length >= before + 2);
  for (const { ms } of proxied(sandbox).slice(before)) assert.ok(ms < 1000, `${ms} ms`);
  for (const socket of idle) socket.destroy();
});

test('a killed server is 503 with Retry-After, and is back by itself', async () => {
  const pidFile = path.join(sandbox.dir, 'server.pid');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  process.kill(pid, 'SIGKILL');
  const asked = [['public', '/'], ['public', '/jwks'], ['facility', '/jwks']];
  const answers = asked.map(() => []);
  for (let i = 0; i < 40; ++i) {
    await Promise.all(asked.map(async ([origin, target], at) => answers[at].push(await send(sandbox, { origin }, [head(origin, 'GET', target)]))));
  }
  for (const [at, [origin, target]] of asked.entries()) {
    const away = answers[at].filter((answer) => answer.status === 503);
    assert.ok(away.length > 0, origin);
    assert.ok(answers[at].every((answer) => [200, 404, 503].includes(answer.status)), origin);
    for (const { headers, body } of away) {
      assert.match(headers['retry-after'], /^\d+$/);
      assert.equal(headers['cache-control'], 'no-store');
      if (target === '/jwks') assert.equal(JSON.parse(body).error, 'temporarily_unavailable');
      else assert.match(body, /<p>[^<]*[ぁ-ん][^<]*<\/p><p lang="en">/);
    }
  }
  await until('the server', async () => (await send(sandbox, {}, [head('public', 'GET', '/jwks')])).status === 200);
  await sleep(0);
  assert.notEqual(Number(readFileSync(pidFile, 'utf8')), pid);
});
