// The life of revocation lists: fetched over HTTP from a publisher that behaves, and from one that does not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { figure, operations, reload } from '../support/operations.mjs';
import { Browser, enrol, fetchWith, phone, root, startSandbox, until } from '../support/sandbox.mjs';
import { logLines, portBase } from './wire.mjs';

const address = (name) => `http://127.0.0.1:${portBase + 9}/${name}`;
const published = 'hpki-authentication.crl';
let sandbox, publisher;
let behaviour = 'good', asked = 0, stale = null;

const pki = (name) => path.join(sandbox.dir, 'pki', name);
const listOf = (name) => (stale && name === published ? stale : readFileSync(pki(name)));

// How a publisher may answer; only the authority's own list is spoilt, never the root's.
const answers = {
  good: (response, der) => response.end(der),
  error: (response) => response.writeHead(500).end('no'),
  garbage: (response) => response.end(Buffer.alloc(50_000, 0x30)),
  page: (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><p>Maintenance'),
  redirect: (response) => response.writeHead(302, { Location: address(published) }).end(),
  hangs: () => {},
  closes: (response) => response.socket.destroy(),
  'cut off': (response, der) => {
    response.writeHead(200, { 'Content-Length': der.length });
    response.write(der.subarray(0, der.length / 2), () => response.socket.destroy());
  },
  drips: (response, der) => {
    response.writeHead(200, { 'Content-Length': der.length });
    let sent = 0;
    const timer = setInterval(() => response.write(der.subarray(sent, (sent += 1))), 300);
    response.on('close', () => clearInterval(timer));
  },
  endless: (response) => {
    const block = Buffer.alloc(1 << 20, 0x30);
    const more = () => { while (!response.destroyed && response.write(block)); };
    response.on('drain', more);
    more();
  },
  'another list': (response) => response.end(readFileSync(pki('jpki.crl'))),
};

function publish() {
  const server = http.createServer((request, response) => {
    const name = request.url.slice(1);
    response.on('error', () => {});
    if (name !== published) return response.end(listOf(name));
    asked += 1;
    answers[behaviour](response, listOf(name));
  });
  return new Promise((resolve) => server.listen(portBase + 9, '127.0.0.1', () => resolve(server)));
}

before(async () => {
  sandbox = await startSandbox({ portBase });
  publisher = await publish();
  const crls = `crls = ${JSON.stringify(['hpki-root.crl', published].map(address))}`;
  assert.ok(await reload(sandbox, (text) => text.replace(/^crls = .*$/m, crls)));
  await until('the lists', () => asked > 1);
});
after(async () => {
  await sandbox?.stop();
  publisher?.closeAllConnections();
  publisher?.close();
});

const revoke = (card) => execFileSync(path.join(root, 'build/tegata-sandbox'), ['revoke', card, '--dir', sandbox.dir]);
const logIn = (card) => new Browser(sandbox).logIn(card);
const fileOf = (name) => sandbox.cards.find((card) => card.cert.endsWith(`/${name}.pem`));
const failures = () => figure(sandbox, 'tegata_revocation_fetch_failures_total', published);

describe('lists in force', () => {
  test('a card on no list is accepted; readiness and figures say so', async () => {
    assert.equal((await logIn(sandbox.card())).status, 200);
    assert.deepEqual(await operations(sandbox, '/readyz'), { status: 200, body: 'ok\n' });
    for (const name of ['hpki-root.crl', published]) {
      assert.equal(await figure(sandbox, 'tegata_revocation_list_fresh', name), 1);
      assert.ok(await figure(sandbox, 'tegata_revocation_list_number', name) > 1_700_000_000);
      assert.ok(await figure(sandbox, 'tegata_revocation_list_age_seconds', name) < 300);
      assert.ok(await figure(sandbox, 'tegata_revocation_list_next_update_seconds', name) > Date.now() / 1000 + 95 * 3600);
    }
    assert.equal(await figure(sandbox, 'tegata_revocation_list_entries', published), 1);
  });

  test('a card that was revoked before the start is refused', async () => {
    const answer = await logIn(sandbox.card('revoked'));
    assert.equal(answer.status, 403);
    assert.equal(answer.body.cause, 'card_revoked');
  });

  test('revoke, and the card is refused within one update', async () => {
    const card = fileOf('card-dentist');
    assert.equal((await logIn(card)).status, 200);
    revoke('card-dentist');
    const begun = asked;
    await until('the refusal', async () => {
      const tried = await logIn(card);
      // A log-in that the list overtakes on its way from the card to the page ends with its code.
      assert.ok(tried.status === 200 || tried.body.cause === 'card_revoked' || tried.body.code === 'E-111', JSON.stringify(tried.body));
      return tried.body.cause === 'card_revoked';
    }, { timeout: 20_000 });
    assert.ok(asked - begun <= 4, `${asked - begun} fetches`);
    assert.equal((await logIn(sandbox.card())).status, 200);
  });
});

describe('a publisher that does not behave', () => {
  const expected = {
    error: 'revocation_unreachable', garbage: 'card_revocation_malformed', page: 'card_revocation_malformed',
    redirect: 'revocation_unreachable', closes: 'revocation_unreachable', 'cut off': 'revocation_unreachable',
    endless: 'card_revocation_too_large', 'another list': 'card_revocation_untrusted',
  };
  const lastRefusal = (mark) => logLines(sandbox).slice(mark).filter((line) => line.event === 'revocation_list_refused').at(-1);

  async function nothingElseSuffers() {
    const begun = Date.now();
    assert.equal((await logIn(sandbox.card())).status, 200);
    assert.equal((await fetchWith(sandbox)(`${sandbox.public_origin}/jwks`)).status, 200);
    assert.ok(Date.now() - begun < 3000, `${Date.now() - begun} ms`);
    assert.deepEqual(await operations(sandbox, '/readyz'), { status: 200, body: 'ok\n' });
  }

  for (const [kind, code] of Object.entries(expected)) {
    test(`${kind}: counted and logged as ${code}, the list at hand stays in use`, async () => {
      const [mark, before, others] = [logLines(sandbox).length, await failures(), await figure(sandbox, 'tegata_revocation_fetch_failures_total', 'hpki-root')];
      behaviour = kind;
      await until('a failure', async () => (await failures()) > before);
      assert.equal(lastRefusal(mark).code, code, JSON.stringify(lastRefusal(mark)));
      await nothingElseSuffers();
      assert.equal(await figure(sandbox, 'tegata_revocation_fetch_failures_total', 'hpki-root'), others);
      behaviour = 'good';
      const seen = asked;
      await until('another fetch', () => asked > seen + 1);
      assert.equal(await figure(sandbox, 'tegata_revocation_list_fresh', published), 1);
    });
  }

  for (const kind of ['hangs', 'drips']) {
    test(`${kind}: given up after 30 s, and until then nothing else waits`, async () => {
      const [mark, before] = [logLines(sandbox).length, await failures()];
      const seen = asked;
      behaviour = kind;
      await until('the fetch', () => asked > seen);
      const root_fetched = await figure(sandbox, 'tegata_revocation_list_fetched_seconds', 'hpki-root');
      await nothingElseSuffers();
      await until('the root\'s list again', async () => (await figure(sandbox, 'tegata_revocation_list_fetched_seconds', 'hpki-root')) > root_fetched);
      assert.equal(await failures(), before);
      await until('a failure', async () => (await failures()) > before, { timeout: 40_000, every: 500 });
      assert.equal(lastRefusal(mark).code, 'revocation_unreachable');
      behaviour = 'good';
      const after_it = asked;
      await until('another fetch', () => asked > after_it + 1);
    });
  }
});

describe('staleness', () => {
  // A list like the authority's, with a life of seconds.
  function shortLived(seconds) {
    const folder = path.join(sandbox.dir, 'short');
    mkdirSync(folder, { recursive: true });
    const now = Math.floor(Date.now() / 1000);
    writeFileSync(path.join(folder, 'index'), '');
    writeFileSync(path.join(folder, 'number'), now.toString(16).padStart(8, '0'));
    writeFileSync(path.join(folder, 'conf'), `[ca]\ndefault_ca=d\n[d]\ndatabase=${folder}/index\ncrlnumber=${folder}/number\n` +
      'default_md=sha256\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n');
    execFileSync('openssl', ['ca', '-gencrl', '-config', path.join(folder, 'conf'), '-crlsec', String(seconds), '-cert', pki('hpki-advertise.pem'),
      '-keyfile', pki('hpki-authentication.key'), '-out', path.join(folder, 'list.pem')], { stdio: 'pipe' });
    return execFileSync('openssl', ['crl', '-in', path.join(folder, 'list.pem'), '-outform', 'DER']);
  }

  test('a list that ends refuses every card with its own code, and a new one mends it without help', async () => {
    stale = shortLived(8);
    await until('the short list', async () => (await figure(sandbox, 'tegata_revocation_list_next_update_seconds', published)) < Date.now() / 1000 + 60);
    assert.equal((await logIn(sandbox.card())).status, 200);
    const refused = await until('the end of it', async () => {
      const tried = await logIn(sandbox.card());
      return tried.status !== 200 && tried;
    }, { every: 1000 });
    assert.equal(refused.status, 503);
    assert.equal(refused.body.cause, 'card_revocation_unknown');
    assert.match(refused.body.detail, /暗証番号をまちがえた回数には数えません/);
    const readiness = await operations(sandbox, '/readyz');
    assert.equal(readiness.status, 200);
    assert.equal(readiness.body, `ok\nwarning card_revocation_stale TEST ${address(published)}\n`);
    assert.equal(await figure(sandbox, 'tegata_revocation_list_fresh', published), 0);
    execFileSync(path.join(root, 'build/tegata-sandbox'), ['revoke', 'card-dentist', '--dir', sandbox.dir]);  // publishes anew
    stale = null;
    await until('recovery', async () => (await logIn(sandbox.card())).status === 200, { every: 1000 });
    assert.deepEqual(await operations(sandbox, '/readyz'), { status: 200, body: 'ok\n' });
  });
});

describe('authorities read anew', () => {
  test('a set that could verify nobody is refused, and the old one stays', async () => {
    const right = readFileSync(path.join(sandbox.dir, 'config.toml'), 'utf8');
    assert.ok(!(await reload(sandbox, (text) => text.replace(/^roots = .*$/m, 'roots = ["nothing.pem"]'))));
    assert.equal((await logIn(sandbox.card())).status, 200);
    assert.ok(await reload(sandbox, () => right));
    assert.equal((await logIn(sandbox.card())).status, 200);
  });

  test('an authority that is there no longer accepts no card, until it is back', async () => {
    const right = readFileSync(path.join(sandbox.dir, 'config.toml'), 'utf8');
    const policies = 'policies = ["1.2.3.4"]\n';
    assert.ok(await reload(sandbox, (text) => text.replace(/^(name = "TEST"\n)/m, `$1${policies}`)));
    assert.equal((await logIn(sandbox.card())).body.cause, 'card_policy');
    assert.ok(await reload(sandbox, () => right));
    assert.equal((await logIn(sandbox.card())).status, 200);
  });
});

// Last: it takes away the first card.
describe('a revoked card stops the phones that it bound', () => {
  test('no approval, no pass, no redemption after one update', async () => {
    const store = path.join(sandbox.dir, 'phone.json');
    const [facility] = sandbox.facilities;
    assert.equal((await enrol(sandbox, sandbox.card(), store)).state, 'done');
    const form = async (party, place, body) => {
      const answer = await fetchWith(sandbox, party)(`${sandbox.facility_origin}${place}`, {
        method: 'POST', body: new URLSearchParams({ client_id: party.client_id, ...body }) });
      return { status: answer.status, body: await answer.json() };
    };
    const ask = async (terminal) => (await form(facility, '/device_authorization', {
      scope: 'openid hpki.sign', terminal_id: terminal, terminal_name: terminal })).body;
    const approve = async (request) => {
      const run = phone(sandbox, ['approve', request.verification_uri_complete, '--number', request.number, '--store', store]);
      await run.done;
      return run;
    };
    const redeem = (request) => form(facility, '/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: request.device_code });
    const isActive = async (pass) => (await form(sandbox.signature_service, '/introspect', { token: pass })).body.active;

    const [first, second] = [await ask('t1'), await ask('t2')];
    for (const request of [first, second]) assert.equal((await approve(request)).code, 0);
    const pass = (await redeem(first)).body.access_token;
    assert.equal(await isActive(pass), true);
    revoke('card-doctor');
    await until('the end of the pass', async () => !(await isActive(pass)), { timeout: 20_000 });
    const late = await redeem(second);
    assert.deepEqual([late.status, late.body.error], [400, 'invalid_grant']);
    const mark = logLines(sandbox).length;
    const refused = await approve(await ask('t3'));
    assert.notEqual(refused.code, 0);
    await until('its cause', () => logLines(sandbox).slice(mark).some((line) => line.cause === 'activation_card_revoked'), { timeout: 3000 });
  });
});
