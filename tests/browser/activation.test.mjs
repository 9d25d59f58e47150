// Activation on a phone's screen: who asks, the number typed from the EHR's screen, approve and decline.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { fetchWith, startSandbox, until } from '../support/sandbox.mjs';
import { id } from '../support/screens.mjs';

let sandbox, phones, phone, card;

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
  sandbox = await startSandbox();
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
  assert.match(await phone.page.textContent(id('result')), /E-404/);
  await shoot(phone.page, 'phone-wrong-number');
  assert.equal((await redeem(request)).body.error, 'access_denied');
});

test('CIBA: the link of the QR leads to the same page, with the words to compare', async () => {
  const begun = await post('/backchannel', { scope: 'openid hpki.sign', login_hint: card.practitioner_id,
    binding_message: '処方 12', terminal_id: '4', terminal_name: '端末 4' });
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const { auth_req_id, deep_link, number } = begun.body;
  const poll = () => post('/token', { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id });
  assert.equal((await poll()).body.error, 'authorization_pending');
  await phone.page.goto(deep_link);
  await phone.page.waitForSelector(id('approve'));
  assert.equal(await phone.page.textContent(id('binding-message')), '処方 12');
  assert.match(await phone.page.textContent(id('terminal-name')), /端末 4/);
  await shoot(phone.page, 'phone-ciba');
  await phone.page.fill(id('number'), number);
  await phone.page.click(id('approve'));
  await phone.page.waitForSelector(`${id('result')}[data-state="approved"]`);
  const answer = await until('the pass', async () => {
    const polled = await poll();
    return polled.status === 200 && polled;
  }, { every: 2100 });
  const claims = JSON.parse(Buffer.from(answer.body.access_token.split('.')[1], 'base64url'));
  assert.equal(claims.sub, card.practitioner_id);
});

test('two facilities ask the same person at once: each request has its own page, number and pass', async () => {
  const asks = [];
  for (const facility of sandbox.facilities) {
    const send = async (place, form) => (await fetchWith(sandbox, facility)(`${sandbox.facility_origin}${place}`, {
      method: 'POST', body: new URLSearchParams({ client_id: facility.client_id, ...form }) })).json();
    asks.push({ facility, send, request: await send('/device_authorization', { scope: 'openid hpki.sign', terminal_id: '5',
      terminal_name: '端末 5', login_hint: card.practitioner_id }) });
  }
  // Both pages stand open on one phone before either is answered.
  const pages = [];
  for (const each of asks) {
    const page = await phone.context.newPage();
    const cdp = await phone.context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { credentials } = await phone.cdp.send('WebAuthn.getCredentials', { authenticatorId: phone.authenticatorId });
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2',
      ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true, defaultBackupEligibility: true, defaultBackupState: true } });
    const [credential] = credentials;
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount: credential.signCount + 100 * (pages.length + 1) } });
    await page.goto(each.request.verification_uri_complete);
    await page.waitForSelector(id('approve'));
    assert.equal(await page.textContent(id('facility-name')), each.facility.name);
    pages.push(page);
  }
  for (const [index, each] of asks.entries()) {
    await pages[index].fill(id('number'), each.request.number);
    await pages[index].click(id('approve'));
    await pages[index].waitForSelector(`${id('result')}[data-state="approved"]`);
    const tokens = await each.send('/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: each.request.device_code });
    const claims = JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url'));
    assert.equal(claims.facility_code, each.facility.code);
    await pages[index].close();
  }
});

test('a code that nobody asked for has a readable page', async () => {
  await phone.page.goto('about:blank');  // another fragment alone would load nothing
  await phone.page.goto(`${sandbox.public_origin}/d#t=AAAAAAAAAAAAAAAAAAAAAA`);
  await phone.page.waitForSelector(`${id('result')}[data-state="expired"]`);
  await shoot(phone.page, 'phone-activate-expired');
});
