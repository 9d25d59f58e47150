// The page of phones as people's screens show it: the list, renaming, removing, changing phones both ways, one synced
// passkey in two phones, a lost phone, and each refusal.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchPc, launchPhone, shoot } from '../support/chromium.mjs';
import { startSandbox } from '../support/sandbox.mjs';
import { bring, id, register, state } from '../support/screens.mjs';

let sandbox, phones;

before(async () => {
  sandbox = await startSandbox();
  phones = await launchPhone();
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

// A phone of this card's holder, bound by card; the PC ends at the start page.
async function firstPhone(pc, phone) {
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-phone'));
  await pc.page.click(id('start-card'));
  await bring(pc.page, phone);
  await register(phone);
  await state(pc.page, 'done');
}

async function toDevices(pc) {
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-devices'));
  await pc.page.click(id('start-card'));
  await pc.page.waitForURL(/\/devices$/);
  await pc.page.waitForSelector(id('practitioner-id'));
}

const count = (page, expected) => page.waitForFunction((n) => document.querySelectorAll('[data-testid="device"]').length === n, expected);
const labels = (page) => page.$$eval(id('device-label'), (all) => all.map((each) => each.textContent));

async function removeAt(page, label) {
  // "iPhone 2026-11-20" is not "iPhone 2026-11-20 (2)".
  const exactly = new RegExp(`${label.replace(/[().]/g, '\\$&')}(?! \\()`);
  const device = page.locator(id('device'), { has: page.locator(id('device-label'), { hasText: exactly }) });
  await device.locator(id('device-remove')).click();
  await device.locator(id('device-remove-ok')).waitFor();
  return device;
}

test('list, rename, remove; change of phones from the PC', async () => {
  const pc = await launchPc(sandbox, sandbox.card());
  try {
    const old = await phones.phone();
    await firstPhone(pc, old);
    await toDevices(pc);
    await count(pc.page, 1);
    assert.match(await pc.page.textContent(id('device-added')), /^\d{4}年\d+月\d+日$/);
    assert.match(await pc.page.textContent(id('device-last-used')), /まだ/);
    assert.match(await pc.page.textContent(id('device-synced')), /あり/);
    assert.ok(await pc.page.getAttribute(id('device'), 'data-credential-id'));
    await shoot(pc.page, 'devices-list');

    // Renaming: a bad name is refused and the field stays, a good one stands.
    await pc.page.click(id('device-rename'));
    await pc.page.fill(id('device-new-label'), '<>');
    await shoot(pc.page, 'devices-rename');
    await pc.page.click(id('device-rename-ok'));
    await pc.page.waitForSelector(id('devices-error'));
    assert.match(await pc.page.textContent(id('devices-error')), /E-208/);
    await pc.page.fill(id('device-new-label'), '古い電話');
    await pc.page.click(id('device-rename-ok'));
    await pc.page.waitForFunction(() => document.querySelector('[data-testid="device-label"]').textContent === '古い電話');

    // The new phone: registered, named, tried, and only then the old one is offered.
    await pc.page.click(id('device-add'));
    const phone = await phones.phone();
    await bring(pc.page, phone);
    await register(phone, 'prove');
    await shoot(phone.page, 'devices-change-prove');
    await state(pc.page, 'done');
    await pc.page.click(id('to-devices'));
    await count(pc.page, 2);
    assert.match(await pc.page.textContent(id('change-offer')), /ためす/);
    assert.equal(await pc.page.locator('.device.offered').count(), 0);
    await phone.page.click(id('prove'));
    await phone.page.waitForSelector(id('done-change'));
    await shoot(phone.page, 'devices-change-done');
    await pc.page.waitForSelector('.device.offered');
    assert.equal(await pc.page.locator('.device.offered').locator(id('device-label')).textContent(), '古い電話');
    await shoot(pc.page, 'devices-change-offer');
    const device = await removeAt(pc.page, '古い電話');
    assert.equal(await device.locator(id('warn-synced')).isVisible(), true);
    await shoot(pc.page, 'devices-remove');
    await device.locator(id('device-remove-cancel')).click();
    await (await removeAt(pc.page, '古い電話')).locator(id('device-remove-ok')).click();
    await count(pc.page, 1);
    assert.match(await pc.page.textContent(id('devices-told')), /古い電話/);
    assert.match(await pc.page.textContent(id('device-events')), /「古い電話」を削除しました/);
    await shoot(pc.page, 'devices-removed');

    // The removed phone comes back: it hears that it was removed.
    await old.page.goto(`${sandbox.public_origin}/devices`);
    await old.page.waitForSelector(id('devices-sign-in'));
    await shoot(old.page, 'devices-sign-in');
    await old.page.click(id('sign-in-phone'));
    await old.page.waitForSelector(id('sign-in-error'));
    assert.match(await old.page.textContent(id('sign-in-error')), /E-603/);
    await shoot(old.page, 'devices-sign-in-removed');
  } finally {
    await pc.close();
  }
});

test('change of phones from the old phone, without a PC', async () => {
  const pc = await launchPc(sandbox, sandbox.card('good', 'hpki-auth', 1));
  const old = await phones.phone();
  try {
    await firstPhone(pc, old);
  } finally {
    await pc.close();
  }
  await old.page.goto(`${sandbox.public_origin}/devices`);
  await old.page.click(id('sign-in-phone'));
  await count(old.page, 1);
  assert.match(await old.page.textContent(id('device')), /いま使っている端末/);
  await shoot(old.page, 'devices-on-phone');
  await old.page.click(id('device-add'));
  await shoot(old.page, 'devices-on-phone-qr');
  const phone = await phones.phone();
  await bring(old.page, phone);
  await register(phone, 'prove');
  await phone.page.click(id('prove'));
  await phone.page.waitForSelector(id('done-change'));
  await state(old.page, 'done');
  await old.page.click(id('to-devices'));
  await old.page.waitForSelector('.device.offered');
  const label = await old.page.locator('.device.offered').locator(id('device-label')).textContent();
  const device = await removeAt(old.page, label);
  await device.locator('.warn-this').waitFor();
  await device.locator(id('device-remove-ok')).click();
  await old.page.waitForSelector(id('devices-ended'));
  await shoot(old.page, 'devices-ended');
  // The new one is in charge now.
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.click(id('sign-in-phone'));
  await count(phone.page, 1);
  assert.match(await phone.page.textContent(id('device-way')), /登録ずみの端末/);
});

test('defect: a status that comes late, while the new phone proves itself, asks for no second challenge', async () => {
  const pc = await launchPc(sandbox, sandbox.card('good', 'hpki-auth', 1));
  const phone = await phones.phone();
  const calls = (name) => `**/api/phone/${name}`;
  // Calls of that name wait until they are let go.
  const hold = (name) => new Promise((began) => {
    const freed = new Promise((go) => phone.page.route(calls(name), async (route) => {
      began(go);
      await freed;
      await route.continue();
    }));
  });
  let challenges = 0;
  phone.page.on('request', (request) => { if (request.url().endsWith('/api/phone/prove/options')) ++challenges; });
  try {
    await toDevices(pc);
    await pc.page.click(id('device-add'));
    await bring(pc.page, phone);
    await phone.page.waitForSelector(id('register'));
    const letStatusGo = await hold('status');
    await register(phone, 'prove');
    const proof = hold('prove');
    await phone.page.click(id('prove'));
    const letProofGo = await proof;
    const answered = phone.page.waitForResponse(calls('status'));
    letStatusGo();
    assert.equal((await (await answered).json()).state, 'done');
    await phone.page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    letProofGo();
    await phone.page.waitForSelector(id('done-change'));
    assert.equal(challenges, 1);
  } finally {
    await pc.close();
  }
});

test('one synced passkey in two phones: the new phone is bound already, and nothing is offered for removal', async () => {
  const pc = await launchPc(sandbox, sandbox.card('good', 'hpki-auth', 2));
  try {
    const old = await phones.phone();
    await firstPhone(pc, old);
    const { credentials } = await old.cdp.send('WebAuthn.getCredentials', { authenticatorId: old.authenticatorId });
    const phone = await phones.phone();
    await phone.cdp.send('WebAuthn.addCredential', { authenticatorId: phone.authenticatorId, credential: credentials.at(-1) });
    await toDevices(pc);
    await pc.page.click(id('device-add'));
    await bring(pc.page, phone);
    await phone.page.click(id('register'));
    await phone.page.waitForSelector(id('prove-bound'));
    assert.match(await phone.page.textContent(id('register-error')), /E-304/);
    await shoot(phone.page, 'devices-synced-bound');
    await phone.page.click(id('prove-bound'));
    await phone.page.waitForSelector(id('label'));
    await phone.page.click(id('label-ok'));
    await phone.page.waitForSelector(id('done'));
    await state(pc.page, 'done');
    await pc.page.click(id('to-devices'));
    await count(pc.page, 1);
    await pc.page.waitForSelector(id('change-offer'));
    assert.match(await pc.page.textContent(id('change-offer')), /削除するものはありません/);
    assert.equal(await pc.page.locator('.device.offered').count(), 0);
    await shoot(pc.page, 'devices-synced-offer');

    // The lost phone: the card alone removes it, and its approval is gone at once.
    await (await removeAt(pc.page, 'iPhone')).locator(id('device-remove-ok')).click();
    await pc.page.waitForSelector(id('devices-none'));
    await shoot(pc.page, 'devices-lost');
  } finally {
    await pc.close();
  }
});

test('refusals: a phone that is not bound, a cancelled prompt', async () => {
  const stranger = await phones.phone();
  await stranger.page.goto(`${sandbox.public_origin}/devices`);
  await stranger.page.waitForSelector(id('devices-sign-in'));
  await stranger.cdp.send('WebAuthn.setUserVerified', { authenticatorId: stranger.authenticatorId, isUserVerified: false });
  await stranger.page.click(id('sign-in-phone'));
  await stranger.page.waitForSelector(id('sign-in-error'), { timeout: 70_000 });
  assert.match(await stranger.page.textContent(id('sign-in-error')), /E-4\d\d/);
  await shoot(stranger.page, 'devices-sign-in-refused');
});
