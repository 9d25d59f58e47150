// Activation on a phone's screen: who asks, the number typed from the EHR's screen, approve and decline.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { fetchWith, portShift, startSandbox, until } from '../support/sandbox.mjs';

let sandbox, phones, phone, card;
const id = (name) => `[data-testid="${name}"]`;

const post = async (place, form) => {
  const facility = sandbox.facilities[0];
  const response = await fetchWith(sandbox, facility)(`${sandbox.facility_origin}${place}`, {
    method: 'POST', body: new URLSearchParams({ client_id: facility.client_id, ...form }) });
  return { status: response.status, body: await response.json() };
};
const ask = async (terminal) => (await post('/device_authorization', {
  scope: 'openid hpki.sign', terminal_id: terminal, terminal_name: `端末 ${terminal}`, login_hint: card.practitioner_id })).body;
const redeem = (request) => post('/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: request.device_code });

before(async () => {
  sandbox = await startSandbox({ portBase: 9843 + portShift });
  phones = await launchPhone();
  card = sandbox.card();
  phone = await phones.phone();
  await bindPhone(sandbox, phone, card);
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

test('approve: the page says who, where, until when, for whom; the number comes from the EHR', async () => {
  const request = await ask('1');
  await phone.page.goto(request.verification_uri_complete);
  await phone.page.waitForSelector(id('approve'));
  assert.match(await phone.page.textContent(id('facility-name')), new RegExp(sandbox.facilities[0].name));
  assert.match(await phone.page.textContent(id('terminal-name')), /端末 1/);
  assert.ok((await phone.page.textContent(id('pass-until'))).length > 0);
  const html = await phone.page.content();
  assert.equal(html.includes(card.practitioner_id), false, 'the ID is masked before the assertion');
  await shoot(phone.page, 'phone-activate');
  await phone.page.fill(id('number'), request.number);
  await phone.page.click(id('approve'));
  await phone.page.waitForSelector(`${id('result')}[data-state="approved"]`);
  await shoot(phone.page, 'phone-approved');
  const answer = await until('the pass', async () => {
    const polled = await redeem(request);
    return polled.status === 200 && polled;
  }, { every: 2100 });
  assert.equal(answer.body.token_type.toLowerCase(), 'bearer');
});

test('decline', async () => {
  const request = await ask('2');
  await phone.page.goto(request.verification_uri_complete);
  await phone.page.click(id('decline'));
  await phone.page.waitForSelector(`${id('result')}[data-state="declined"]`);
  await shoot(phone.page, 'phone-declined');
  assert.equal((await redeem(request)).body.error, 'access_denied');
});

test('a wrong number ends the request', async () => {
  const request = await ask('3');
  await phone.page.goto(request.verification_uri_complete);
  await phone.page.fill(id('number'), request.number === '00' ? '01' : '00');
  await phone.page.click(id('approve'));
  await phone.page.waitForSelector(`${id('result')}[data-state="failed"]`);
  await shoot(phone.page, 'phone-wrong-number');
  assert.equal((await redeem(request)).body.error, 'access_denied');
});

test('a code that nobody asked for has a readable page', async () => {
  await phone.page.goto('about:blank');  // another fragment alone would load nothing
  await phone.page.goto(`${sandbox.public_origin}/d#t=AAAAAAAAAAAAAAAAAAAAAA`);
  await phone.page.waitForSelector(`${id('result')}[data-state="expired"]`);
  await shoot(phone.page, 'phone-activate-expired');
});
