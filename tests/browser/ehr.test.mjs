// The demo record system in a browser: each way to ask and each method to answer, two facilities at once, what the phone
// shows afterwards; and that `tegata` itself serves none of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { openDesk } from '../support/desk.mjs';
import { approveOn, askAt, checkAtService, ehrState, readScreen, shownPass } from '../support/ehr.mjs';
import { fetchWith, startSandbox } from '../support/sandbox.mjs';
import { id } from '../support/screens.mjs';

let sandbox, browser, phone, card;

before(async () => {
  sandbox = await startSandbox();
  browser = await launchPhone();
  card = sandbox.card();
  phone = await browser.phone();
  await bindPhone(sandbox, phone, card);
});
after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

const onDesk = (name, act) => test(name, async () => {
  const desk = await openDesk(browser, sandbox);
  const complaints = [];
  desk.page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) complaints.push(message.text()); });
  desk.page.on('pageerror', (error) => complaints.push(String(error)));
  await act(desk);
  assert.deepEqual(complaints, []);
  await desk.close();
});

onDesk('QR here: number, phone, pass, signature service, end', async ({ page }) => {
  await askAt(page, sandbox, 'qr', { person: card.practitioner_id });
  await ehrState(page, 'waiting');
  const seen = await readScreen(page);
  assert.match(await page.textContent(id('ehr-user-code')), new RegExp(`^([A-Z]{4}-){2}${seen.number}$`));
  await shoot(page, 'ehr-qr');
  await approveOn(phone, seen);
  const claims = await shownPass(page);
  assert.equal(claims.sub, card.practitioner_id);
  assert.equal(claims.client_id, sandbox.facilities[0].client_id);
  await checkAtService(page, true);
  await shoot(page, 'ehr-pass');
  await page.click(id('ehr-end'));
  await ehrState(page, 'ended');
  await checkAtService(page, false);
  await shoot(page, 'ehr-ended');
});

onDesk('CIBA: the person is named, the phone follows the link of the QR', async ({ page }) => {
  await askAt(page, sandbox, 'ciba');
  assert.ok(await page.textContent('#person-error'), 'a person has to be chosen');
  await askAt(page, sandbox, 'ciba', { person: card.practitioner_id });
  const seen = await readScreen(page);
  const message = await page.textContent(id('ehr-message'));
  assert.match(message, /処方 \d{3}/);
  await shoot(page, 'ehr-ciba');
  await phone.page.goto('about:blank');
  await phone.page.goto(seen.link);
  await phone.page.waitForSelector(id('approve'));
  assert.equal(await phone.page.textContent(id('binding-message')), message);
  await approveOn(phone, seen);
  assert.equal((await shownPass(page)).sub, card.practitioner_id);
  await checkAtService(page, true);
});

onDesk('/authorize by phone', async ({ page }) => {
  await askAt(page, sandbox, 'authorize');
  await page.click(id('method-phone'));
  await approveOn(phone, await readScreen(page, { qr: 'qr', number: 'number' }));
  assert.equal((await shownPass(page)).sub, card.practitioner_id);
  assert.equal(new URL(page.url()).search, '', 'no code stays in the address');
  await checkAtService(page, true);
});

onDesk('/authorize by HPKI card', async (desk) => {
  desk.card = card;
  await askAt(desk.page, sandbox, 'authorize');
  await desk.page.click(id('method-card'));
  assert.equal((await shownPass(desk.page)).acr, 'phrh');
  await checkAtService(desk.page, true);
});

onDesk('/authorize by My Number card', async (desk) => {
  desk.card = sandbox.card('good', 'jpki-auth', 3);
  await askAt(desk.page, sandbox, 'authorize');
  await desk.page.click(id('method-mynumber'));
  assert.equal((await shownPass(desk.page)).sub, desk.card.practitioner_id);
  await checkAtService(desk.page, true);
});

test('/authorize by a passkey of this device', async () => {
  const { page } = phone;
  await askAt(page, sandbox, 'authorize');
  await page.click(id('method-passkey'));
  assert.equal((await shownPass(page)).sub, card.practitioner_id);
  await checkAtService(page, true);
});

onDesk('no is no, on /authorize and on the phone', async ({ page }) => {
  await askAt(page, sandbox, 'authorize');
  await page.click(id('decline'));
  await ehrState(page, 'declined');
  await askAt(page, sandbox, 'qr');
  const { link } = await readScreen(page);
  await phone.page.goto('about:blank');
  await phone.page.goto(link);
  await phone.page.click(id('decline'));
  await ehrState(page, 'declined');
  await shoot(page, 'ehr-declined');
});

test('two facilities at once: each pass is the own one, and good for its facility alone', async () => {
  const desks = [await openDesk(browser, sandbox), await openDesk(browser, sandbox)];
  for (const [facility, desk] of desks.entries()) await askAt(desk.page, sandbox, 'qr', { facility, person: card.practitioner_id });
  const seen = [];
  for (const desk of desks) seen.push(await readScreen(desk.page));
  assert.notEqual(seen[0].link, seen[1].link);
  for (const [index, desk] of desks.entries()) {
    await approveOn(phone, seen[index]);
    assert.equal((await shownPass(desk.page)).facility_code, sandbox.facilities[index].code);
    assert.equal(await desk.page.textContent(id('ehr-pass-facility')), sandbox.facilities[index].name);
    await checkAtService(desk.page, true);
  }
  for (const desk of desks) await desk.close();
});

onDesk('a person with two roles chooses one, on the phone and on /authorize', async (desk) => {
  const two = sandbox.card('good', 'hpki-auth', 3);
  assert.equal(two.roles.length, 2);
  const theirs = await browser.phone();
  await bindPhone(sandbox, theirs, two);
  await askAt(desk.page, sandbox, 'qr', { person: two.practitioner_id });
  const { link, number } = await readScreen(desk.page);
  await theirs.page.goto(link);
  await theirs.page.fill(id('number'), number);
  assert.equal(await theirs.page.locator(id('role')).count(), 0, 'no role is told before the proof');
  await theirs.page.click(id('approve'));
  await theirs.page.waitForSelector(`${id('role')}[data-role="Dentist"]`);
  await shoot(theirs.page, 'phone-roles');
  await theirs.page.click(`${id('role')}[data-role="Dentist"]`);
  await theirs.page.waitForSelector(`${id('result')}[data-state="approved"]`);
  assert.deepEqual((await shownPass(desk.page)).hpki_role, ['Dentist']);
  desk.card = two;
  await askAt(desk.page, sandbox, 'authorize');
  await desk.page.click(id('method-card'));
  await desk.page.waitForSelector(id('role'));
  await shoot(desk.page, 'authorize-roles');
  await desk.page.click(`${id('role')}[data-role="Medical Doctor"]`);
  assert.deepEqual((await shownPass(desk.page)).hpki_role, ['Medical Doctor']);
});

onDesk('the code is typed on the phone, as people write it; a wrong one is said and counted', async ({ page }) => {
  await askAt(page, sandbox, 'qr', { person: card.practitioner_id });
  await readScreen(page);
  const code = await page.textContent(id('ehr-user-code'));
  const own = phone.page;
  await own.goto('about:blank');
  await own.goto(`${sandbox.public_origin}/d`);
  await own.waitForSelector(id('user-code'));
  await shoot(own, 'phone-user-code');
  await own.fill(id('user-code'), '12');
  await own.click(id('user-code-ok'));
  await own.waitForSelector('#user-code-error:not(:empty)');
  await own.fill(id('user-code'), `${code.startsWith('B') ? 'C' : 'B'}${code.slice(1)}`);
  await own.click(id('user-code-ok'));
  await own.waitForSelector(`${id('type-error')}:not([hidden])`);
  assert.match(await own.textContent(id('type-error')), /E-421/);
  await shoot(own, 'phone-user-code-wrong');
  const wide = [...code.toLowerCase().replace('-', '')].map((c) => String.fromCodePoint(c.codePointAt(0) + 0xfee0)).join('');
  await own.fill(id('user-code'), wide);
  await own.click(id('user-code-ok'));
  await own.waitForSelector(id('approve'));
  assert.equal(await own.isVisible(id('number')), false, 'nothing is typed twice');
  await own.click(id('approve'));
  await own.waitForSelector(`${id('result')}[data-state="approved"]`);
  assert.equal((await shownPass(page)).sub, card.practitioner_id);
});

onDesk('after the approval the phone lists what counts; one tap ends it, and the signature service knows at once', async ({ page }) => {
  await askAt(page, sandbox, 'qr', { facility: 1, person: card.practitioner_id });
  const seen = await readScreen(page);
  await phone.page.goto('about:blank');
  await phone.page.goto(seen.link);
  await phone.page.waitForSelector(id('approve'));
  assert.equal(await phone.page.locator(id('pass')).count(), 0, 'no pass is told before the proof');
  await approveOn(phone, seen);
  const pass = await shownPass(page);
  await checkAtService(page, true);
  await phone.page.waitForSelector(id('pass'));
  const before = await phone.page.locator(id('pass')).count();
  await shoot(phone.page, 'phone-passes');
  const mine = phone.page.locator(id('pass')).filter({ hasText: 'いま許可したもの' });
  assert.match(await mine.locator(id('pass-facility')).textContent(), new RegExp(sandbox.facilities[1].name));
  await mine.locator(id('pass-end')).click();
  await phone.page.waitForFunction((count) => document.querySelectorAll('[data-testid="pass"]').length === count - 1, before);
  assert.match(await phone.page.textContent('#result-heading'), /取り消しました/);
  await checkAtService(page, false);
  assert.equal(pass.facility_code, sandbox.facilities[1].code);
  await shoot(phone.page, 'phone-passes-ended');
});

test('the page of phones lists and ends passes too', async () => {
  const desk = await openDesk(browser, sandbox);
  desk.card = card;
  await askAt(desk.page, sandbox, 'authorize');
  await desk.page.click(id('method-card'));
  await shownPass(desk.page);
  const devices = await desk.context.newPage();
  await devices.goto(`${sandbox.public_origin}/devices`);
  await devices.click(id('sign-in-card'));
  await devices.waitForSelector(id('pass'));
  await shoot(devices, 'devices-passes');
  for (let left = await devices.locator(id('pass')).count(); left > 0; left--) {
    await devices.locator(id('pass-end')).first().click();
    await devices.waitForFunction((count) => document.querySelectorAll('[data-testid="pass"]').length === count, left - 1);
  }
  assert.ok(await devices.isVisible(id('passes-none')));
  await checkAtService(desk.page, false);
  await desk.close();
});

onDesk('in English', async ({ page }) => {
  await page.goto(sandbox.ehr_url);
  await page.waitForSelector(id('ehr-way-qr'));
  await shoot(page, 'ehr-start');
  await page.click('#language');
  await page.waitForSelector('html[lang="en"]');
  const words = (await page.innerText('main')).replace(/検証[^\n]*|（\w+）/g, '');
  assert.doesNotMatch(words, /[ぁ-んァ-ヶ一-龠]/);
  await shoot(page, 'ehr-start-en');
});

test('the demo answers its own page alone, and tegata serves nothing of it', async () => {
  const ask = (headers) => fetch(`${sandbox.ehr_url}/api/ask`, { method: 'POST', headers, body: '{}' });
  assert.equal((await ask({ 'content-type': 'application/json', origin: 'https://elsewhere.example' })).status, 403);
  assert.equal((await ask({ 'content-type': 'text/plain', origin: sandbox.ehr_url })).status, 403);
  assert.equal((await fetch(sandbox.ehr_url.replace('127.0.0.1', 'localhost'))).status, 403);
  const home = await fetch(sandbox.ehr_url);
  assert.match(home.headers.get('content-security-policy'), /default-src 'none'; script-src 'self'/);
  const open = fetchWith(sandbox);
  for (const place of ['/ehr', '/assets/ehr/index.js', '/assets/ehr/index.html']) {
    assert.equal((await open(`${sandbox.public_origin}${place}`)).status, 404, place);
  }
});
