// Requests written byte by byte, for what no well-behaved client would send; and the log lines they left behind.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { Browser, leasePorts, sleep, until } from '../support/sandbox.mjs';

export const portBase = await leasePorts();
export const ports = { public: portBase, card: portBase + 1, facility: portBase + 2 };
export const json = 'application/json';

function parse(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first, ...lines] = text.slice(0, end).split('\r\n');
  const headers = {};
  for (const line of lines) {
    const [, name, value] = /^([^:]+):\s*(.*)$/.exec(line);
    headers[name.toLowerCase()] = value;
  }
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) };
}

const isWhole = (answer) =>
  answer && Buffer.byteLength(answer.body, 'latin1') >= Number(answer.headers['content-length'] ?? Infinity);

// Resolves to a connection that stays open after its first answer.
export function keep(sandbox, origin, pieces) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: ports[origin], ca: sandbox.ca, servername: 'localhost' });
    let text = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (isWhole(parse(text))) resolve(socket);
    });
    socket.on('secureConnect', () => pieces.forEach((piece) => socket.write(piece)));
  });
}

// Connects, writes `pieces` one by one (each after `pause` ms) and resolves to {status, headers, body, ms}.
// Rejects where the handshake or the connection fails before an answer.
export function send(sandbox, { origin = 'public', servername, cert, key, maxVersion }, pieces, { pause = 0, forever } = {}) {
  const begun = Date.now();
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: '127.0.0.1', port: ports[origin], ca: sandbox.ca, maxVersion,
      servername: servername ?? (origin === 'card' ? 'probe.card.localhost' : 'localhost'),
      ...(cert ? { cert: readFileSync(cert), key: readFileSync(key) } : {}),
    });
    let text = '', ended = false;
    const finish = () => {
      ended = true;
      const answer = parse(text);
      socket.destroy();
      if (!answer) return reject(new Error('closed without an answer'));
      answer.body = Buffer.from(answer.body, 'latin1').toString('utf8');
      resolve({ ...answer, ms: Date.now() - begun });
    };
    socket.setTimeout(40_000, () => socket.destroy(new Error('no answer in 40 s')));
    socket.on('error', (error) => (parse(text) ? finish() : reject(error)));
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (!ended && isWhole(parse(text))) finish();
    });
    socket.on('close', () => ended || finish());
    socket.on('secureConnect', async () => {
      for (const piece of pieces) {
        if (ended || socket.destroyed) return;
        socket.write(piece);
        if (pause) await sleep(pause);
      }
      while (forever && !ended && !socket.destroyed) {
        socket.write(forever);
        await sleep(pause);
      }
    });
  });
}

// The head of a request with the host of its origin; `lines` may be anything.
export function head(origin, method, target, lines = [], host) {
  const name = host ?? `${origin === 'card' ? 'probe.card.localhost' : 'localhost'}:${ports[origin]}`;
  return [`${method} ${target} HTTP/1.1`, `Host: ${name}`, ...lines, '', ''].join('\r\n');
}

export const form = (body) => ['Content-Type: application/x-www-form-urlencoded', `Content-Length: ${Buffer.byteLength(body)}`];

export const fromOurPage = (body) => [
  `Origin: https://localhost:${ports.public}`, 'Sec-Fetch-Site: same-origin', `Content-Type: ${json}`,
  `Content-Length: ${Buffer.byteLength(body)}`];

export const derOf = (file) => readFileSync(file, 'latin1').replace(/-----[^-]+-----|\s/g, '');

export function logLines(sandbox) {
  return readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8').split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
}

// What the proxy wrote of each request: its clock is right on a busy machine too, where the callers of a test are late.
export function proxied(sandbox) {
  return readFileSync(path.join(sandbox.dir, 'haproxy.log'), 'utf8').split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}')).map((line) => JSON.parse(line));
}

// What the server noted as the cause of the last request of this origin, after `mark` lines of its log.
export function causesSince(sandbox, mark, origin) {
  return logLines(sandbox).slice(mark).filter((line) => line.event === 'request' && line.origin === origin)
    .map((line) => line.cause ?? 'none');
}

// A card log-in by raw bytes: what the hand-over says of it.
export async function cardLogIn(sandbox, lines, identity = {}) {
  const pc = new Browser(sandbox);
  const start = await pc.call('POST', '/api/start', { purpose: 'enrol' });
  const url = new URL(start.body.card_url);
  const answer = await send(sandbox, { origin: 'card', servername: url.hostname, ...identity },
    [head('card', 'GET', url.pathname + url.search, lines, url.host)]);
  const code = /#c=(.+)$/.exec(answer.headers.location ?? '')?.[1];
  if (!code) return { answer };
  return { answer, handover: await pc.call('POST', '/api/handover', { code }) };
}

export const settled = (sandbox, mark, count, origin) =>
  until('the log lines', () => causesSince(sandbox, mark, origin).length >= count, { timeout: 3000 });
