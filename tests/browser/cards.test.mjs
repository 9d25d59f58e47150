// Every card that is refused has a page that says what to do, in both languages. The browser's own TLS is for
// cards_one_profile.test.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { certifyAgain } from '../support/cards.mjs';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { openDesk } from '../support/desk.mjs';
import { operate } from '../support/operator.mjs';
import { Browser, startSandbox } from '../support/sandbox.mjs';
import { id } from '../support/screens.mjs';

let sandbox, browser;

before(async () => {
  sandbox = await startSandbox();
  browser = await launchPhone();
});
after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

const desk = (locale) => openDesk(browser, sandbox, { locale });

async function begin(pc, method = 'card') {
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-phone'));
  await pc.page.click(id(method === 'card' ? 'start-card' : 'login-mynumber'));
}

async function checkRefusal(pc, code, name) {
  await pc.page.waitForSelector(id('card-error'));
  const words = await pc.page.textContent(id('card-error'));
  assert.match(words, new RegExp(`${code} · `));
  assert.match(words, /暗証番号をまちがえた回数には数えません|問い合わせ|やり直/);
  await shoot(pc.page, `card-refused-${name}`);
}

const hpki = [
  ['none', 'E-101', () => null],
  ['signing', 'E-102', () => sandbox.card('good', 'hpki-sign')],
  ['expired', 'E-103', () => sandbox.card('expired')],
  ['revoked', 'E-104', () => sandbox.card('revoked')],
  ['foreign', 'E-105', () => sandbox.card('foreign-ca')],
  ['mynumber-instead', 'E-105', () => sandbox.card('good', 'jpki-auth')],
  ['unknown-person', 'E-106', () => sandbox.card('unknown-person')],
  ['not-yet-valid', 'E-109', () => sandbox.card('not-yet-valid')],
  ['role-not-eligible', 'E-110', () => sandbox.card('role-not-eligible')],
  ['no-role', 'E-112', () => sandbox.card('no-role')],
  ['without-policy', 'E-113', () => certifyAgain(sandbox, sandbox.card(), {
    extensions: ['keyUsage=critical,digitalSignature', 'authorityKeyIdentifier=keyid'] })],
];
for (const [name, code, card] of hpki) {
  test(`HPKI: ${name} is ${code}, and the right card goes on without the browser being closed`, async () => {
    const pc = await desk();
    pc.card = card();
    await begin(pc);
    await checkRefusal(pc, code, name);
    await pc.page.click('#language');
    await pc.page.waitForFunction(() => document.documentElement.lang === 'en');
    assert.match(await pc.page.textContent(id('card-error')), /[a-z]{4}/);
    pc.card = sandbox.card();
    await pc.page.click(id('retry'));
    await pc.page.waitForSelector(id('qr'));
    assert.equal(await pc.page.textContent(id('practitioner-id')), sandbox.card().practitioner_id);
    await pc.close();
  });
}

const mynumber = [
  ['none', 'E-101', () => null],
  ['hpki-instead', 'E-121', () => sandbox.card()],
  ['signing', 'E-122', () => sandbox.card('good', 'jpki-sign')],
  ['expired', 'E-123', () => sandbox.card('expired', 'jpki-auth')],
  ['not-yet-valid', 'E-124', () => certifyAgain(sandbox, sandbox.card('good', 'jpki-auth', 3), { ahead: '+30d' })],
  ['revoked', 'E-125', () => sandbox.card('revoked', 'jpki-auth')],
  ['not-linked', 'E-127', () => sandbox.card('good', 'jpki-auth', 2)],
];
for (const [name, code, card] of mynumber) {
  test(`My Number log-in: ${name} is ${code}, and the linked card goes on`, async () => {
    const pc = await desk();
    pc.card = card();
    await begin(pc, 'mynumber');
    await checkRefusal(pc, code, `mynumber-${name}`);
    pc.card = sandbox.card('good', 'jpki-auth', 3);  // of the person without an HPKI card, linked by an operator
    await pc.page.click(id('retry'));
    await pc.page.waitForSelector(id('qr'));
    assert.equal(await pc.page.textContent(id('practitioner-id')), 'GH45678912');
    await pc.page.waitForSelector(id('mynumber-reminder'));  // that link ends within three months
    await shoot(pc.page, 'mynumber-reminder');
    await pc.close();
  });
}

test('link and re-link: HPKI card, swap, done; the renewed card is linked again and the old one logs in no more', async () => {
  const pc = await desk();
  const [first, renewed] = [0, 1].map((index) => sandbox.card('good', 'jpki-auth', index));
  const link = async (card) => {
    await pc.page.goto(`${sandbox.public_origin}/`);
    await pc.page.click(id('start-mynumber'));
    await pc.page.waitForSelector(id('start-card'));
    pc.card = sandbox.card();
    await pc.page.click(id('start-card'));
    await pc.page.waitForSelector(id('link-mynumber'));
    assert.equal(await pc.page.textContent(id('practitioner-id')), sandbox.card().practitioner_id);
    pc.card = card;
    await pc.page.click(id('link-mynumber'));
  };
  const logIn = async (card) => {
    pc.card = card;
    await begin(pc, 'mynumber');
    await pc.page.waitForSelector(`${id('qr')}:visible, ${id('card-error')}:visible`);
    if (!(await pc.page.isVisible(id('qr')))) return pc.page.textContent(id('card-error'));
    const who = await pc.page.textContent(id('practitioner-id'));
    await pc.page.click('#quit');
    await pc.page.waitForSelector(id('start-phone'));
    return who;
  };

  // The HPKI card is still on the reader: refused with words, and only the My Number card is asked for again.
  await link(sandbox.card());
  await checkRefusal(pc, 'E-121', 'link-hpki-again');
  pc.card = first;
  await pc.page.click(id('retry'));
  await pc.page.waitForSelector(id('mynumber-done'));
  assert.match(await pc.page.textContent(id('mynumber-until')), /^\d{4}年\d+月\d+日$/);
  await shoot(pc.page, 'mynumber-done');
  assert.equal(await logIn(first), sandbox.card().practitioner_id);

  await link(renewed);
  await pc.page.waitForSelector(id('mynumber-done'));
  assert.equal(await logIn(renewed), sandbox.card().practitioner_id);
  assert.match(await logIn(first), /E-127/);

  // Somebody else's HPKI card cannot take it.
  pc.card = sandbox.card('good', 'hpki-auth', 1);
  await pc.page.goto(`${sandbox.public_origin}/mynumber`);
  await pc.page.click(id('start-card'));
  await pc.page.waitForSelector(id('link-mynumber'));
  await shoot(pc.page, 'mynumber-swap');
  pc.card = renewed;
  await pc.page.click(id('link-mynumber'));
  await checkRefusal(pc, 'E-126', 'link-of-another');
  await pc.close();
});

test('unlinking: asked twice, ended at once, told to the person and seen in the list; a registered phone is enough for it', async () => {
  const pc = await desk(), card = sandbox.card('good', 'jpki-auth', 2);
  const link = async () => {
    pc.card = sandbox.card('good', 'hpki-auth', 1);
    await pc.page.goto(`${sandbox.public_origin}/mynumber`);
    await pc.page.click(id('start-card'));
    await pc.page.waitForSelector(id('link-mynumber'));
    pc.card = card;
    await pc.page.click(id('link-mynumber'));
    await pc.page.waitForSelector(id('mynumber-done'));
  };
  const unlink = async (page) => {
    await page.click(`${id('unlink-mynumber')}:visible`);
    await page.click(id('unlink-no'));
    await page.click(`${id('unlink-mynumber')}:visible`);
    await page.click(id('unlink-yes'));
    await page.waitForSelector(id('mynumber-unlinked'));
  };
  await link();
  const guest = new Browser(sandbox);
  assert.equal((await guest.logIn(card, { purpose: 'devices', method: 'mynumber' })).status, 200);
  assert.equal((await guest.call('GET', '/api/devices')).status, 200);

  pc.card = sandbox.card('good', 'hpki-auth', 1);
  await pc.page.goto(`${sandbox.public_origin}/mynumber`);
  await pc.page.click(id('start-card'));
  await pc.page.waitForSelector(id('link-mynumber'));
  await shoot(pc.page, 'mynumber-swap-linked');
  await unlink(pc.page);
  await shoot(pc.page, 'mynumber-unlinked');
  assert.equal((await guest.call('GET', '/api/devices')).status, 401);
  await pc.page.click('#unlinked-end');
  await pc.page.waitForSelector(id('start-phone'));

  await link();
  const phone = await browser.phone();
  await bindPhone(sandbox, phone, sandbox.card('good', 'hpki-auth', 1));
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.click(id('sign-in-phone'));
  await phone.page.waitForSelector(id('device'));
  await phone.page.click(id('to-mynumber'));
  await phone.page.waitForSelector(`${id('unlink-mynumber')}:visible`);
  await shoot(phone.page, 'mynumber-now');
  await unlink(phone.page);
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.waitForSelector(id('device'));
  const events = await phone.page.textContent(id('device-events'));
  assert.equal(events.split('マイナンバーカードの結び付けを解除しました').length, 3);
  assert.match(events, /マイナンバーカードを結び付けました/);

  // An operator's hand, and what the person sees of it.
  const person = sandbox.card('good', 'hpki-auth', 1).practitioner_id;
  await link();
  const tried = operate(sandbox, 'practitioner', 'unlink-mynumber', person, '--dry-run');
  assert.equal(tried.dry_run, true);
  await phone.page.goto(`${sandbox.public_origin}/mynumber`);
  await phone.page.click(`${id('unlink-mynumber')}:visible`);
  assert.equal(operate(sandbox, 'practitioner', 'unlink-mynumber', person, '--reason', 'request 42').ok, true);
  await phone.page.click(id('unlink-yes'));
  await phone.page.waitForSelector(id('unlink-error'));
  assert.match(await phone.page.textContent(id('unlink-error')), /E-128/);
  assert.equal(operate(sandbox, 'practitioner', 'unlink-mynumber', person).code, 'mynumber_no_link');
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.waitForSelector(id('device'));
  assert.match(await phone.page.textContent(id('device-events')), /窓口がマイナンバーカードの結び付けを解除しました/);
  await pc.close();
  await phone.context.close();
});

test('a link needs the HPKI session: without it the page begins at the start', async () => {
  const pc = new Browser(sandbox);
  const refused = await pc.call('POST', '/api/start', { purpose: 'link', method: 'mynumber' });
  assert.equal(refused.status, 401);
  assert.equal(refused.body.code, 'E-201');
});
