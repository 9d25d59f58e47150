// A second proxy before the server of a sandbox, on ports of its own and with settings of its own: the sandbox's takes
// more connections from one address than any operator's would.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { program, until } from './sandbox.mjs';

const offset = 8;  // of its ports, inside those that a test file has leased

function configured(sandbox, name, haproxy, more) {
  let text = readFileSync(path.join(sandbox.dir, 'config.toml'), 'utf8').replace(/^source_(connections|rate) = .*\n/gm, '');
  for (let i = 0; i < 4; ++i) text = text.replaceAll(`:${sandbox.portBase + i}"`, `:${sandbox.portBase + offset + i}"`);
  const file = path.join(sandbox.dir, `${name}.toml`);
  writeFileSync(file, `${text.replace('[haproxy]\n', `[haproxy]\n${haproxy}\n`)}\n${more}\n`);
  return execFileSync(path.join(path.dirname(program), 'tegata'), ['haproxy-config', '--config', file], { encoding: 'utf8' });
}

// `haproxy`: lines of that table; `more`: further tables.
export async function startProxy(sandbox, { name, haproxy = '', more = '' }) {
  const file = path.join(sandbox.dir, `${name}.cfg`);
  writeFileSync(file, configured(sandbox, name, haproxy, more));
  const child = spawn('/usr/sbin/haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  let output = '';
  child.stderr.on('data', (data) => (output = (output + data).slice(-2000)));
  const ports = Object.fromEntries(['public', 'card', 'facility'].map((origin, i) => [origin, sandbox.portBase + offset + i]));
  const proxy = { ports, ca: sandbox.ca, pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await until('the end of the proxy', () => child.exitCode !== null || child.signalCode !== null);
    } };
  await until('the proxy', () => {
    if (child.exitCode !== null) throw new Error(`the proxy ended:\n${output}`);
    return handshake(proxy, 'public', { from: '127.0.0.1' }).then((socket) => socket.destroy(), () => false);
  });
  return proxy;
}

// Resolves to the TLS connection, or rejects: also where none is had within `within` ms. `first`: what is sent before.
export function handshake(proxy, origin, { from, within = 5000, first } = {}) {
  return new Promise((resolve, reject) => {
    const raw = net.connect({ host: '127.0.0.1', port: proxy.ports[origin], localAddress: from });
    if (first) raw.write(first);
    const socket = tls.connect({ socket: raw, ca: proxy.ca, servername: origin === 'card' ? 'probe.card.localhost' : 'localhost' });
    const give = (error) => {
      raw.destroy();
      reject(error);
    };
    const timer = setTimeout(give, within, new Error(`no handshake within ${within} ms`));
    for (const each of [raw, socket]) each.on('error', (error) => (clearTimeout(timer), give(error)));
    raw.on('close', () => (clearTimeout(timer), reject(new Error('closed before the handshake'))));
    socket.on('secureConnect', () => (clearTimeout(timer), resolve(socket)));
  });
}

// The status of GET `target` over a connection that stays open.
export function ask(proxy, origin, socket, target, lines = []) {
  return new Promise((resolve, reject) => {
    const host = `${origin === 'card' ? 'probe.card.localhost' : 'localhost'}:${proxy.ports[origin]}`;
    socket.once('data', (data) => resolve(Number(data.toString('latin1').split(' ')[1])));
    for (const event of ['error', 'close']) socket.once(event, () => reject(new Error('closed without an answer')));
    socket.write([`GET ${target} HTTP/1.1`, `Host: ${host}`, ...lines, '', ''].join('\r\n'));
  });
}
