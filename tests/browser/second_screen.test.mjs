// What a second tab, a PC or an operator changes while a page stands open: whoever presses on the older page hears it, and
// comes to where things stand.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { openDesk } from '../support/desk.mjs';
import { askAt } from '../support/ehr.mjs';
import { operate } from '../support/operator.mjs';
import { Browser, enrol, startSandbox, until } from '../support/sandbox.mjs';
import { bring, id, register, says, shownQr, state } from '../support/screens.mjs';

let sandbox, phones;
const header = 'practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after,registration_number,card_id\n';

before(async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'tegata-screens-'));
  writeFileSync(path.join(dir, 'further.toml'), '[registration_number]\nenabled = true\n');
  sandbox = await startSandbox({ dir });
  const file = path.join(dir, 'people.csv');
  writeFileSync(file, `${header}AB12345689,検証 太郎,Kensho Taro,Medical Doctor,TEST,1000001,2029-03-31,123456,AB12-CD34\n`);
  assert.equal(operate(sandbox, 'practitioner', 'import', file).ok, true);
  phones = await launchPhone();
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

// A PC with a reader and a passkey of its own, bound by this card.
async function boundDesk(card) {
  const pc = await openDesk(phones, sandbox);
  pc.card = card;
  const cdp = await pc.context.newCDPSession(pc.page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal',
    hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  await bindPhone(sandbox, pc, card);
  return pc;
}

async function askByNumbers() {
  const pc = await openDesk(phones, sandbox);
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-number'));
  await pc.page.fill(id('registration-number'), '123456');
  await pc.page.fill(id('card-id'), 'AB12CD34');
  await pc.page.click(id('number-ok'));
  return pc;
}

async function toApproval(page) {
  await page.goto(`${sandbox.public_origin}/devices`);
  await page.waitForSelector(`${id('sign-in-phone')}:visible, ${id('device')}:visible`);
  if (await page.isVisible(id('sign-in-phone'))) await page.click(id('sign-in-phone'));
  await page.waitForSelector(id('approval-yes'));
}

test('a new phone that waits for a registered one: the log-in of a card is not enough, and one that was declined is gone', async () => {
  const own = await boundDesk(sandbox.card()), pc = await askByNumbers(), phone = await phones.phone();
  const number = await bring(pc.page, phone);
  await phone.page.waitForSelector(id('approval-wait'));
  await toApproval(own.page);
  const second = await own.context.newPage();
  await second.goto(`${sandbox.public_origin}/devices`);
  // By card, without a log-out: that would have ended the first tab, too.
  await second.evaluate(async () => {
    const answer = await fetch('/api/start', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ purpose: 'devices', method: 'card' }) });
    location.assign((await answer.json()).card_url);
  });
  await second.waitForFunction((selector) => document.querySelector(selector)?.checkVisibility() &&
    !document.querySelector('#approval-by-phone').hidden, id('approval-no'));
  assert.equal(await second.isVisible(id('approval-yes')), false);
  await second.close();
  await own.page.fill(id('approval-typed'), number);
  await own.page.click(id('approval-yes'));
  await says(own.page, 'devices-error', 'E-608');
  await shoot(own.page, 'screens-card-is-not-enough');
  assert.equal(await phone.page.isVisible(id('register')), false);

  // By the phone again; in another tab its owner has said no meanwhile.
  await own.context.clearCookies();
  await toApproval(own.page);
  const third = await own.context.newPage();
  await third.goto(`${sandbox.public_origin}/devices`);
  await third.click(id('approval-no'));
  await third.waitForSelector(id('devices-told'));
  await state(pc.page, 'rejected');
  await own.page.fill(id('approval-typed'), number);
  await own.page.click(id('approval-yes'));
  await says(own.page, 'devices-error', 'E-206');
  await shoot(own.page, 'screens-declined');
  await own.page.reload();
  await own.page.waitForSelector(id('device'));
  assert.equal(await own.page.isVisible(id('approval')), false);
  await pc.close();
  await own.close();
});

test('a phone removed in another tab cannot be renamed here', async () => {
  const card = sandbox.card('good', 'hpki-auth', 1);
  for (const name of ['one', 'two']) await enrol(sandbox, card, path.join(sandbox.dir, `${name}.json`));
  const pc = await openDesk(phones, sandbox);
  pc.card = card;
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-devices'));
  await pc.page.click(id('start-card'));
  await pc.page.waitForSelector(id('device'));
  await pc.page.locator(id('device-rename')).first().click();
  const label = await pc.page.locator(id('device-label')).first().textContent();
  const second = await pc.context.newPage();
  await second.goto(`${sandbox.public_origin}/devices`);
  const gone = second.locator(id('device')).first();
  assert.equal(await gone.locator(id('device-label')).textContent(), label);
  await gone.locator(id('device-remove')).click();
  await gone.locator(id('device-remove-ok')).click();
  await second.waitForSelector(id('devices-told'));
  await pc.page.locator(id('device-new-label')).first().fill('別の名前');
  await pc.page.locator(id('device-rename-ok')).first().click();
  await says(pc.page, 'devices-error', 'E-604');
  await shoot(pc.page, 'screens-phone-gone');
  await pc.page.reload();
  await pc.page.waitForFunction((selector) => document.querySelectorAll(selector).length === 1, id('device'));
  await pc.close();
});

// Leaves the demo for /authorize, where a card with two qualifications is asked for one.
async function toRoles(pc, page) {
  await askAt(page, sandbox, 'authorize');
  await page.click(id('method-card'));
  await page.waitForSelector(id('role'));
}

test('two requests of one browser: a card counts for the one that asked for it last', async () => {
  const pc = await openDesk(phones, sandbox), other = await pc.context.newPage();
  pc.card = sandbox.card('good', 'hpki-auth', 3);
  await toRoles(pc, pc.page);
  await toRoles(pc, other);
  await pc.page.locator(id('role')).first().click();
  await says(pc.page, 'authorize-error', 'E-410');
  await shoot(pc.page, 'screens-card-of-another-tab');
  await pc.page.click(id('method-card'));
  await pc.page.locator(id('role')).first().click();
  await pc.page.waitForSelector(`${id('ehr-state')}[data-state="approved"]`);
  await pc.close();
});

test('what was ended in another tab is over', async () => {
  const phone = await phones.phone(), card = sandbox.card('good', 'hpki-auth', 2);
  await bindPhone(sandbox, phone, card);
  const pc = await openDesk(phones, sandbox);
  pc.card = card;
  await askAt(pc.page, sandbox, 'authorize');
  await pc.page.click(id('method-card'));
  await pc.page.waitForSelector(`${id('ehr-state')}[data-state="approved"]`);
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.click(id('sign-in-phone'));
  await phone.page.waitForSelector(id('pass-end'));
  const second = await phone.context.newPage();
  await second.goto(`${sandbox.public_origin}/devices`);
  await second.click(id('pass-end'));
  await second.waitForSelector(id('passes-none'));
  await phone.page.click(id('pass-end'));
  await says(phone.page, '#passes-problem', 'E-423');
  await phone.page.waitForSelector(id('passes-none'));
  await shoot(phone.page, 'screens-pass-over');
  await pc.close();
  await phone.context.close();
});

test('a way that the server no longer offers', async () => {
  const pc = await openDesk(phones, sandbox), config = path.join(sandbox.dir, 'config.toml');
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-number'));
  writeFileSync(config, readFileSync(config, 'utf8').replace('enabled = true', 'enabled = false'));
  process.kill(Number(readFileSync(path.join(sandbox.dir, 'server.pid'), 'utf8')), 'SIGKILL');
  await until('the server', async () =>
    (await new Browser(sandbox).call('GET', '/api/offers').catch(() => ({}))).body?.registration_number === false);
  await pc.page.fill(id('registration-number'), '123456');
  await pc.page.fill(id('card-id'), 'AB12CD34');
  await pc.page.click(id('number-ok'));
  await says(pc.page, 'number-error', 'E-213');
  await shoot(pc.page, 'screens-way-gone');
  await pc.close();
});

// From the first page to the QR of `card`.
async function signIn(pc, page, card) {
  pc.card = card;
  await page.click(id('start-phone'));
  await page.click(id('start-card'));
  await state(page, 'waiting');
}
// A PC whose screen shows the QR of `card`.
async function atQr(card) {
  const pc = await openDesk(phones, sandbox);
  await pc.page.goto(`${sandbox.public_origin}/`);
  await signIn(pc, pc.page, card);
  return pc;
}
async function openBeside(pc) {
  const page = await pc.context.newPage();
  // A tab has half a second to say that it shows the QR; on a busy machine it may need more.
  await page.addInitScript(() => {
    const real = setTimeout;
    globalThis.setTimeout = (act, ms, ...more) => real(act, ms === 500 ? 5000 : ms, ...more);
  });
  await page.goto(`${sandbox.public_origin}/`);
  return page;
}

test('a second tab leaves the first one\'s QR alone, and offers one of its own', async () => {
  const pc = await atQr(sandbox.card()), phone = await phones.phone(), second = await openBeside(pc);
  await second.waitForSelector('#here-qr:visible');
  assert.equal(await second.isVisible(id('qr')), false);
  await shoot(second, 'screens-qr-elsewhere');
  await phone.page.goto(await shownQr(pc.page));
  await phone.page.click(id('continue'));
  await state(pc.page, 'opened');
  await state(second, 'opened');
  await second.click(id('pc-reject'));
  await state(pc.page, 'rejected');
  // A reload of the first is no second tab.
  await pc.page.click('#fresh-qr');
  const before = await shownQr(pc.page);
  await pc.page.reload();
  assert.notEqual(await shownQr(pc.page), before);
  // The second takes it over, and the first says so.
  await second.reload();
  await second.click('#here-qr');
  await shownQr(second);
  await says(pc.page, '#reason', '別の画面で新しいQRコードが作られました');
  // Whoever leaves the older one leaves the newer alone; where no tab shows it, a new tab does.
  await pc.page.click('#stopped-quit');
  await pc.page.waitForSelector(id('start-phone'));
  await second.waitForTimeout(1500);
  await state(second, 'waiting');
  await second.close();
  await shownQr(await openBeside(pc));
  await phone.context.close();
  await pc.close();
});

test('defect: to leave the tab without the QR ended the QR of the other', async () => {
  const pc = await atQr(sandbox.card()), second = await openBeside(pc);
  await second.click('#elsewhere-quit');
  await second.waitForSelector(id('start-phone'));
  const phone = await phones.phone();
  await bring(pc.page, phone);
  await register(phone);
  await state(pc.page, 'done');
  await phone.context.close();
  await pc.close();
});

test('defect: the first tab went over to the person who signed in by a second one', async () => {
  const [first, next] = [sandbox.card(), sandbox.card('good', 'hpki-auth', 1)];
  const pc = await atQr(first), second = await openBeside(pc);
  await second.click('#elsewhere-quit');
  await signIn(pc, second, next);
  await says(pc.page, '#start-problem', 'E-201');
  await shoot(pc.page, 'screens-next-person');
  assert.equal((await pc.page.textContent(id('practitioner-id'))).includes(next.practitioner_id), false);
  await pc.close();
});

test('defect: a tab that was done took the session of the next person along', async () => {
  const [first, next] = [sandbox.card(), sandbox.card('good', 'hpki-auth', 1)];
  const pc = await atQr(first), one = await phones.phone(), two = await phones.phone();
  const second = await openBeside(pc);
  await second.click('#elsewhere-quit');
  await bring(pc.page, one);
  await register(one);
  await state(pc.page, 'done');
  const ticket = await pc.page.evaluate(() => performance.getEntriesByType('resource')
    .map(({ name }) => new URL(name).searchParams.get('ticket_id')).findLast(Boolean));
  await signIn(pc, second, next);
  // It has let go by itself; one that sleeps hears nothing, and says good-bye for its own ticket when it is closed.
  await pc.page.waitForSelector(id('start-phone'));
  assert.equal(await pc.page.evaluate(async (ticket_id) => (await fetch('/api/session/end', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ticket_id }) })).status, ticket), 204);
  await bring(second, two);
  await register(two);
  await state(second, 'done');
  assert.equal(await second.textContent(id('practitioner-id')), next.practitioner_id);
  for (const phone of [one, two]) await phone.context.close();
  await pc.close();
});

test('a phone that was confirmed is registered though the session ended: the PC says where it goes on', async () => {
  const pc = await atQr(sandbox.card()), phone = await phones.phone(), second = await openBeside(pc);
  await second.click('#elsewhere-quit');
  await bring(pc.page, phone);
  await state(pc.page, 'confirmed');
  await signIn(pc, second, sandbox.card('good', 'hpki-auth', 1));
  await pc.page.waitForSelector('#on-phone-end:visible');
  await shoot(pc.page, 'screens-on-phone');
  await register(phone);
  await pc.page.click('#on-phone-end');
  await pc.page.waitForSelector(id('start-phone'));
  await phone.context.close();
  await pc.close();
});
