// A certificate counts only where TLS itself brought it, in a handshake of this very connection.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startSandbox } from '../support/sandbox.mjs';
import { cardLogIn, causesSince, derOf, form, head, logLines, portBase, ports, send, settled } from './wire.mjs';

let sandbox;
before(async () => (sandbox = await startSandbox({ portBase })));
after(() => sandbox?.stop());

const inHome = (name) => path.join(sandbox.dir, name);
const token = (client_id) => `client_id=${client_id}&grant_type=none-of-ours`;
const tokenRequest = (body, lines = []) => [head('facility', 'POST', '/token', [...form(body), ...lines]), body];

function refusedAsClient(answer) {
  assert.equal(answer.status, 401, answer.body);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.deepEqual(Object.keys(JSON.parse(answer.body)), ['error']);
  assert.equal(JSON.parse(answer.body).error, 'invalid_client');
}

async function causeOf(request) {
  const mark = logLines(sandbox).length;
  const answer = await request();
  await settled(sandbox, mark, 1, 'facility');
  return { answer, cause: causesSince(sandbox, mark, 'facility').at(-1) };
}

describe('resumption', () => {
  // Everything s_client says, with the answer of the server in it.
  function sClient(origin, party, request, options) {
    const name = origin === 'card' ? 'resume.card.localhost' : 'localhost';
    const words = ['s_client', '-connect', `127.0.0.1:${ports[origin]}`, '-servername', name, '-CAfile', sandbox.tls_ca,
      ...(party ? ['-cert', party.cert, '-key', party.key] : []), '-ign_eof', ...options];
    return new Promise((resolve) => {
      const child = execFile('openssl', words, { timeout: 30_000 }, (_error, out, err) => resolve(out + err));
      child.stdin.on('error', () => {});
      child.stdin.end(request);
    });
  }
  const ask = (origin) => origin === 'card'
    ? head('card', 'GET', '/login?s=unknown', ['Connection: close'], `resume.card.localhost:${ports.card}`)
    : tokenRequest(token(sandbox.facilities[0].client_id), ['Connection: close']).join('');
  const handshakes = (out) => [...out.matchAll(/^(New|Reused), (TLSv1\.[23]|\(NONE\))/gm)].map((match) => match[1]);

  async function resumeByFile(origin, party, options) {
    const file = inHome(`session-${origin}-${options.join('')}`);
    const first = await sClient(origin, party, ask(origin), [...options, '-sess_out', file]);
    assert.deepEqual(handshakes(first).slice(0, 1), ['New'], first);
    if (!existsSync(file)) return { first, second: null };
    return { first, second: await sClient(origin, party, ask(origin), [...options, '-sess_in', file]) };
  }

  for (const options of [['-tls1_2'], ['-tls1_2', '-no_ticket']]) {
    test(`card origin, ${options.join(' ')}: no ticket, no session ID, a full handshake each time`, async () => {
      const { first, second } = await resumeByFile('card', sandbox.card(), options);
      assert.doesNotMatch(first, /TLS session ticket/);
      assert.match(first, /HTTP\/1\.1 403/);
      if (second !== null) {
        assert.deepEqual(handshakes(second), ['New'], second);
        assert.match(second, /HTTP\/1\.1 403/);
      }
      const again = await sClient('card', sandbox.card(), ask('card'), [...options, '-reconnect']);
      assert.equal(handshakes(again).length, 6, again);
      assert.ok(handshakes(again).every((word) => word === 'New'), again);
    });
  }

  test('card origin: TLS 1.3 is not spoken there', async () => {
    const out = await sClient('card', sandbox.card(), ask('card'), ['-tls1_3']);
    assert.match(out, /alert protocol version/);
    assert.doesNotMatch(out, /HTTP\/1\.1/);
  });

  for (const options of [['-tls1_2'], ['-tls1_2', '-no_ticket'], ['-tls1_3']]) {
    test(`facility origin, ${options.join(' ')}: a resumed session would carry no certificate`, async () => {
      const { first, second } = await resumeByFile('facility', sandbox.facilities[0], options);
      assert.match(first, /HTTP\/1\.1 400[^]*unsupported_grant_type/);
      if (second === null) return;
      if (handshakes(second)[0] === 'Reused') assert.match(second, /HTTP\/1\.1 401[^]*invalid_client/);
      else assert.match(second, /HTTP\/1\.1 400[^]*unsupported_grant_type/);
    });
  }

  for (const version of ['-tls1_2', '-tls1_3']) {
    test(`a session that began with a certificate does not bring it along without the key, ${version}`, async () => {
      const file = inHome(`stolen${version}`);
      await sClient('facility', sandbox.facilities[0], ask('facility'), [version, '-sess_out', file]);
      const stolen = existsSync(file) ? ['-sess_in', file] : [];
      const { answer: out, cause } = await causeOf(() => sClient('facility', null, ask('facility'), [version, ...stolen]));
      assert.match(out, /HTTP\/1\.1 401[^]*invalid_client/);
      assert.equal(cause, 'activation_client_certificate_missing');
    });
  }

  test('a session of the public origin opens neither of the others', async () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      const file = inHome(`public${version}`);
      const request = head('public', 'GET', '/jwks', ['Connection: close']);
      assert.match(await sClient('public', null, request, [version, '-sess_out', file]), /HTTP\/1\.1 200/);
      const out = await sClient('facility', null, ask('facility'), [version, ...(existsSync(file) ? ['-sess_in', file] : [])]);
      assert.match(out, /HTTP\/1\.1 401[^]*invalid_client/);
    }
  });
});

describe('a certificate in a header', () => {
  const names = ['Client-Cert', 'client-cert', 'CLIENT-CERT', 'cLiEnT-cErT', 'Client_Cert', 'CLIENT_CERT', 'client_cert',
    'Client-Cert-Chain', 'Client-Cert-', 'Client-Certificate', 'X-Client-Cert', 'X-SSL-Client-Cert', 'X-SSL-Cert', 'SSL_CLIENT_CERT',
    'HTTP_CLIENT_CERT', 'X-Forwarded-Client-Cert', 'X-Forwarded-Tls-Client-Cert', 'X-Tegata-Client-Cert',
    'X-Tegata-Certificate', 'X_Tegata_Client_Cert', 'REMOTE_USER'];
  const variants = (value) => [
    ...names.map((name) => [name, [`${name}: ${value}`]]),
    ['bare base64', [`Client-Cert: ${value.slice(1, -1)}`]],
    ['twice', [`Client-Cert: ${value}`, `Client-Cert: ${value}`]],
    ['twice, two spellings', [`Client-Cert: ${value}`, `client-cert: ${value}`, `Client_Cert: ${value}`]],
    ['an empty one first', ['Client-Cert:', `Client-Cert: ${value}`]],
    ['a tab before the value', [`Client-Cert:\t${value}`]],
    ['named as hop-by-hop', [`Client-Cert: ${value}`, 'Connection: client-cert, x-tegata-resumed']],
    ['with our own marks', [`Client-Cert: ${value}`, 'X-Tegata-Resumed: 0', 'X-Tegata-Request-Id: mine',
      'X-Tegata-Remote-Address: 192.0.2.1', 'X-Tegata-Host: localhost']],
    ['with addresses', [`Client-Cert: ${value}`, 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Host: evil.example',
      'Forwarded: for=192.0.2.1;host=evil.example', 'REMOTE_ADDR: 192.0.2.1', 'REMOTE_PORT: 1']],
    ['folded', [`Client-Cert: ${value.slice(0, 40)}`, ` ${value.slice(40)}`]],
    ['folded below another', ['X-Other: a', ` Client-Cert: ${value}`]],
  ];
  // No HTTP at all: the proxy answers these itself, and no worker sees them.
  const broken = (value) => [
    ['a space before the colon', [`Client-Cert : ${value}`]],
    ['a space in the name', [`Client Cert: ${value}`]],
    ['a zero byte in the name', [`Client-Cert\0: ${value}`]],
    ['a line feed alone in the value', [`X-Other: a\rClient-Cert: ${value}`]],
  ];
  const valueOf = (file) => `:${derOf(file)}:`;

  test('control: by TLS the same certificates are believed', async () => {
    const { handover } = await cardLogIn(sandbox, [], sandbox.card());
    assert.equal(handover.status, 200, JSON.stringify(handover.body));
    const [facility] = sandbox.facilities;
    const answer = await send(sandbox, { origin: 'facility', ...facility }, tokenRequest(token(facility.client_id)));
    assert.equal(JSON.parse(answer.body).error, 'unsupported_grant_type');
  });

  test('facility origin: invalid_client, and the log says that there was none', async () => {
    const [facility] = sandbox.facilities;
    for (const [name, lines] of variants(valueOf(facility.cert))) {
      const { answer, cause } = await causeOf(() =>
        send(sandbox, { origin: 'facility' }, tokenRequest(token(facility.client_id), lines)));
      refusedAsClient(answer);
      assert.equal(cause, 'activation_client_certificate_missing', name);
    }
  });

  test('facility origin: a header does not replace the certificate of the connection', async () => {
    const [mine, other] = sandbox.facilities;
    for (const [name, lines] of variants(valueOf(other.cert))) {
      const { answer, cause } = await causeOf(() =>
        send(sandbox, { origin: 'facility', ...mine }, tokenRequest(token(other.client_id), lines)));
      refusedAsClient(answer);
      assert.equal(cause, 'activation_client_id_mismatch', name);
    }
  });

  test('card origin: the hand-over says card_missing', async () => {
    for (const [name, lines] of variants(valueOf(sandbox.card().cert))) {
      const { answer, handover } = await cardLogIn(sandbox, lines);
      assert.equal(answer.status, 303, `${name}: ${answer.body}`);
      assert.equal(handover.status, 403, name);
      assert.equal(handover.body.cause, 'card_missing', name);
    }
  });

  test('public origin: as if nothing had been sent', async () => {
    for (const [name, lines] of variants(valueOf(sandbox.card().cert))) {
      const answer = await send(sandbox, {}, [head('public', 'GET', '/jwks', lines)]);
      assert.equal(answer.status, 200, `${name}: ${answer.body}`);
    }
  });

  test('what is no HTTP is refused before any worker', async () => {
    const mark = logLines(sandbox).length;
    for (const origin of ['public', 'card', 'facility']) {
      for (const [name, lines] of broken(valueOf(sandbox.card().cert))) {
        const answer = await send(sandbox, { origin }, [head(origin, 'GET', '/jwks', lines)]);
        assert.equal(answer.status, 400, `${origin}, ${name}`);
      }
    }
    assert.deepEqual(['public', 'card', 'facility'].flatMap((origin) => causesSince(sandbox, mark, origin)), []);
  });

  test('the address in the log is that of the connection', () => {
    const addresses = new Set(logLines(sandbox).filter((line) => line.event === 'request').map((line) => line.remote));
    assert.deepEqual([...addresses].filter((address) => !['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(address)), []);
  });
});

describe('who is no client', () => {
  function selfSigned(name, days) {
    const [key, cert] = [inHome(`${name}.key`), inHome(`${name}.pem`)];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj',
      '/CN=sample', '-days', String(days), '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { cert, key };
  }
  const refuse = async (identity, client_id, expected) => {
    const { answer, cause } = await causeOf(() => send(sandbox, { origin: 'facility', ...identity }, tokenRequest(token(client_id))));
    refusedAsClient(answer);
    assert.equal(cause, expected);
  };

  test('no certificate', () => refuse({}, sandbox.facilities[0].client_id, 'activation_client_certificate_missing'));

  test('a certificate of nobody', () =>
    refuse(selfSigned('unknown', 30), sandbox.facilities[0].client_id, 'activation_client_certificate_unknown'));

  test('a card, which is no facility', () =>
    refuse(sandbox.card(), sandbox.facilities[0].client_id, 'activation_client_certificate_unknown'));

  test('an expired card', () =>
    refuse(sandbox.card('expired'), sandbox.facilities[0].client_id, 'activation_client_certificate_unknown'));

  test('the certificate of another client', () =>
    refuse(sandbox.facilities[1], sandbox.facilities[0].client_id, 'activation_client_id_mismatch'));

  test('the same on every endpoint', async () => {
    for (const path of ['/token', '/device_authorization', '/introspect', '/revoke']) {
      const body = `client_id=${sandbox.facilities[0].client_id}&token=x&scope=openid`;
      refusedAsClient(await send(sandbox, { origin: 'facility' }, [head('facility', 'POST', path, form(body)), body]));
    }
  });
});
