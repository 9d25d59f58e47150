// What a client may call itself: the proxy with a backend that says which headers reached it. Whatever was sent, on
// every origin, the only certificate that arrives is the one of the handshake, and only where one is asked for.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root, startSandbox, until } from '../support/sandbox.mjs';
import { derOf, head, portBase, ports, send } from './wire.mjs';

const haproxy = '/usr/sbin/haproxy';
const backends = [];
let sandbox, proxy, dir, origins;

// Answers with the header lines of the request, as they came.
function echo(socket) {
  const server = http.createServer((request, response) => {
    const body = JSON.stringify(request.rawHeaders);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  });
  return new Promise((resolve) => server.listen(socket, () => resolve(server)));
}

before(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'tegata-'));
  sandbox = await startSandbox({ portBase, dir, keep: true });
  await sandbox.stop();
  const config = readFileSync(path.join(dir, 'haproxy.cfg'), 'utf8');
  // The public origin has a backend for pages and one for OAuth's clients, with one socket.
  const sockets = [...new Map([...config.matchAll(/unix@(\S+?)\/(\w+)\.sock/g)].map((match) => [match[2], match])).values()];
  origins = sockets.map((match) => match[2]);
  for (const [, folder, name] of sockets) {
    mkdirSync(folder, { recursive: true });
    const socket = path.join(folder, `${name}.sock`);
    rmSync(socket, { force: true });
    backends.push(await echo(socket));
    chmodSync(socket, 0o666);  // the proxy gives up root
  }
  proxy = spawn(haproxy, ['-db', '-f', path.join(dir, 'haproxy.cfg')], { stdio: 'ignore' });
  process.once('exit', () => proxy.kill('SIGTERM'));
  await until('the proxy', () => send(sandbox, {}, [head('public', 'GET', '/x')]).then(() => true, () => false));
});
after(async () => {
  proxy?.kill('SIGTERM');
  for (const server of backends) server.close();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const names = ['Client-Cert', 'client-cert', 'CLIENT-CERT', 'cLiEnT-cErT', 'Client_Cert', 'CLIENT_CERT', 'client_cert',
  'Client-Cert_', '_Client-Cert', 'Client-Cert-Chain', 'client-cert-chain', 'Client_Cert_Chain', 'Client-Cert-', 'Client-Cert-Not-Before',
  'Client-Certificate', 'X-Client-Cert', 'X-Client-Certificate', 'X-SSL-Client-Cert', 'X-SSL-Cert', 'X-SSL-Client-DN',
  'X-SSL-Client-Verify', 'X-SSL-Client-S-DN', 'Ssl-Client-Cert', 'SSL_CLIENT_CERT', 'SSL_CLIENT_S_DN', 'SSL_CLIENT_VERIFY',
  'HTTP_CLIENT_CERT', 'X-ARR-ClientCert', 'X-Amzn-Mtls-Clientcert', 'X-Forwarded-Client-Cert', 'X-Forwarded-Tls-Client-Cert',
  'X-Forwarded-Ssl', 'X-Tegata-Client-Cert', 'X-Tegata-Certificate', 'x-tegata-client-cert', 'X_Tegata_Client_Cert',
  'X-Tegata-Resumed', 'X-Tegata-Host', 'X-Tegata-Remote-Address', 'X-Tegata-Request-Id', 'X-Tegata-', 'REMOTE_USER', 'REMOTE_ADDR',
  'Forwarded', 'forwarded'];
const lines = (value) => [
  ...names.map((name) => [name, [`${name}: ${value}`]]),
  ['bare base64', [`Client-Cert: ${value.slice(1, -1)}`]],
  ['an empty one', ['Client-Cert:']],
  ['twice', [`Client-Cert: ${value}`, `Client-Cert: ${value}`]],
  ['three spellings', [`Client-Cert: ${value}`, `client-cert: ${value}`, `Client_Cert: ${value}`]],
  ['an empty one first', ['Client-Cert:', `Client-Cert: ${value}`]],
  ['a list', [`Client-Cert: ${value}, ${value}`]],
  ['with parameters', [`Client-Cert: ${value};a=1`]],
  ['a tab before the value', [`Client-Cert:\t${value}`]],
  ['no space before the value', [`Client-Cert:${value}`]],
  ['spaces behind the value', [`Client-Cert: ${value}   `]],
  ['named as hop-by-hop', [`Client-Cert: ${value}`, 'Connection: client-cert, x-tegata-resumed, x-tegata-host']],
  ['named in TE and Trailer', [`Client-Cert: ${value}`, 'TE: trailers', 'Trailer: Client-Cert']],
  ['with our own marks', [`Client-Cert: ${value}`, 'X-Tegata-Resumed: 0', 'X-Tegata-Request-Id: mine',
    'X-Tegata-Remote-Address: 192.0.2.1', 'X-Tegata-Host: localhost']],
  ['with addresses', [`Client-Cert: ${value}`, 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Host: evil.example',
    'Forwarded: for=192.0.2.1;host=evil.example;proto=https']],
  ['a zero byte in the value', [`Client-Cert: ${value}\0`]],
  ['folded in the value', [`Client-Cert: ${value.slice(0, 40)}`, ` ${value.slice(40)}`]],
  ['folded with a tab', [`Client-Cert: ${value.slice(0, 40)}`, `\t${value.slice(40)}`]],
  ['folded below another', ['X-Other: a', ` Client-Cert: ${value}`]],
  ['folded before a name', ['X-Other: a', '\tX: b', `Client-Cert: ${value}`]],
];
// No HTTP: the proxy answers these itself.
const broken = (value) => [
  ['a space before the colon', [`Client-Cert : ${value}`]],
  ['a tab before the colon', [`Client-Cert\t: ${value}`]],
  ['a space in the name', [`Client Cert: ${value}`]],
  ['a zero byte in the name', [`Client-Cert\0: ${value}`]],
  ['a carriage return in a value', [`X-Other: a\rClient-Cert: ${value}`]],
  ['a vertical tab in the name', [`Client\x0bCert: ${value}`]],
  ['a byte over 127 in the name', [`Client\u2010Cert: ${value}`]],
  ['a colon first', [`:Client-Cert: ${value}`]],
];
const ours = ['x-tegata-request-id', 'x-tegata-remote-address', 'x-tegata-host'];

const ask = async (origin, identity, header) => {
  const answer = await send(sandbox, { origin, ...identity }, [head(origin, 'GET', '/x', header)]);
  if (answer.status !== 200) return { status: answer.status };
  const raw = JSON.parse(answer.body);
  const got = raw.flatMap((name, i) => (i % 2 ? [] : [[name.toLowerCase(), raw[i + 1]]]));
  return { status: 200, got, of: (name) => got.filter(([each]) => each === name).map(([, value]) => value) };
};

function onlyOurs(what, answer, certificate) {
  assert.equal(answer.status, 200, what);
  assert.deepEqual(answer.of('client-cert'), certificate ? [certificate] : [], what);
  for (const [name, value] of answer.got) {
    if (name === 'client-cert') continue;
    assert.ok(!name.includes('_') && !name.startsWith('client-cert') && !/^(x-)?forwarded/.test(name), `${what}: ${name}`);
    if (name.startsWith('x-tegata')) assert.ok(ours.includes(name), `${what}: ${name}`);
    if (ours.includes(name)) assert.ok(!value.startsWith(':') && value !== 'mine' && value !== '192.0.2.1', `${what}: ${value}`);
  }
  for (const name of ours) assert.equal(answer.of(name).length, 1, `${what}: ${name}`);
  assert.equal(answer.of('x-tegata-remote-address')[0], '127.0.0.1', what);
}

describe('headers that say what only a handshake may', () => {
  test('there are enough of them', () => assert.ok(lines(':AAAA:').length + broken(':AAAA:').length >= 40));

  for (const origin of ['public', 'card', 'facility']) {
    test(`${origin} origin, without a certificate: none arrives`, async () => {
      const value = `:${derOf(sandbox.card().cert)}:`;
      for (const [what, header] of lines(value)) onlyOurs(what, await ask(origin, {}, header), null);
    });

    test(`${origin} origin, what is no HTTP: refused by the proxy`, async () => {
      for (const [what, header] of broken(`:${derOf(sandbox.card().cert)}:`))
        assert.equal((await ask(origin, {}, header)).status, 400, what);
    });
  }

  for (const origin of ['card', 'facility']) {
    test(`${origin} origin, with a certificate: that one alone arrives`, async () => {
      const mine = origin === 'card' ? sandbox.card() : sandbox.facilities[0];
      const other = `:${derOf(origin === 'card' ? sandbox.card('good', 'hpki-auth', 1).cert : sandbox.facilities[1].cert)}:`;
      const identity = { cert: mine.cert, key: mine.key };
      for (const [what, header] of lines(other)) onlyOurs(what, await ask(origin, identity, header), `:${derOf(mine.cert)}:`);
    });
  }

  test('public origin, with a certificate that nobody asked for: none arrives', async () => {
    const { cert, key } = sandbox.card();
    onlyOurs('tls', await ask('public', { cert, key }, []), null);
  });

  test('each origin of the proxy was tried', () =>
    assert.deepEqual(origins.filter((name) => name !== 'mynumber').sort(), Object.keys(ports).sort()));
});

// The headers that handlers read, as rp/server/edge/proxy_request.h lists them.
const read = [...readFileSync(path.join(root, 'rp/server/edge/proxy_request.h'), 'utf8').match(/handed_on\[\] = \{([^}]*)\}/)[1]
  .matchAll(/"([a-z-]+)"/g)].map((match) => match[1]);
const shapes = ['%00', '%0A', '%0D%0AX-Tegata-Host: evil', '%25', '%2B+', '%3B; a=b', '%u003B', '%', '\xe7\x84\xa1\xff', 'two  spaces'];

test('what a browser sends in the headers that handlers read arrives byte for byte, on one line and on two', async () => {
  assert.ok(read.length > 10);
  for (const name of [...read, 'cookie']) {
    for (const shape of shapes) {
      const sent = name === 'content-type' ? [`a${shape}z`] : [`a${shape}z`, 'second'];
      const text = head('public', 'GET', '/x', sent.map((value) => `${name}: ${value}`));
      const answer = await send(sandbox, {}, [Buffer.from(text, 'latin1')]);
      assert.equal(answer.status, 200, `${name}: ${shape}`);
      const raw = JSON.parse(answer.body);
      assert.deepEqual(raw.filter((value, i) => i % 2 && raw[i - 1].toLowerCase() === name), sent, `${name}: ${shape}`);
    }
  }
});
