// What the proxy writes: one strict JSON object a line, whatever is asked for, and of a path no more than a route's name.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startSandbox, until } from '../support/sandbox.mjs';
import { head, portBase, ports, send } from './wire.mjs';

const members = ['edge', 'time', 'method', 'path', 'status', 'ms', 'queue_ms', 'end', 'tls', 'request_id'];
const unread = ['edge', 'time', 'remote', 'status', 'end', 'error'];  // of what is no request
const secret = 'k7mw-3x9p-htbv';
let sandbox;
before(async () => (sandbox = await startSandbox({ portBase })));
after(() => sandbox?.stop());

const log = () => readFileSync(path.join(sandbox.dir, 'haproxy.log'));
// The lines since `mark`, as a reader takes them that forgives nothing.
function linesSince(mark) {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(log().subarray(mark));
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return { whole, lines: whole.split('\n').slice(0, -1).map((line) => JSON.parse(line)) };
}

// Octets of a request, each character one.
const octets = (text) => Buffer.from(text, 'latin1');
const request = (target, method = 'GET', origin = 'public') => octets(head(origin, method, target));

async function ask(pieces, origin = 'public') {
  await send(sandbox, { origin }, pieces).catch((error) => assert.equal(error.message, 'closed without an answer'));
}
async function inTurns(all, count, each) {
  const rest = [...all];
  await Promise.all(Array.from({ length: count }, async () => {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) await each(next);
  }));
}

function oddTargets() {
  const out = [];
  for (let byte = 1; byte < 256; ++byte) {
    const raw = String.fromCharCode(byte);
    if (raw === '\n' || raw === '\r') continue;  // they end the line: below
    out.push(`/p/${raw}${secret}`, `/${raw}`, `/%${byte.toString(16).padStart(2, '0')}${secret}`, `/p?${raw}=${secret}`);
    for (const frame of ['"', '\\', '\\"', '"}', '","status":200,"x":"']) out.push(`/${frame}${raw}${frame}`);
  }
  out.push('/\\u0000', '/\\', '/"', '/%22%5c', '/\xc3\xa9', '/\xff\xfe', '/\xc0\x80', '/\xed\xa0\x80', '/\xe2\x80\xae', `/${'"'.repeat(1900)}`,
    `/${'\\'.repeat(1900)}`, `/${'\xff'.repeat(1900)}`, `/p/${secret}`, `/${secret}`, `//${secret}`, `/p#t=${secret}`, '*', secret, '');
  return out;
}

test('defect: a path could break the log\'s line, or leave a secret in it', { timeout: 240_000 }, async () => {
  const mark = log().length;
  const targets = oddTargets();
  assert.ok(targets.length > 2000, `${targets.length}`);
  await inTurns(targets, 16, (target) => ask([request(target)]));
  const odd = [octets(`GET /a\n${secret} HTTP/1.1\r\n\r\n`), octets(`GET /a\r${secret} HTTP/1.1\r\n\r\n`), octets(`GE"T /${secret} HTTP/1.1\r\n\r\n`),
    octets(`{"a":"${secret}"}\r\n\r\n`), octets(`\x00\x01${secret}\r\n\r\n`), octets(`GET /${secret} HTTP/9.9\r\n\r\n`),
    request(`/${secret}`, "!#$%&'*+-.^_`|~"), request(`https://localhost:${ports.public}/${secret}"`)];
  for (const each of odd) await ask([each]);
  for (const origin of ['card', 'facility']) await ask([request(`/"${secret}\\`, 'GET', origin)], origin);
  const count = targets.length + odd.length + 2;
  await until('the lines', () => linesSince(mark).lines.length >= count, { timeout: 30_000 });
  const { whole, lines } = linesSince(mark);
  assert.equal(lines.length, count);
  assert.match(whole, /^[\x20-\x7e\n]*$/);
  for (const word of secret.split('-')) assert.equal(whole.includes(word), false, word);
  const known = new Set(['-', 'other', '/', '/p', '/d']);  // '-': the proxy refused it itself
  for (const line of lines) {
    assert.deepEqual(Object.keys(line), 'path' in line ? members : unread, JSON.stringify(line));
    assert.ok('path' in line ? known.has(line.path) : line.status === 400, JSON.stringify(line));
  }
});

test('what is asked for is named as long as it is ours, also where no worker hears of it', async () => {
  const mark = log().length;
  const asked = [['public', '/jwks'], ['public', '/p'], ['public', '/nothing'], ['card', '/login'], ['facility', '/jwks']];
  for (const [origin, target] of asked) {
    const { headers } = await send(sandbox, { origin }, [request(target, 'GET', origin)]);
    assert.equal(headers['x-tegata-route'], undefined);
  }
  await ask([request('/token', 'PUT')]);
  await until('the lines', () => linesSince(mark).lines.length >= asked.length + 1);
  assert.deepEqual(linesSince(mark).lines.map((line) => `${line.edge} ${line.path} ${line.status}`).sort(),
    ['card /login 403', 'facility /jwks 404', 'public /jwks 200', 'public /p 200', 'public /token 405', 'public other 404']);
});

test('a connection that is no TLS leaves a line of the same kind', async () => {
  const mark = log().length;
  await new Promise((resolve) => {
    const socket = net.connect(ports.public, '127.0.0.1', () => socket.write('GET /"\\ HTTP/1.1\r\n\r\n'));
    socket.on('close', resolve);
    socket.on('error', () => {});
    socket.resume();
  });
  await until('the line', () => linesSince(mark).lines.length >= 1);
  const [line] = linesSince(mark).lines;
  assert.deepEqual(Object.keys(line), unread);
  assert.equal(line.remote, '127.0.0.1');
  assert.match(line.error, /^[\w ()-]+$/);
});
