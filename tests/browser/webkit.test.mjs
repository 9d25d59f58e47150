// Every page in WebKitGTK, and every flow up to the WebAuthn call and on from it. No page may break its own policy or throw.
// WebKitGTK itself knows no WebAuthn: what the pages say there is tested first, then they are given a stand-in.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { Authenticator } from '../support/authenticator.mjs';
import { issueTicket } from '../support/operator.mjs';
import { Browser, fetchWith, startSandbox, until } from '../support/sandbox.mjs';
import { launchWebKit, openScreen } from '../support/webkit.mjs';
import { id } from '../support/screens.mjs';

let sandbox, screen, card, open = [];
const pcStatus = (state) => `${id('pc-status')}[data-state="${state}"]`;

before(async () => {
  screen = await openScreen();
  sandbox = await startSandbox();
  card = sandbox.card();
});
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});
after(async () => {
  await sandbox?.stop();
  screen?.close();
});

async function launch(options) {
  const browser = await launchWebKit(screen, options);
  open.push(browser);
  return browser;
}

// What is asked of every page that was come to: nothing was thrown or refused, it is in Japanese, and fits its screen.
async function sound(browser, name) {
  assert.deepEqual(await browser.complaints(), [], name);
  assert.equal(await browser.run('return document.documentElement.lang'), 'ja', name);
  assert.ok(await browser.run('return document.documentElement.scrollWidth <= innerWidth'), `${name} is too wide`);
  await browser.shoot(name);
}

async function says(browser, box, code) {
  await browser.wait(id(box));
  const words = await browser.text(id(box));
  assert.match(words, new RegExp(code));
  assert.match(words, /[ぁ-ん]/);
}

// The PC's part of a card enrollment, by requests: gives the QR's address.
async function ticketByCard(purpose = 'enrol') {
  const pc = new Browser(sandbox);
  assert.equal((await pc.logIn(card, { purpose })).status, 200);
  return { pc, url: (await pc.call('POST', '/api/enrollment', {})).body.url };
}

const ask = async (terminal) => {
  const facility = sandbox.facilities[0];
  const answer = await fetchWith(sandbox, facility)(`${sandbox.facility_origin}/device_authorization`, { method: 'POST',
    body: new URLSearchParams({ client_id: facility.client_id, scope: 'openid hpki.sign', terminal_id: terminal, terminal_name: '診察室 1',
      login_hint: card.practitioner_id }) });
  return answer.json();
};
// The address that an EHR opens, its request pushed ahead.
async function authorizeUrl() {
  const facility = sandbox.facilities[0];
  const pushed = await fetchWith(sandbox, facility)(`${sandbox.facility_origin}/par`, { method: 'POST', body: new URLSearchParams({
    client_id: facility.client_id, response_type: 'code', redirect_uri: 'http://127.0.0.1:49222/callback', scope: 'openid hpki.sign', state: 's1',
    code_challenge: createHash('sha256').update('verifier').digest('base64url'), code_challenge_method: 'S256', terminal_id: 't1', terminal_name: '診察室 1' }) });
  const { request_uri: uri } = await pushed.json();
  return `${sandbox.public_origin}/authorize?${new URLSearchParams({ client_id: facility.client_id, request_uri: uri })}`;
}

test('without WebAuthn each page says in Japanese what to do, and claims nothing', async () => {
  const phone = await launch({ phone: true });
  const { pc, url } = await ticketByCard();
  await phone.goto(url);
  await says(phone, 'check-error', 'E-312');
  await sound(phone, 'phone-no-webauthn');
  assert.equal((await pc.call('GET', '/api/enrollment')).body.state, 'waiting');

  const request = await ask('1');
  await phone.goto(request.verification_uri_complete);
  await phone.fill(id('number'), request.number);
  await phone.click(id('approve'));
  await says(phone, 'request-error', 'E-414');
  await sound(phone, 'activate-no-webauthn');

  await phone.goto(`${sandbox.public_origin}/devices`);
  await phone.click(id('sign-in-phone'));
  await says(phone, 'sign-in-error', 'E-414');
  await sound(phone, 'devices-no-webauthn');

  await phone.goto(await authorizeUrl());
  await phone.click(id('method-passkey'));
  await says(phone, 'authorize-error', 'E-414');
  await sound(phone, 'authorize-no-webauthn');
});

test('inside another app: how to get out of there', async () => {
  const phone = await launch({ phone: true, agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/15.9.0' });
  const { url } = await ticketByCard();
  for (const [name, address] of [['phone-in-app', url], ['activate-in-app', (await ask('2')).verification_uri_complete]]) {
    await phone.goto(address);
    await phone.wait(id('in-app'));
    await sound(phone, name);
  }
});

test('pages without a ticket or with a dead one', async () => {
  const phone = await launch({ phone: true, keys: true });
  for (const [name, place, wanted] of [['phone-none', '/p', '[data-view="none"]'], ['activate-none', '/d', '[data-view="none"]'],
    ['phone-dead', '/p#t=AAAAAAAAAAAAAAAAAAAAAA', id('phone-error')],
    ['activate-dead', '/d#t=AAAAAAAAAAAAAAAAAAAAAA', `${id('result')}[data-state="expired"]`],
    ['start-narrow', '/', id('start-phone')], ['mynumber', '/mynumber', id('start-card')], ['devices', '/devices', id('devices-sign-in')]]) {
    await phone.goto(`${sandbox.public_origin}${place}`);
    await phone.wait(wanted);
    await sound(phone, name);
  }
});

test('the main job: card on the reader, QR, number, the call for a new key, label, done; then its devices', async () => {
  const pc = await launch();
  const phone = await launch({ phone: true, keys: true });
  const authenticator = new Authenticator(sandbox.public_origin);

  // No card first: each log-in has a host of its own, so the same window goes on once the card lies on the reader.
  await pc.goto(`${sandbox.public_origin}/`);
  await pc.wait(id('start-phone'));
  await sound(pc, 'pc-start');
  await pc.click(id('start-phone'));
  await pc.click(id('start-card'));
  await says(pc, 'card-error', 'E-101');
  await sound(pc, 'pc-card-error');
  pc.insert(card);
  await pc.click(id('retry'));
  if (await pc.visible(id('start-card'))) await pc.click(id('start-card'));
  await pc.wait(pcStatus('waiting'));
  await sound(pc, 'pc-qr');

  await phone.goto(await pc.readQr(id('qr')));
  await phone.wait(id('continue'));
  await sound(phone, 'phone-landing');
  await phone.click(id('continue'));
  await phone.wait(id('match-number'));
  const number = await until('the number', async () => /\d\d/.exec(await phone.text(id('match-number')))?.[0]);
  await sound(phone, 'phone-number');
  await pc.fill(id('pc-number'), number);
  await sound(pc, 'pc-number');
  await pc.click(id('pc-confirm'));

  // The person is not recognised ten times; the same ticket serves the eleventh.
  await phone.click(id('register'));
  for (let failure = 0; failure < 10; ++failure) {
    await phone.asked('create');
    await phone.refuse('NotAllowedError');
    await phone.wait(id('register-error'));
    assert.match(await phone.text(id('register-error')), /[ぁ-ん]/);
    if (failure === 0) await sound(phone, 'phone-register-error');
    await phone.click(id('retry'));
  }
  const options = await phone.asked('create');
  assert.equal(options.rp.id, 'localhost');
  assert.equal(options.authenticatorSelection.userVerification, 'required');
  assert.ok(options.pubKeyCredParams.some(({ alg }) => alg === -7));
  await phone.answer(authenticator.create(options));
  await phone.wait(id('label'));
  await sound(phone, 'phone-label');
  await phone.click(id('label-ok'));
  await phone.wait(id('done'));
  await sound(phone, 'phone-done');
  await pc.wait(pcStatus('done'));
  await sound(pc, 'pc-done');

  // Signing in by that key; renaming; the PC's list after the card.
  await phone.goto(`${sandbox.public_origin}/devices`);
  await phone.click(id('sign-in-phone'));
  await phone.answer(authenticator.get(await phone.asked('get')));
  await phone.wait(id('device'));
  await sound(phone, 'devices-list');
  await phone.click(id('device-rename'));
  await phone.fill(id('device-new-label'), '診察用の電話');
  await sound(phone, 'devices-rename');
  await phone.click(id('device-rename-ok'));
  await until('the new name', async () => (await phone.text(id('device-label'))) === '診察用の電話');
  await phone.click(id('device-remove'));
  await phone.wait(id('device-remove-ok'));
  await sound(phone, 'devices-remove');

  // An activation by it.
  const request = await ask('3');
  await phone.goto(request.verification_uri_complete);
  await phone.wait(id('approve'));
  await sound(phone, 'activate');
  await phone.fill(id('number'), request.number);
  await phone.click(id('approve'));
  await phone.answer(authenticator.get(await phone.asked('get')));
  await phone.wait(`${id('result')}[data-state="approved"]`);
  await sound(phone, 'activate-approved');

  // And /authorize, by it.
  await phone.goto(await authorizeUrl());
  await phone.click(id('method-passkey'));
  await phone.asked('get');
  await sound(phone, 'authorize');

  // A change of phones at the PC: the new one proves itself, then the old one is offered for removal.
  await pc.goto(`${sandbox.public_origin}/`);
  await pc.click(id('start-devices'));
  await pc.click(id('start-card'));
  await pc.click(id('device-add'));
  await pc.wait(pcStatus('waiting'));
  await sound(pc, 'devices-add');
  const next = await launch({ phone: true, keys: true });
  const other = new Authenticator(sandbox.public_origin);
  await next.goto(await pc.readQr(id('qr')));
  await next.click(id('continue'));
  await pc.fill(id('pc-number'), await until('the number', async () => /\d\d/.exec(await next.text(id('match-number')))?.[0]));
  await pc.click(id('pc-confirm'));
  await next.click(id('register'));
  await next.answer(other.create(await next.asked('create')));
  await next.click(id('label-ok'));
  await next.wait(id('prove'));
  await sound(next, 'change-prove');
  await next.click(id('prove'));
  await next.answer(other.get(await next.asked('get')));
  await next.wait(id('done-change'));
  await sound(next, 'change-done');
  await pc.click(id('to-devices'));
  await pc.wait('.device.offered');
  await sound(pc, 'pc-change-offer');
});

test('cards by its own TLS: each refusal has its page, and the right card goes on in the same window', async () => {
  const pc = await launch();
  // A signing card never gets here: GnuTLS, WebKitGTK's TLS, does not sign a handshake with it.
  for (const [name, code, refused] of [['expired', 'E-103', sandbox.card('expired')], ['revoked', 'E-104', sandbox.card('revoked')], ['foreign', 'E-105', sandbox.card('foreign-ca')],
    ['unknown', 'E-106', sandbox.card('unknown-person')], ['no-role', 'E-112', sandbox.card('no-role')]]) {
    pc.insert(refused);
    await pc.goto(`${sandbox.public_origin}/`);
    await pc.click(id('start-phone'));
    await pc.click(id('start-card'));
    await says(pc, 'card-error', code);
    await sound(pc, `pc-card-${name}`);
    pc.insert(card);
    await pc.click(id('retry'));
    await pc.wait(pcStatus('waiting'));
    await pc.click('#quit');
    await pc.wait(id('start-phone'));
  }
});

test('My Number card: linked after the HPKI card, then it logs in', async () => {
  const pc = await launch();
  pc.insert(sandbox.card('good', 'hpki-auth', 1));
  await pc.goto(`${sandbox.public_origin}/`);
  await pc.click(id('start-mynumber'));
  await pc.click(id('start-card'));
  await pc.wait(id('link-mynumber'));
  await sound(pc, 'pc-mynumber-swap');
  const own = sandbox.card('good', 'jpki-auth', 2);
  pc.insert(own);
  await pc.click(id('link-mynumber'));
  await pc.wait(id('mynumber-done'));
  await sound(pc, 'pc-mynumber-done');
  await pc.goto(`${sandbox.public_origin}/`);
  await pc.click(id('start-phone'));
  await pc.click(id('login-mynumber'));
  await pc.wait(pcStatus('waiting'));
  assert.equal(await pc.text(id('practitioner-id')), sandbox.card('good', 'hpki-auth', 1).practitioner_id);
});

test('no and too late: a phone that declines, a QR for a second phone, the fresh one', async () => {
  const pc = await launch(), phone = await launch({ phone: true, keys: true });
  pc.insert(card);
  await pc.goto(`${sandbox.public_origin}/`);
  await pc.click(id('start-phone'));
  await pc.click(id('start-card'));
  await pc.wait(pcStatus('waiting'));
  await phone.goto(await pc.readQr(id('qr')));
  await phone.click(id('decline'));
  await phone.wait(id('declined'));
  await sound(phone, 'phone-declined');
  await pc.wait(pcStatus('rejected'));
  await sound(pc, 'pc-rejected');
  await pc.click(id('fresh-qr'));
  await pc.wait(pcStatus('waiting'));
  const request = await ask('9');
  await phone.goto(request.verification_uri_complete);
  await phone.click(id('decline'));
  await phone.wait(`${id('result')}[data-state="declined"]`);
  await sound(phone, 'activate-declined');
});

for (const origin of ['mailed', 'portal']) {
  test(`${origin} ticket: the password's page, a wrong one, the right one, the call`, async () => {
    const phone = await launch({ phone: true, keys: true });
    const ticket = issueTicket(sandbox, card.practitioner_id, origin);
    await phone.goto(ticket.url);
    await phone.wait(id('password'));
    await sound(phone, `${origin}-password`);
    await phone.fill(id('password'), 'wrong');
    await phone.click(id('password-ok'));
    await says(phone, 'password-error', 'E-222');
    assert.match(await phone.text(id('tries-left')), /あと4回/);
    await sound(phone, `${origin}-wrong`);
    await phone.fill(id('password'), ticket.password);
    await phone.click(id('password-ok'));
    await phone.click(id('register'));
    assert.equal((await phone.asked('create')).rp.id, 'localhost');
    await sound(phone, `${origin}-call`);
  });
}

test('/authorize at a PC: the ways to choose from, the QR with its number, no', async () => {
  const pc = await launch();
  await pc.goto(await authorizeUrl());
  await pc.wait(id('method-phone'));
  await sound(pc, 'pc-authorize');
  await pc.click(id('method-phone'));
  await pc.wait(id('qr'));
  assert.match(await pc.text(id('number')), /^\s*\d\d\s*$/);
  await sound(pc, 'pc-authorize-qr');
});
