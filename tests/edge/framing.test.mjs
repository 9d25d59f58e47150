// Whole requests within bounds and deadlines, for the names of their origin: everything else ends at the proxy.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sleep, startSandbox, until } from '../support/sandbox.mjs';
import { causesSince, form, fromOurPage, head, json, logLines, portBase, proxied, send, settled } from './wire.mjs';

let sandbox, facility;
before(async () => {
  sandbox = await startSandbox({ portBase });
  [facility] = sandbox.facilities;
});
after(() => sandbox?.stop());

const limit = 32 * 1024;
const origins = ['public', 'card', 'facility'];
const bilingual = /<p>[^<]*[ぁ-ん][^<]*<\/p><p lang="en">[A-Z]/;

const padded = (length) => `{"ticket":"${'x'.repeat(length - 13)}"}`;
const asJson = (body) => [`Content-Type: ${json}`, `Content-Length: ${Buffer.byteLength(body)}`];

function slices(text, count) {
  const size = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, i) => text.slice(i * size, (i + 1) * size)).filter(Boolean);
}

// What the proxy says itself: OAuth's JSON to OAuth's clients, a page in both languages elsewhere. While it reads a request
// it does not know the path yet.
function fromProxy(answer, status, origin, path) {
  assert.equal(answer.status, status, answer.body);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.match(answer.headers['content-security-policy'], /default-src 'none'/);
  assert.equal(answer.headers['referrer-policy'], 'no-referrer');
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  assert.match(answer.headers['strict-transport-security'], /^max-age=\d{8}/);
  if (origin === 'facility' || (origin === 'public' && path === '/token')) {
    assert.equal(answer.headers['content-type'], json);
    assert.match(JSON.parse(answer.body).error, /^[a-z_]+$/);
  } else {
    assert.match(answer.headers['content-type'], /^text\/html/);
    assert.match(answer.body, bilingual);
  }
}

async function withoutWorker(request) {
  const mark = logLines(sandbox).length;
  const answer = await request();
  await sleep(100);
  assert.deepEqual(origins.flatMap((origin) => causesSince(sandbox, mark, origin)), [], 'a worker saw it');
  return answer;
}

describe('bodies', () => {
  for (const length of [limit - 1, limit]) {
    test(`${length} bytes, dripped, arrive whole`, async () => {
      const body = padded(length);
      const answer = await send(sandbox, {},
        [head('public', 'POST', '/api/phone/look', fromOurPage(body)), ...slices(body, 20)], { pause: 50 });
      assert.equal(answer.status, 404, answer.body);
      assert.equal(JSON.parse(answer.body).code, 'E-204');
    });
  }

  for (const origin of origins) {
    test(`${limit + 1} bytes, dripped: 413 on the ${origin} origin`, async () => {
      const body = padded(limit + 1);
      fromProxy(await withoutWorker(() => send(sandbox, { origin },
        [head(origin, 'POST', '/token', form(body)), ...slices(body, 20)], { pause: 50 })), 413, origin, '/token');
    });

    test(`defect: a length of a gigabyte was refused once it was held back for ten seconds: 413 at once on the ${origin} origin`, async () => {
      const answer = await withoutWorker(() =>
        send(sandbox, { origin }, [head(origin, 'POST', '/token', ['Content-Length: 1073741824'])]));
      fromProxy(answer, 413, origin, '/token');
      assert.ok(answer.ms < 2000);
    });

    test(`chunked: 411 on the ${origin} origin, whatever else is said`, async () => {
      for (const lines of [['Transfer-Encoding: chunked'], ['Transfer-Encoding: chunked', 'Content-Length: 5'],
        ['transfer-encoding: CHUNKED']]) {
        fromProxy(await withoutWorker(() =>
          send(sandbox, { origin }, [head(origin, 'POST', '/token', lines), '5\r\na=b&c\r\n0\r\n\r\n'])), 411, origin, '/token');
      }
    });

    test(`no length: 411 on the ${origin} origin`, async () =>
      fromProxy(await withoutWorker(() => send(sandbox, { origin }, [head(origin, 'POST', '/token')])), 411, origin, '/token'));

    test(`the body of a GET: 400 on the ${origin} origin`, async () =>
      fromProxy(await withoutWorker(() =>
        send(sandbox, { origin }, [head(origin, 'GET', '/', ['Content-Length: 3']), 'abc'])), 400, origin));

    test(`an address over 2 KiB: 400 on the ${origin} origin`, async () =>
      fromProxy(await withoutWorker(() => send(sandbox, { origin }, [head(origin, 'GET', `/?q=${'x'.repeat(2048)}`)])), 400, origin));
  }

  test('two lengths, or none that is a number: refused before any worker', async () => {
    for (const lines of [['Content-Length: 3', 'Content-Length: 4'], ['Content-Length: -1'], ['Content-Length: 3, 4'],
      ['Content-Length: 0x3'], ['Transfer-Encoding: gzip'], ['Transfer-Encoding: chunked, identity']]) {
      const answer = await withoutWorker(() => send(sandbox, { origin: 'facility' },
        [head('facility', 'POST', '/token', lines), 'abc']));
      assert.ok([400, 411, 422].includes(answer.status), `${lines}: ${answer.status}`);
    }
  });

  test('what follows a refused body is not taken for a request', async () => {
    const inner = head('facility', 'GET', '/smuggled');
    await withoutWorker(() => send(sandbox, { origin: 'facility' },
      [head('facility', 'POST', '/token', ['Transfer-Encoding: chunked', `Content-Length: ${inner.length}`]), '0\r\n\r\n', inner]));
  });

  test('the largest body comes with a large certificate', async () => {
    const [key, cert] = ['large.key', 'large.pem'].map((name) => path.join(sandbox.dir, name));
    const names = Array.from({ length: 120 }, (_, i) => `DNS:name-${i}.of-a-large-certificate.example`).join(',');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:4096', '-nodes', '-subj', '/CN=large', '-days', '2', '-addext',
      `subjectAltName=${names}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const small = `client_id=${facility.client_id}&grant_type=none-of-ours`, large = padded(limit);
    const mark = logLines(sandbox).length;
    const ask = (lines, body) => send(sandbox, { origin: 'facility', cert, key }, [head('facility', 'POST', '/token', lines), body]);
    assert.equal((await ask(form(small), small)).status, 401);
    const answer = await ask(asJson(large), large);  // read in full, then refused as no form
    assert.equal(JSON.parse(answer.body).error, 'invalid_request', answer.body);
    await settled(sandbox, mark, 2, 'facility');
    assert.deepEqual(causesSince(sandbox, mark, 'facility'), ['activation_client_certificate_unknown', 'http_content_type']);
  });
});

describe('slowness', () => {
  test('20 dripping bodies end with 408, disturb nobody, and reach no worker', async () => {
    const request = (origin) => [head(origin, 'POST', '/token', ['Content-Type: application/json', 'Content-Length: 1000'])];
    const mark = logLines(sandbox).length;
    const drips = Array.from({ length: 20 }, (_, i) => origins[i % 3])
      .map((origin) => send(sandbox, { origin }, request(origin), { pause: 500, forever: 'x' }).then((answer) => ({ answer, origin })));
    const before = proxied(sandbox).length;
    for (let i = 0; i < 5; ++i) {
      await sleep(500);
      assert.equal((await send(sandbox, {}, [head('public', 'GET', '/jwks')])).status, 200);
    }
    const times = () => proxied(sandbox).slice(before).filter((line) => line.path === '/jwks').map((line) => line.ms);
    await until("the proxy's lines", () => times().length === 5, { timeout: 3000 });
    assert.ok(Math.max(...times()) < 1000, `${times()} ms`);
    for (const { answer, origin } of await Promise.all(drips)) {
      fromProxy(answer, 408, origin);
      assert.ok(answer.ms > 8000 && answer.ms < 15_000, `${answer.ms} ms`);
    }
    await sleep(100);
    assert.deepEqual(causesSince(sandbox, mark, 'public'), Array(5).fill('none'));
    assert.deepEqual([...causesSince(sandbox, mark, 'facility'), ...causesSince(sandbox, mark, 'card')], []);
  });
});

describe('names', () => {
  const hosts = { public: `localhost:${portBase}`, facility: `localhost:${portBase + 2}`, card: `probe.card.localhost:${portBase + 1}` };
  for (const origin of origins) {
    test(`${origin} origin: another Host is 421`, async () => {
      const wrong = [...origins.filter((each) => each !== origin).map((each) => hosts[each]), 'evil.example', 'localhost',
        `other.card.localhost:${portBase + 1}`, `${hosts[origin]}.`, hosts[origin].replace('localhost', '127.0.0.1'),
        `user@${hosts[origin]}`, `${hosts[origin]}0`];
      for (const host of wrong) {
        fromProxy(await withoutWorker(() => send(sandbox, { origin }, [head(origin, 'GET', '/', [], host)])), 421, origin);
      }
    });

    test(`${origin} origin: no name, an unknown name and a name too deep get no handshake`, async () => {
      for (const servername of ['', 'evil.example', 'a.b.card.localhost', 'localhost.evil.example']) {
        await assert.rejects(send(sandbox, { origin, servername }, [head(origin, 'GET', '/')]),
          (error) => /ALERT_UNRECOGNIZED_NAME|unrecognized name/i.test(`${error.code} ${error.message}`), servername);
      }
    });
  }

  test('defect: the question of HEAD spent a start record', async () => {
    const body = JSON.stringify({ purpose: 'enrol' });
    const start = await send(sandbox, {}, [head('public', 'POST', '/api/start', fromOurPage(body)), body]);
    const url = new URL(JSON.parse(start.body).card_url);
    const ask = (method) => send(sandbox, { origin: 'card', servername: url.hostname, ...sandbox.card() },
      [head('card', method, url.pathname + url.search, [], url.host)]);
    const asked = await ask('HEAD');
    assert.equal(asked.status, 405);
    assert.equal(asked.headers.allow, 'GET');
    assert.equal((await ask('GET')).status, 303);
    const begun = await send(sandbox, {}, [head('public', 'HEAD', `/authorize?client_id=${facility.client_id}`)]);
    assert.deepEqual([begun.status, begun.headers.allow], [405, 'GET, POST']);
  });

  test('two Host lines or none are never served', async () => {
    for (const text of [`GET / HTTP/1.1\r\nHost: ${hosts.public}\r\nHost: evil.example\r\n\r\n`, 'GET / HTTP/1.1\r\n\r\n']) {
      const answer = await withoutWorker(() => send(sandbox, {}, [text]));
      assert.ok([400, 421].includes(answer.status), String(answer.status));
    }
  });

  test('the name of one origin, asked of the port of another, is 421', async () => {
    fromProxy(await withoutWorker(() => send(sandbox, { origin: 'public', servername: 'probe.card.localhost' },
      [head('public', 'GET', '/login?s=x', [], `probe.card.localhost:${portBase}`)])), 421, 'public');
    fromProxy(await withoutWorker(() => send(sandbox, { origin: 'card', servername: 'localhost' },
      [head('card', 'GET', '/login?s=x', [], `localhost:${portBase + 1}`)])), 421, 'card');
  });

  test('a card host that no start record named', async () => {
    const mark = logLines(sandbox).length;
    const name = 'never-used-0123456789abcdef.card.localhost';
    const answer = await send(sandbox, { origin: 'card', servername: name },
      [head('card', 'GET', '/login?s=unknown', [], `${name}:${portBase + 1}`)]);
    assert.equal(answer.status, 403);
    assert.match(answer.body, /E-111/);
    await settled(sandbox, mark, 1, 'card');
    assert.deepEqual(causesSince(sandbox, mark, 'card'), ['sign_in_start_unknown']);
  });

  test('a start record lives on its own card host alone', async () => {
    const body = JSON.stringify({ purpose: 'enrol' });
    const start = await send(sandbox, {}, [head('public', 'POST', '/api/start', fromOurPage(body)), body]);
    const url = new URL(JSON.parse(start.body).card_url);
    const name = 'another-name.card.localhost', mark = logLines(sandbox).length;
    const answer = await send(sandbox, { origin: 'card', servername: name, ...sandbox.card() },
      [head('card', 'GET', url.pathname + url.search, [], `${name}:${portBase + 1}`)]);
    assert.equal(answer.status, 403);
    await settled(sandbox, mark, 1, 'card');
    assert.deepEqual(causesSince(sandbox, mark, 'card'), ['sign_in_start_unknown']);
  });
});

describe('methods', () => {
  for (const origin of origins) {
    test(`${origin} origin: a method that is not served is 405, with or without a length`, async () => {
      for (const [method, lines] of [['DELETE', []], ['PUT', ['Content-Length: 0']], ['PATCH', ['Content-Length: 0']],
        ['TRACE', []], ['PROPFIND', []], ['PURGE', []]]) {
        const answer = await send(sandbox, { origin }, [head(origin, method, '/token', lines)]);
        assert.ok([404, 405].includes(answer.status), `${method}: ${answer.status}`);
        if (method === 'TRACE' || method.startsWith('P') && method.length > 5) fromProxy(answer, 405, origin, '/token');
        assert.equal(answer.headers['cache-control'], 'no-store', method);
      }
    });
  }
});

describe('JSON of the pages', () => {
  const deep = '['.repeat(200) + ']'.repeat(200);
  const bodies = [
    ['cut off', '{"ticket":', 400, 'json_malformed'],
    ['nothing', '', 400, 'json_malformed'],
    ['two values', '{} {}', 400, 'json_malformed'],
    ['a comment', '{/**/}', 400, 'json_malformed'],
    ['an array', '[]', 400, 'json_member_type'],
    ['a member missing', '{}', 400, 'json_member_missing'],
    ['a number for a text', (name) => `{"${name}":1}`, 400, 'json_member_type'],
    ['a name twice', (name) => `{"${name}":"a","${name}":"b"}`, 400, 'json_duplicate_key'],
    ['a name twice, one escaped', (name) => `{"${name}":"a","\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":"b"}`, 400, 'json_duplicate_key'],
    ['too deep', (name) => `{"${name}":${deep}}`, 400, 'json_too_deep'],
    ['half a surrogate pair', (name) => `{"${name}":"\\ud800"}`, 400, /^json_/],
    ['not base64url', (name) => `{"${name}":"+/=*"}`, 404, /_unknown$/],
    ['padded base64url', (name) => `{"${name}":"AAAAAAAAAAAAAAAAAAAAAA=="}`, 404, /_unknown$/],
    ['a secret of 30,000 bytes', (name) => `{"${name}":"${'A'.repeat(30_000)}"}`, 404, /_unknown$/],
  ];
  for (const [path, name] of [['/api/phone/look', 'ticket'], ['/api/activation/scan', 'token']]) {
    const post = async (body, lines = fromOurPage(body)) => {
      const mark = logLines(sandbox).length;
      const answer = await send(sandbox, {}, [head('public', 'POST', path, lines), body]);
      await settled(sandbox, mark, 1, 'public');
      return { answer, cause: causesSince(sandbox, mark, 'public').at(-1) };
    };
    const isProblem = (answer, status, what) => {
      assert.equal(answer.status, status, `${what}: ${answer.body}`);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      assert.equal(answer.headers['cache-control'], 'no-store');
      const problem = JSON.parse(answer.body);
      assert.equal(problem.status, status);
      assert.match(problem.code, /^E-\d{3}$/);
      assert.ok(problem.request_id && problem.title && problem.detail);
    };
    for (const [what, made, status, cause] of bodies) {
      test(`${path}: ${what}`, async () => {
        const body = typeof made === 'string' ? made : made(name);
        const { answer, cause: noted } = await post(body);
        isProblem(answer, status, what);
        if (cause instanceof RegExp) assert.match(noted, cause);
        else assert.equal(noted, cause);
      });
    }
    test(`${path}: bytes that are no UTF-8`, async () => {
      const body = Buffer.concat([Buffer.from(`{"${name}":"`), Buffer.from([0xff, 0xc0]), Buffer.from('"}')]);
      const { answer, cause } = await post(body);
      isProblem(answer, 400, 'bytes');
      assert.equal(cause, 'json_bad_utf8');
    });
    test(`${path}: a form, and another site's page`, async () => {
      const asForm = await post('a=b', [...fromOurPage('a=b').filter((line) => !/^Content-Type/.test(line)), 'Content-Type: text/plain']);
      isProblem(asForm.answer, 415, 'form');
      assert.equal(asForm.cause, 'http_content_type');
      for (const [from, to] of [[`localhost:${portBase}`, 'evil.example'], [`:${portBase}`, `:${portBase + 2}`], ['same-origin', 'same-site']]) {
        const { answer, cause } = await post('{}', fromOurPage('{}').map((line) => line.replace(from, to)));
        isProblem(answer, 403, to);
        assert.equal(cause, 'http_cross_site');
      }
    });
    test(`${path}: over 32 KiB`, async () => {
      const body = `{"${name}":"${'A'.repeat(limit)}"}`;
      fromProxy(await withoutWorker(() => send(sandbox, {}, [head('public', 'POST', path, fromOurPage(body)), body])), 413, 'public');
    });
  }
});
