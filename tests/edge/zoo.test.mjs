// Every certificate of the zoo in a handshake of its own, through the proxy: openssl presents it, and the hand-over and
// the log say what became of it. What no client can present is listed by name.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { operations, reload } from '../support/operations.mjs';
import { Browser, root, startSandbox, until } from '../support/sandbox.mjs';
import { head, logLines, portBase, ports } from './wire.mjs';

// What ends before our own code sees it (docs/limits.md). A critical extension of the card's own certificate
// that OpenSSL does not know ends the handshake, whatever the proxy's settings say. Cards of the field have none.
const unknownCritical = ['good-role-critical', 'critical-unknown', 'critical-qualified-statements', 'critical-own-key-identifier'];
const endedBefore = new Map(unknownCritical.map((name) => [name, 'handshake ended']));

let sandbox, zoo;
const inZoo = (name) => path.join(sandbox.dir, 'zoo', name);

// The zoo's authorities in place of the sandbox's own, with their lists as files.
function withZooAuthorities(config) {
  const text = (value) => JSON.stringify(value);
  const lists = (addresses) => zoo.lists.filter((list) => addresses.includes(list.address)).map((list) => `file:${inZoo(list.file)}`);
  const sections = zoo.authorities.map((authority) => `
[[authority]]
name = ${text(authority.name)}
roots = ${text([inZoo(authority.roots)])}
intermediates = ${text([inZoo(authority.intermediates)])}
crls = ${text(lists(authority.lists))}
contact = "sample"
`);
  // The proxy names what it was started with; the server wants one of its own to be named, and the first is for log-ins.
  const [named] = readFileSync(inZoo(zoo.authorities[0].intermediates), 'utf8').split(/(?<=END CERTIFICATE-----\n)/);
  writeFileSync(inZoo('named.pem'), named);
  const own = config.slice(0, config.indexOf('[[authority]]'))
    .replace(/^card_client_ca = .*$/m, `card_client_ca = ${text(inZoo('named.pem'))}`);
  return own + sections.join('');
}

before(async () => {
  sandbox = await startSandbox({ portBase });
  execFileSync(path.join(root, 'build/tegata-sandbox'), ['zoo', '--dir', sandbox.dir]);
  zoo = JSON.parse(readFileSync(inZoo('expected.json'), 'utf8'));
  assert.ok(await reload(sandbox, withZooAuthorities));
  await until('the first round of lists', async () => {
    const missing = (await operations(sandbox, '/readyz')).body.split('\n').filter((line) => line.includes('card_revocation_unknown'));
    return missing.length <= 1;  // the zoo has one that is stale
  });
});
after(() => sandbox?.stop());

// Presents the certificate as openssl does and gives everything that came back. Level 0, so that weak ones are sent too.
function present(card, url) {
  const words = ['s_client', '-connect', `127.0.0.1:${ports.card}`, '-servername', url.hostname, '-CAfile', sandbox.tls_ca, '-tls1_2',
    '-cert', inZoo(card.cert), '-key', inZoo(card.key), '-cipher', 'DEFAULT:@SECLEVEL=0', '-quiet'];
  return new Promise((resolve) => {
    const child = execFile('openssl', words, { timeout: 20_000 }, (_error, out, err) => resolve({ out, err }));
    child.stdin.on('error', () => {});
    child.stdin.write(head('card', 'GET', url.pathname + url.search, [], url.host));
  });
}

let tried = 0;
async function causeOf(card) {
  // Each address may begin sixty log-ins a minute.
  const pc = new Browser(sandbox, { localAddress: `127.0.0.${2 + (tried += 1) % 8}` });
  const start = await pc.call('POST', '/api/start', { purpose: 'enrol' });
  const { out, err } = await present(card, new URL(start.body.card_url));
  const code = /#c=(\S+)/.exec(out)?.[1];
  if (!code && /alert certificate unknown/.test(err)) return 'handshake ended';
  assert.ok(code, `no hand-over: ${out.slice(0, 300)} ${err.slice(0, 600)}`);
  const mark = logLines(sandbox).length;
  const answer = await pc.call('POST', '/api/handover', { code });
  await until('the log line', () => logLines(sandbox).slice(mark).some((line) => line.path === '/api/handover'), { every: 20, timeout: 3000 });
  const noted = logLines(sandbox).slice(mark).filter((line) => line.path === '/api/handover').at(-1).cause ?? '';
  assert.equal(noted, answer.body.cause ?? '', 'the log and the page name one cause');
  return noted;
}

describe('the zoo through the proxy', () => {
  test('at least 80 HPKI certificates can be presented, and those that cannot are known', () => {
    const cards = zoo.cases.filter((card) => card.kind === 'hpki');
    assert.ok(cards.filter((card) => !card.not_sendable).length >= 75 && cards.length >= 80);
    for (const card of cards.filter((each) => each.not_sendable)) console.log(`not sendable: ${card.name}: ${card.not_sendable}`);
  });

  test('each gets its code', { timeout: 300_000 }, async () => {
    const wrong = [], causes = new Map();
    for (const card of zoo.cases.filter((each) => each.kind === 'hpki' && !each.not_sendable)) {
      // A certificate that is accepted leads to nobody here: the directory knows other numbers.
      const expected = endedBefore.get(card.name) ?? (card.expected || 'card_unknown_person');
      const cause = await causeOf(card).catch((error) => error.message);
      if (cause !== expected) wrong.push(`${card.name}: ${cause}, not ${expected}`);
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    }
    console.log([...causes].map(([cause, count]) => `${count} ${cause}`).join(', '));
    assert.deepEqual(wrong, []);
  });

  test('a card of another kind is no HPKI card', async () => {
    const card = zoo.cases.find((each) => each.kind === 'mynumber' && each.expected === '' && !each.not_sendable);
    assert.equal(await causeOf(card), 'card_untrusted');
  });

  test('the proxy names the authentication authorities and no other', () => {
    const out = execFileSync('openssl', ['s_client', '-connect', `127.0.0.1:${ports.card}`, '-servername', 'names.card.localhost', '-tls1_2'],
      { input: '', encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
    const names = out.slice(out.indexOf('Acceptable client certificate CA names'), out.indexOf('Client Certificate Types')).trim().split('\n').slice(1);
    assert.equal(names.length, 1, names.join('\n'));
    assert.match(names[0], /forAuthentication/i);
    assert.doesNotMatch(names[0], /nonRepudiation|Root/i);
  });
});
