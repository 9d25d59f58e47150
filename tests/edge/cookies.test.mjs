// Cookie lines written byte by byte, through the proxy: what is taken for a cookie of ours, and what becomes of the rest.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { asBytes, shapes } from '../support/neighbours.mjs';
import { Browser, startSandbox } from '../support/sandbox.mjs';
import { cardLogIn, head, portBase, send } from './wire.mjs';

let sandbox, name, value, person;
before(async () => {
  sandbox = await startSandbox({ portBase });
  const pc = new Browser(sandbox);
  person = (await pc.logIn(sandbox.card(), { purpose: 'devices' })).body.practitioner_id;
  [name, value] = [...pc.cookies].find(([each]) => each.endsWith('session'));
});
after(() => sandbox?.stop());

// A call that needs the session of the page of phones, with these Cookie lines, one character a byte.
const ask = (lines, { opened = false, more = [], target = '/api/devices' } = {}) => {
  const headers = [`Sec-Fetch-Mode: ${opened ? 'navigate' : 'cors'}`, ...more, ...lines.map((line) => `Cookie: ${line}`)];
  return send(sandbox, {}, [Buffer.from(head('public', 'GET', target, headers), 'latin1')]);
};

const signedIn = (answer, what) => {
  assert.equal(answer.status, 200, `${what}: ${answer.body}`);
  assert.equal(JSON.parse(answer.body).practitioner_id, person, what);
};
const signedOut = (answer, what) => {
  assert.equal(answer.status, 401, `${what}: ${answer.body}`);
  assert.equal(JSON.parse(answer.body).code, 'E-201', what);
};

test('the session alone, first, last, and on a line of its own', async () => {
  const own = `${name}=${value}`;
  for (const lines of [[own], [`${own}; b=2`], [`a=1; ${own}`], ['a=1', own], [own, 'b=2'], [`a=1;${own};b=2`]])
    signedIn(await ask(lines), lines.join(' | '));
});

// Shapes that browsers send, and such as none does today.
const others = (own) => [
  ...shapes(name, value).map(({ what, wire }) => [what, [asBytes(wire)]]),
  ['nameless, as written', [`=${own}`]],
  ['nameless, after another', [`a=1; =${own}`]],
  ['encoded twice', [`x=1%253B%20${own}`]],
  ['encoded twice, by two ways', [`x=1%25u003B%20${own}`]],
  ['a plus for the space', [`x=1%3B+${own}`]],
  ['plus signs around', [`x=1;+${own}+;`]],
  ['an encoded equals sign', [`${name}%3D${value}`]],
  ['an encoded value', [`${name}=%${value.charCodeAt(0).toString(16)}${value.slice(1)}`]],
  ['a value with an encoded end', [`${name}=${value}%3B`]],
  ['a quoted value', [`${name}="${value}"`]],
  ['in a list with commas', [`a=1,${own}`]],
  ['in a list with encoded commas', [`a=1%2C${own}`]],
  ['a lone byte 0x85 first', [`\x85${own}`]],
  ['a lone byte 0xA0 first', [`\xa0${own}`]],
  ['a vertical tab first', [`a=1; \x0b${own}`]],
  ['an encoded tab first', [`a=1; %09${own}`]],
  ['encoded white space first', [`%20${own}`]],
  ['an encoded line feed and a header', [`x=1%0ACookie: ${own}`]],
  ['an encoded line end and a header', [`x=1%0D%0ACookie: ${own}`]],
  ['a space before the equals sign', [`${name} =${value}`]],
  ['a space behind the equals sign', [`${name}= ${value}`]],
  ['upper case', [`${name.toUpperCase()}=${value}`]],
  ['a longer name', [`${name}x=${value}`]],
  ['a name before it', [`x${own}`]],
  ['on a second line', ['x=1', `y=1%3B%20${own}`]],
  ['$Version, $Path', [`$Version="1"; ${name.slice(2)}="${value}"; $Path="/"`]],
];

describe('defect: percent signs in cookies were decoded', () => {
  test('not one of these is the session', async () => {
    const wrong = [];
    for (const [what, lines] of others(`${name}=${value}`)) {
      try {
        signedOut(await ask(lines), what);
      } catch (error) {
        wrong.push(error.message.split('\n')[0].slice(0, 120));
      }
    }
    assert.deepEqual(wrong, []);
  });

  test('quotes around the session hide nothing', async () =>
    signedIn(await ask([`a="1; ${name}=${value}; b=1"`]), 'quotes'));

  for (const byte of ['%0A', '%0D', '%00', '%0D%0A', '%25', '%3B', '%FF', '%', '%u000A', '%u0000']) {
    test(`${byte} in a cookie of another program, in Referer or in User-Agent is nobody's loss`, async () => {
      signedIn(await ask([`theirs=a${byte}b; ${name}=${value}`]), 'before ours');
      signedIn(await ask([`${name}=${value}; theirs=a${byte}b`]), 'behind ours');
      for (const header of ['Referer: https://localhost/?', 'User-Agent: A'])
        signedIn(await ask([`${name}=${value}`], { more: [`${header}${byte}b`] }), header);
    });
  }
});

test('defect: %0A, %0D and %00 in a cookie of another program kept people from logging in with a card', async () => {
  const card = sandbox.card(), wrong = [];
  for (const byte of ['%0A', '%0D', '%00']) {
    const { answer, handover } = await cardLogIn(sandbox, [`Cookie: theirs=a${byte}b`], { cert: card.cert, key: card.key });
    if (handover?.status !== 200) wrong.push(`${byte}: ${answer.status}`);
  }
  assert.deepEqual(wrong, []);
});

test('__Host- cookies of another program may stand twice, and there may be many requests of one browser', async () => {
  signedIn(await ask([`__Host-theirs=1; __Host-theirs=2; ${name}=${value}`]), 'theirs');
  const begun = Array.from({ length: 12 }, (_, index) => `__Host-tegata-authorize-${String(index).padStart(24, '0')}=${'A'.repeat(43)}`);
  signedIn(await ask([[...begun, `${name}=${value}`].join('; ')]), 'twelve requests');
});

describe('a browser that brings what cannot be told apart, or too much, is asked to forget its cookies', () => {
  const twice = (own) => [[`${own}; ${own}`], [own, own], [`${own}; ${name}=another`], [`${name}=another; a=1; ${own}`], [`${name}=; ${own}`]];

  test('a name of ours that stands twice, in a call of a page: a problem', async () => {
    for (const lines of twice(`${name}=${value}`)) {
      const answer = await ask(lines);
      assert.equal(answer.headers['clear-site-data'], '"cookies"', `${lines.join(' | ')}: ${answer.status} ${answer.body}`);
      assert.equal(answer.status, 400);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      assert.equal(JSON.parse(answer.body).code, 'E-908');
    }
  });

  test('a name of ours that stands twice, in an address that was opened: a page', async () => {
    for (const lines of twice(`${name}=${value}`)) {
      const answer = await ask(lines, { opened: true, target: '/devices' });
      assert.equal(answer.headers['clear-site-data'], '"cookies"', `${lines.join(' | ')}: ${answer.status} ${answer.body}`);
      assert.equal(answer.status, 400);
      assert.match(answer.headers['content-type'], /^text\/html/);
    }
  });

  const foreign = (length) => Array.from({ length: Math.ceil(length / 1000) }, (_, index) => `theirs${index}=${'x'.repeat(990)}`).join('; ');

  for (const kilobytes of [10, 30]) {
    test(`defect: ${kilobytes} KB of others' cookies locked everybody out`, async () => {
      signedIn(await ask([`${foreign(kilobytes * 1000)}; ${name}=${value}`]), 'on one line');
      signedIn(await ask([...foreign(kilobytes * 1000).split('; '), `${name}=${value}`]), 'on many lines');
    });
  }

  for (const [origin, kilobytes] of [['public', 70], ['public', 700], ['card', 70]]) {
    test(`defect: ${kilobytes} KB of others' cookies got a bare 400 on the ${origin} origin`, async () => {
      const lines = ['Sec-Fetch-Mode: navigate', `Cookie: ${foreign(kilobytes * 1000)}; ${name}=${value}`];
      const answer = await send(sandbox, { origin }, [head(origin, 'GET', '/', lines)]);
      assert.equal(answer.headers['clear-site-data'], '"cookies"', `${answer.status} ${answer.body}`);
      assert.match(answer.headers['content-type'], /^text\/html/);
      assert.match(answer.body, /<p>[^<]*[ぁ-ん][^<]*<\/p>.*lang="en"/s);
      assert.match(answer.headers['strict-transport-security'], /^max-age=\d{8}; includeSubDomains$/);
    });
  }
});
