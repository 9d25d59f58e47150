// Registration number and card ID, as people's screens show it: off unless configured, each refusal, a bound phone that
// agrees or does not, and the letter for whoever has none.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { openDesk } from '../support/desk.mjs';
import { operate } from '../support/operator.mjs';
import { Browser, startSandbox } from '../support/sandbox.mjs';
import { bring, id, register, state } from '../support/screens.mjs';

let sandbox, phones, bound;
const header = 'practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after,registration_number,card_id\n';
const people = [
  'AB12345689,検証 太郎,Kensho Taro,Medical Doctor,TEST,1000001,2029-03-31,123456,AB12-CD34',
  'CD23456790,検証 花子,Kensho Hanako,Dentist,TEST,1000002,2029-03-31,223456,CD12-EF34',
];

before(async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'tegata-numbers-'));
  writeFileSync(path.join(dir, 'further.toml'), '[registration_number]\nenabled = true\ntries_of_number = 9\ntries_of_address = 60\n');
  sandbox = await startSandbox({ dir });
  const file = path.join(dir, 'people.csv');
  writeFileSync(file, `${header}${people.join('\n')}\n`);
  assert.equal(operate(sandbox, 'practitioner', 'import', file).ok, true);
  phones = await launchPhone();
  bound = await phones.phone();
  await bindPhone(sandbox, bound, sandbox.card());
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

async function openNumbers() {
  const pc = await openDesk(phones, sandbox);
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-number'));
  await pc.page.waitForSelector(id('registration-number'));
  return pc;
}

async function enter(pc, number, card) {
  const answered = pc.page.waitForResponse((response) => response.url().endsWith('/api/registration-number'));
  await pc.page.fill(id('registration-number'), number);
  await pc.page.fill(id('card-id'), card);
  await pc.page.click(id('number-ok'));
  return (await answered).json();
}

// From the numbers to a phone that waits for a registered one.
async function waiting(pc, phone) {
  await enter(pc, '１２３４５６', 'ab12cd34');
  const number = await bring(pc.page, phone);
  await pc.page.waitForSelector(id('approval-asked'));
  await phone.page.waitForSelector(id('approval-wait'));
  return number;
}

// The letters by which PC and new phone call the ticket: the same on both.
async function marks(pc, phone) {
  const shown = [await pc.page.textContent(id('approval-mark')), await phone.page.textContent(id('approval-mark'))];
  assert.equal(shown[0], shown[1]);
  return shown;
}

async function signInBound() {
  await bound.page.goto(`${sandbox.public_origin}/devices`);
  await bound.page.waitForSelector(`${id('sign-in-phone')}:visible, ${id('device')}:visible`);
  if (await bound.page.isVisible(id('sign-in-phone'))) await bound.page.click(id('sign-in-phone'));
  await bound.page.waitForSelector(id('approval'));
}

test('numbers, QR, number of the phone, a registered phone agrees, registration', async () => {
  const pc = await openNumbers();
  await shoot(pc.page, 'number-entry');
  const phone = await phones.phone();
  const number = await waiting(pc, phone);
  await shoot(pc.page, 'number-pc-waits');
  await shoot(phone.page, 'number-phone-waits');
  assert.equal(await phone.page.isVisible(id('register')), false);
  assert.equal((await phone.page.textContent(id('approval-number'))).trim(), number);
  await signInBound();
  assert.match(await bound.page.textContent(id('approval-device')), /iPhone/);
  const [mark] = await marks(pc, phone);
  assert.match(mark, /^[B-Z]{3}$/);
  assert.equal(await bound.page.textContent(id('approval-mark')), mark);
  // All of the entry but its times, which have digits of their own.
  for (const part of ['mark', 'device', 'pc']) assert.equal((await bound.page.textContent(id(`approval-${part}`))).includes(number), false);
  await shoot(bound.page, 'number-approve');
  await bound.page.click(id('approval-yes'));
  assert.match(await bound.page.textContent(id('approval-error')), /2けた/);
  await bound.page.fill(id('approval-typed'), number);
  await bound.page.click(id('approval-yes'));
  await bound.page.waitForSelector(id('devices-told'));
  await shoot(bound.page, 'number-approved');
  await register(phone);
  await state(pc.page, 'done');
  const credentials = operate(sandbox, 'credential', 'list', '--practitioner', 'AB12345689').credentials;
  assert.deepEqual(credentials.map((each) => each.way).sort(), ['card', 'registration-number']);
  await pc.close();
  await phone.context.close();
});

test('a wrong number on the registered phone ends it on all screens', async () => {
  const pc = await openNumbers();
  const phone = await phones.phone();
  const number = await waiting(pc, phone);
  await signInBound();
  await bound.page.fill(id('approval-typed'), number === '00' ? '01' : '00');
  await bound.page.click(id('approval-yes'));
  await bound.page.waitForSelector(id('devices-error'));
  assert.match(await bound.page.textContent(id('devices-error')), /E-202/);
  await shoot(bound.page, 'number-approve-wrong');
  await state(pc.page, 'rejected');
  await phone.page.waitForSelector(id('phone-error'));
  assert.match(await phone.page.textContent(id('phone-error')), /E-202/);

  // A fresh QR without the numbers; this time the owner says no.
  await pc.page.click(id('fresh-qr'));
  const other = await phones.phone();
  await bring(pc.page, other);
  await other.page.waitForSelector(id('approval-wait'));
  await signInBound();
  await bound.page.click(id('approval-no'));
  await bound.page.waitForSelector(id('devices-told'));
  await state(pc.page, 'rejected');
  assert.match(await pc.page.textContent('#reason'), /許可されませんでした/);
  await shoot(pc.page, 'number-declined-pc');
  await other.page.waitForSelector(id('phone-error'));
  await shoot(other.page, 'number-declined-phone');
  await pc.close();
  await phone.context.close();
  await other.context.close();
});

test('defect: two who began at once could not be told apart; now each has its entry, and only the one that is named is approved', async () => {
  // The other one knows the numbers, too, and has a phone of the same kind.
  const begin = async () => {
    const pc = await openNumbers(), phone = await phones.phone();
    const number = await waiting(pc, phone);
    return { pc, phone, number, mark: (await marks(pc, phone))[0] };
  };
  const own = await begin(), other = await begin();
  await signInBound();
  await bound.page.waitForSelector(id('approval-several'));
  await shoot(bound.page, 'number-approve-two');
  const entry = ({ mark }) => bound.page.locator(id('approval'), { has: bound.page.locator(id('approval-mark'), { hasText: mark }) });
  assert.equal(await bound.page.locator(id('approval')).count(), 2);
  assert.equal(await entry(own).locator(id('approval-device')).textContent(), await entry(other).locator(id('approval-device')).textContent());
  assert.match(await entry(own).locator(id('approval-begun')).textContent(), /\d/);

  await entry(own).locator(id('approval-typed')).fill(own.number);
  await entry(own).locator(id('approval-yes')).click();
  await bound.page.waitForSelector(id('devices-told'));
  await own.phone.page.waitForSelector(id('register'));
  assert.equal(await other.phone.page.isVisible(id('register')), false);
  assert.equal(await bound.page.locator(id('approval')).count(), 1);

  await entry(other).locator(id('approval-no')).click();
  await state(other.pc.page, 'rejected');
  await other.phone.page.waitForSelector(id('phone-error'));
  await register(own.phone);
  await state(own.pc.page, 'done');
  for (const { pc, phone } of [own, other]) {
    await pc.close();
    await phone.context.close();
  }
});

test('a fourth that would wait is told to have the others answered first, and waits once one of them was', async () => {
  const three = [];
  for (let count = 0; count < 3; count++) {
    const one = { pc: new Browser(sandbox), phone: new Browser(sandbox) };
    assert.equal((await one.pc.call('POST', '/api/registration-number', { registration_number: '123456', card_id: 'AB12-CD34' })).body.next, 'qr');
    const { url } = (await one.pc.call('POST', '/api/enrollment', {})).body;
    const claimed = await one.phone.call('POST', '/api/phone/claim', { ticket: url.split('#t=')[1], platform_authenticator: true, touch_points: 5 });
    assert.equal((await one.pc.call('POST', '/api/enrollment/confirm', { number: claimed.body.match_number })).status, 200);
    three.push(one);
  }
  const pc = await openNumbers(), phone = await phones.phone();
  await enter(pc, '123456', 'AB12CD34');
  const number = await bring(pc.page, phone);
  await pc.page.waitForFunction(() => /E-215/.test(document.querySelector('#ticket-problem').textContent));
  await shoot(pc.page, 'number-too-many-wait');
  await signInBound();
  assert.equal(await bound.page.locator(id('approval')).count(), 3);
  await bound.page.locator(id('approval-no')).first().click();
  await bound.page.waitForSelector(id('devices-told'));
  await pc.page.fill(id('pc-number'), number);
  await pc.page.click(id('pc-confirm'));
  await pc.page.waitForSelector(id('approval-asked'));
  for (const one of three) await one.pc.call('POST', '/api/session/end', {});
  await pc.close();
  await phone.context.close();
});

test('every refusal reads the same: an unknown number, a wrong card ID, too many tries; what is no number costs nothing', async () => {
  const pc = await openNumbers();
  await enter(pc, 'abc', '');
  await pc.page.waitForSelector(id('number-error'));
  assert.match(await pc.page.textContent(id('number-error')), /E-212/);
  await shoot(pc.page, 'number-malformed');
  const seen = [];
  const wrong = Array.from({ length: 9 }, (_, index) => ['223456', `ZZZZ999${index}`]);
  for (const [number, card] of [['999999', 'ZZZZ9999'], ...wrong, ['223456', 'CD12EF34']]) {
    const { request_id: _, ...answer } = await enter(pc, number, card);
    seen.push(answer);
  }
  await pc.page.waitForFunction((selector) => /E-211/.test(document.querySelector(selector).textContent), id('number-error'));
  for (const answer of seen) assert.deepEqual(answer, seen[0]);
  assert.equal(seen[0].code, 'E-211');
  await shoot(pc.page, 'number-refused');
  await pc.page.click('#language');
  await pc.page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.match(await pc.page.textContent(id('number-error')), /registration number/);
  await pc.close();
});

test('whoever has no registered phone gets a letter, and the operator sees the order', async () => {
  const file = path.join(sandbox.dir, 'third.csv');
  writeFileSync(file, `${header}EF34567801,検証 次郎,Kensho Jiro,Pharmacist,TEST,1000003,2029-03-31,323456,EF12-0034\n`);
  assert.equal(operate(sandbox, 'practitioner', 'import', file).ok, true);
  const pc = await openNumbers();
  assert.equal((await enter(pc, '323456', 'EF12-0034')).next, 'letter');
  await pc.page.waitForSelector(id('letter-ordered'));
  await shoot(pc.page, 'number-letter');
  const ordered = () => operate(sandbox, 'ticket', 'orders').map((each) => each.practitioner_id);
  assert.deepEqual(ordered(), ['EF34567801']);
  assert.equal(operate(sandbox, 'ticket', 'issue', '--practitioner', 'EF34567801', '--origin', 'mailed').ok, true);
  assert.deepEqual(ordered(), []);
  await pc.close();
});

test('a server without the setting does not show the way at all', async () => {
  const plain = await startSandbox();
  try {
    const answer = await new Browser(plain).call('GET', '/api/offers');
    assert.equal(answer.body.registration_number, false);
    const pc = await openDesk(phones, plain);
    await pc.page.goto(`${plain.public_origin}/`);
    await pc.page.waitForSelector(id('start-mynumber'));  // what is offered is known by then
    assert.equal(await pc.page.isVisible(id('start-number')), false);
    const refused = await new Browser(plain).call('POST', '/api/registration-number', { registration_number: '123456', card_id: 'AB12CD34' });
    assert.equal(refused.status, 403);
    assert.equal(refused.body.code, 'E-213');
    await pc.close();
  } finally {
    await plain.stop();
  }
});
