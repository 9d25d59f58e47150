// A lost phone, and no HPKI card at hand: the linked My Number card alone removes it, and what it had approved ends.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchPhone, matchNumber, shoot } from '../support/chromium.mjs';
import { openDesk } from '../support/desk.mjs';
import { Browser, fetchWith, startSandbox, until } from '../support/sandbox.mjs';
import { id } from '../support/screens.mjs';

let sandbox, phones, lost, card, facility;

before(async () => {
  sandbox = await startSandbox();
  phones = await launchPhone();
  facility = sandbox.facilities[0];
  card = sandbox.card('good', 'jpki-auth', 3);  // of the person without an HPKI card
  lost = await phones.phone();
  await bind(lost);
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

async function bind(phone) {
  const pc = new Browser(sandbox);
  assert.equal((await pc.logIn(card, { method: 'mynumber' })).status, 200);
  await phone.page.goto((await pc.call('POST', '/api/enrollment', {})).body.url);
  await phone.page.click(id('continue'));
  await pc.call('POST', '/api/enrollment/confirm', { number: await matchNumber(phone.page) });
  await phone.page.click(id('register'));
  await phone.page.click(id('label-ok'));
  await phone.page.waitForSelector(id('done'));
}

const post = async (place, form) => {
  const response = await fetchWith(sandbox, facility)(`${sandbox.facility_origin}${place}`, {
    method: 'POST', body: new URLSearchParams({ client_id: facility.client_id, ...form }) });
  return { status: response.status, body: await response.json() };
};
const ask = async (terminal) => (await post('/device_authorization', {
  scope: 'openid hpki.sign', terminal_id: terminal, terminal_name: `端末 ${terminal}`, login_hint: card.practitioner_id })).body;
const redeem = (request) => post('/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: request.device_code });
const check = async (pass) => (await fetchWith(sandbox, facility)(`${sandbox.signature_service.url}/check`, {
  method: 'POST', headers: { authorization: `Bearer ${pass}` } })).status;

async function approve(phone, request) {
  await phone.page.goto('about:blank');
  await phone.page.goto(request.verification_uri_complete);
  await phone.page.fill(id('number'), request.number);
  await phone.page.click(id('approve'));
  await phone.page.waitForSelector(`${id('result')}[data-state="approved"]`);
}

async function toDevices(pc) {
  await pc.page.goto(`${sandbox.public_origin}/devices`);
  await pc.page.click(id('sign-in-mynumber'));
  await pc.page.waitForSelector(`${id('practitioner-id')}:visible, ${id('card-error')}:visible`);
}

test('a My Number card that is linked to nobody does not open the page', async () => {
  const pc = await openDesk(phones, sandbox);
  pc.card = sandbox.card('good', 'jpki-auth', 2);
  await toDevices(pc);
  assert.match(await pc.page.textContent(id('card-error')), /E-127/);
  await shoot(pc.page, 'lost-not-linked');
  await pc.close();
});

test('the linked card removes the lost phone; its pass, its approval and its own sessions end at once', async () => {
  const used = await ask('1');
  await approve(lost, used);
  const tokens = await until('the pass', async () => {
    const polled = await redeem(used);
    return polled.status === 200 && polled;
  }, { every: 2100 });
  const pass = tokens.body.access_token;
  assert.equal(await check(pass), 200);
  const approved = await ask('2');
  await approve(lost, approved);  // and not fetched yet
  await lost.page.goto(`${sandbox.public_origin}/devices`);
  await lost.page.click(id('sign-in-phone'));
  await lost.page.waitForSelector(id('device'));

  const pc = await openDesk(phones, sandbox);
  pc.card = card;
  await toDevices(pc);
  assert.equal(await pc.page.textContent(id('practitioner-id')), card.practitioner_id);
  await shoot(pc.page, 'lost-list');
  await pc.page.click(id('device-remove'));
  await pc.page.waitForSelector(id('device-remove-ok'));
  await shoot(pc.page, 'lost-remove');
  await pc.page.click(id('device-remove-ok'));
  await pc.page.waitForSelector(id('devices-none'));
  await shoot(pc.page, 'lost-removed');

  assert.equal(await check(pass), 401);
  assert.equal((await redeem(approved)).body.error, 'invalid_grant');  // cancelled
  // In the thief's hands: signed out, and not let in again.
  await lost.page.reload();
  await lost.page.waitForSelector(id('sign-in-phone'));
  await lost.page.click(id('sign-in-phone'));
  await lost.page.waitForSelector(id('sign-in-error'));
  assert.match(await lost.page.textContent(id('sign-in-error')), /E-603/);
  await shoot(lost.page, 'lost-phone-itself');
  const request = await ask('3');
  await lost.page.goto('about:blank');
  await lost.page.goto(request.verification_uri_complete);
  await lost.page.fill(id('number'), request.number);
  await lost.page.click(id('approve'));
  await lost.page.waitForFunction(() => /E-4\d\d/.test(document.body.textContent));
  await shoot(lost.page, 'lost-phone-refused');
  assert.equal((await redeem(request)).body.error, 'authorization_pending');

  // A new phone, by the same card.
  const next = await phones.phone();
  await bind(next);
  await pc.page.reload();
  await pc.page.waitForSelector(id('device'));
  assert.match(await pc.page.textContent(id('device-way')), /マイナンバーカード/);
  await pc.close();
});
