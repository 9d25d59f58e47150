// Cookies that a neighbour of the same domain planted in a person's browser: none is taken for one of ours, in no shape, and
// nobody is locked out by them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchPc, launchPhone, shoot } from '../support/chromium.mjs';
import { openDesk } from '../support/desk.mjs';
import { asBytes, host, openNeighbours, quotes, resolver, shapes } from '../support/neighbours.mjs';
import { Browser, startSandbox } from '../support/sandbox.mjs';
import { bring, id, register, state } from '../support/screens.mjs';

let sandbox, browser, neighbours, card, attacker;
// Cookies that the attacker has from the server itself: he logged in with a card of his own.
const own = { session: null, all: new Map() };

before(async () => {
  sandbox = await startSandbox({ host });
  browser = await launchPhone(resolver);
  neighbours = await openNeighbours(sandbox);
  card = sandbox.card();
  attacker = sandbox.card('good', 'hpki-auth', 1);
  const pc = new Browser(sandbox);
  assert.equal((await pc.logIn(attacker, { purpose: 'devices' })).status, 200);
  own.session = [...pc.cookies].find(([name]) => name.endsWith('session'));
  await pc.call('POST', '/api/start', { purpose: 'devices' });
  await pc.call('POST', '/api/devices/login/options', {});
  own.all = pc.cookies;
  assert.equal(own.all.size, 4, [...own.all.keys()].join());
});
after(async () => {
  neighbours?.close();
  await browser?.close();
  await sandbox?.stop();
});

// Plants each of these cookies in each shape: for all of the domain, and such as come before ours.
async function plantAll(page, cookies) {
  const all = cookies.flatMap(([name, value]) => shapes(name, value).map(({ cookie }) => cookie));
  for (const place of ['sibling', 'another port']) await neighbours.plant(page, neighbours.places[place], [quotes.before, ...all]);
  await checkArrived(page, [quotes.before, ...cookies.map(([name, value]) => shapes(name, value)[0].wire)]);
}

async function checkArrived(page, wires) {
  const line = await neighbours.arriving(page);
  for (const wire of wires) assert.ok(line.includes(asBytes(wire)), `${wire} does not arrive in ${line}`);
}

async function checkSignedOut(page, what) {
  const answer = await page.goto(`${sandbox.public_origin}/api/devices`);
  const text = await answer.text();
  assert.equal(answer.status(), 401, `${what}: ${text}`);
  assert.match(text, /E-201/, what);
}

const withBrowser = async (use) => {
  const context = await browser.desk();
  try {
    await use(await context.newPage(), context);
  } finally {
    await context.close();
  }
};

test('the session that is planted below is a live one', () => withBrowser(async (page, context) => {
  const [name, value] = own.session;
  await context.addCookies([{ name, value, domain: host, path: '/', secure: true, httpOnly: true, sameSite: 'Strict' }]);
  const answer = await page.goto(`${sandbox.public_origin}/api/devices`);
  assert.equal((await answer.json()).practitioner_id, attacker.practitioner_id);
}));

describe('defect: a cookie of another name was taken for the session, because its percent signs were decoded', () => {
  for (const [index, { what }] of shapes('__Host-x', '').entries()) {
    test(`from a sibling name, by headers and by script: ${what}`, () => withBrowser(async (page) => {
      const { cookie, wire } = shapes(...own.session)[index];
      for (const script of [false, true]) {
        await page.context().clearCookies();
        await neighbours.plant(page, neighbours.places.sibling, [cookie], { script });
        await checkArrived(page, [wire]);
        await checkSignedOut(page, `${what}, ${script ? 'script' : 'header'}`);
      }
    }));
  }

  for (const place of ['another port', 'plain http']) {
    for (const script of [false, true]) {
      test(`from ${place} by ${script ? 'script' : 'headers'}: all shapes`, () => withBrowser(async (page) => {
        const all = shapes(...own.session);
        await neighbours.plant(page, neighbours.places[place], all.map(({ cookie }) => cookie), { script });
        await checkArrived(page, all.map(({ wire }) => wire));
        await checkSignedOut(page, place);
      }));
    }
  }
});

// Closes the quote behind the session, and checks that it stands between the two.
async function plantBehind(context) {
  const page = await context.newPage();
  await neighbours.plant(page, neighbours.places.sibling, [quotes.behind]);
  const line = await neighbours.arriving(page), name = `; ${own.session[0]}=`;
  assert.ok(line.indexOf(quotes.before) < line.indexOf(name) && line.indexOf(name) < line.indexOf(quotes.behind), line);
  await page.close();
}

// A person at a PC enrols a phone while both have been planted with these: what both screens say is about that person.
async function enrolWith(cookies) {
  const pc = await openDesk(browser, sandbox), phone = await browser.phone();
  pc.card = card;
  for (const page of [pc.page, phone.page]) await plantAll(page, cookies);
  await pc.page.goto(`${sandbox.public_origin}/`);
  const seen = (name) => `${id(name)}:visible`;
  await pc.page.waitForSelector(`${seen('start-phone')}, ${seen('practitioner-id')}`);
  assert.ok(await pc.page.isVisible(id('start-phone')), `signed in as ${await pc.page.textContent(id('practitioner-id'))}`);
  await pc.page.click(id('start-phone'));
  await pc.page.click(id('start-card'));
  await pc.page.waitForSelector(`${seen('qr')}, ${seen('card-error')}`);
  assert.equal(await pc.page.textContent(id('practitioner-id')), card.practitioner_id, await pc.page.textContent(id('card-error')));
  await plantBehind(pc.context);
  await bring(pc.page, phone);
  await register(phone);
  await state(pc.page, 'done');
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.click(id('sign-in-phone'));
  await phone.page.waitForSelector(id('device'));
  assert.equal(await phone.page.textContent(id('practitioner-id')), card.practitioner_id);
  await pc.close();
  await phone.context.close();
}

test('defect: with a planted session a person enrolled his phone for somebody else', () => enrolWith([own.session]));

test('defect: nobody could sign in or enrol beside planted cookies of a sign-in that another had begun', () =>
  enrolWith([...own.all].filter(([name]) => name !== own.session[0])));

// By a browser that verifies certificates: where errors are let pass, what an answer demands of later ones is not kept.
test('a name below ours cannot plant by plain http, once the browser has been here', async () => {
  const pc = await launchPc(sandbox, null, { more: resolver });
  try {
    const { origin } = neighbours.places['plain http'];
    const below = { origin: origin.replace('//plain.', `//below.${host.split('.')[0]}.`), attributes: `; Domain=${host}; Path=/` };
    await neighbours.plant(pc.page, below, ['x=1']);
    assert.equal((await pc.context.cookies()).length, 1);
    await pc.page.goto(`${sandbox.public_origin}/`);
    await assert.rejects(neighbours.plant(pc.page, below, ['x=1']), /net::ERR_SSL_PROTOCOL_ERROR/);
  } finally {
    await pc.close();
  }
});

describe('nobody is locked out by', () => {
  for (const byte of ['%0A', '%0D', '%00']) {
    test(`defect: a cookie of another program with ${byte} in it`, () => withBrowser(async (page) => {
      await neighbours.plant(page, neighbours.places.sibling, [`theirs=a${byte}b`]);
      await checkArrived(page, [`theirs=a${byte}b`]);
      assert.equal((await page.goto(`${sandbox.public_origin}/`)).status(), 200);
      await checkSignedOut(page, byte);
    }));
  }

  test('defect: more and larger cookies than a request may bring: the page that says so has the browser forget them', () =>
    withBrowser(async (page) => {
      const large = Array.from({ length: 300 }, (_, index) => `large${index}=${'x'.repeat(4000)}`);
      // An answer's headers may have 256 KiB.
      for (let begin = 0; begin < large.length; begin += 60)
        await neighbours.plant(page, neighbours.places.sibling, large.slice(begin, begin + 60), { script: begin % 120 === 60 });
      const line = await neighbours.arriving(page);
      assert.ok(line.length > 600_000, `${line.length} bytes`);
      const answer = await page.goto(`${sandbox.public_origin}/devices`);
      const headers = await answer.allHeaders();
      assert.equal(headers['clear-site-data'], '"cookies"', `${answer.status()} ${await answer.text()}`);
      assert.match(headers['content-type'], /^text\/html/);
      assert.match(await answer.text(), /<p>[^<]*[ぁ-ん][^<]*<\/p>.*lang="en"/s);
      await shoot(page, 'planted-cookies-too-many');
      assert.equal((await page.reload()).status(), 200);
      await page.waitForSelector(id('devices-sign-in'));
      assert.doesNotMatch(await neighbours.arriving(page), /large/);
    }));
});
