// Refusals that belong to no single way in: what both screens say when somebody says no, when a session or a code is
// gone, when the phone lacks what it needs, and when there is no room for it.
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bindPhone, endProof, launchPhone, matchNumber, shoot } from '../support/chromium.mjs';
import { openDesk } from '../support/desk.mjs';
import { operate } from '../support/operator.mjs';
import { enrol, startSandbox } from '../support/sandbox.mjs';
import { bring, id, says, shownQr, state } from '../support/screens.mjs';

let sandbox, phones;

before(async () => {
  sandbox = await startSandbox();
  phones = await launchPhone();
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

async function toCard(card = sandbox.card()) {
  const pc = await openDesk(phones, sandbox);
  pc.card = card;
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-phone'));
  await pc.page.click(id('start-card'));
  return pc;
}

// A phone that owns the ticket of `pc`, as far as the register button.
async function confirmed(pc, phone) {
  await bring(pc.page, phone);
  await phone.page.waitForSelector(id('register'));
}

test('a suspended person: refused with the card, and welcome again afterwards', async () => {
  const card = sandbox.card('good', 'hpki-auth', 2);
  assert.equal(operate(sandbox, 'practitioner', 'suspend', card.practitioner_id).ok, true);
  const pc = await toCard(card);
  await says(pc.page, 'card-error', 'E-106');
  await shoot(pc.page, 'refused-suspended');
  assert.equal(operate(sandbox, 'practitioner', 'resume', card.practitioner_id).ok, true);
  await pc.page.click(id('retry'));
  await state(pc.page, 'waiting');
  await pc.close();
});

test('a hand-over code that nobody made, and a session that is gone', async () => {
  const pc = await openDesk(phones, sandbox);
  await pc.page.goto(`${sandbox.public_origin}/enroll#c=${randomBytes(32).toString('base64url')}`);
  await says(pc.page, 'card-error', 'E-111');
  await shoot(pc.page, 'refused-code');
  await pc.close();

  const gone = await toCard();
  await state(gone.page, 'waiting');
  await gone.page.evaluate(() => fetch('/api/session/end', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }));
  await says(gone.page, '#start-problem', 'E-201');
  await shoot(gone.page, 'refused-session');
  await gone.close();
});

test('the person says no: on the phone, and on the PC', async () => {
  const pc = await toCard();
  const phone = await phones.phone();
  await phone.page.goto(await shownQr(pc.page));
  await phone.page.click(id('decline'));
  await phone.page.waitForSelector(id('declined'));
  await shoot(phone.page, 'refused-declined-phone');
  await state(pc.page, 'rejected');
  await shoot(pc.page, 'refused-declined-pc');

  await pc.page.click(id('fresh-qr'));
  await state(pc.page, 'waiting');
  const other = await phones.phone();
  await other.page.goto(await shownQr(pc.page));
  await other.page.click(id('continue'));
  await state(pc.page, 'opened');
  await pc.page.click(id('pc-reject'));
  await state(pc.page, 'rejected');
  await says(other.page, 'phone-error', 'E-203');
  await shoot(other.page, 'refused-by-pc');
  await pc.close();
});

test('a number that is none, and a wrong one', async () => {
  const pc = await toCard();
  const phone = await phones.phone();
  await phone.page.goto(await shownQr(pc.page));
  await phone.page.click(id('continue'));
  const number = await matchNumber(phone.page);
  await state(pc.page, 'opened');
  await pc.page.fill(id('pc-number'), '4');
  await pc.page.click(id('pc-confirm'));
  assert.match(await pc.page.textContent('#number-error'), /2けた/);
  await shoot(pc.page, 'refused-number-malformed');
  await pc.page.fill(id('pc-number'), number === '00' ? '01' : '00');
  await pc.page.click(id('pc-confirm'));
  await state(pc.page, 'rejected');
  await says(phone.page, 'phone-error', 'E-202');
  await shoot(phone.page, 'refused-wrong-number-phone');
  await pc.close();
});

test('a phone without screen lock hears it before anything is claimed', async () => {
  const pc = await toCard();
  const url = await shownQr(pc.page);
  const phone = await phones.phone({ authenticator: false });
  await phone.page.goto(url);
  await says(phone.page, 'check-error', 'E-302');
  assert.equal(await phone.page.isVisible(id('continue')), false);
  await shoot(phone.page, 'refused-no-lock');
  await state(pc.page, 'waiting');

  const android = await phones.phone({ agent: 'android', authenticator: false });
  await android.page.goto(url);
  await says(android.page, 'check-error', 'E-301');
  await shoot(android.page, 'refused-no-lock-android');
  await android.setLock();
  await android.page.click('#check-again');
  await android.page.waitForSelector(id('continue'));
  await pc.close();
});

test('a passkey made without asking who it is: refused, and the same ticket still ends well', async () => {
  const pc = await toCard();
  const phone = await phones.phone();
  await confirmed(pc, phone);
  // In place of the phone's own: an extension of the browser that keeps passkeys, and asks its owner for nothing.
  await phone.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: phone.authenticatorId });
  const { authenticatorId } = await phone.cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2',
    transport: 'internal', hasResidentKey: true, hasUserVerification: false, automaticPresenceSimulation: true } });
  await phone.page.evaluate(() => {
    navigator.credentials.create = ({ publicKey }) => CredentialsContainer.prototype.create.call(navigator.credentials,
      { publicKey: { ...publicKey, authenticatorSelection: { ...publicKey.authenticatorSelection, userVerification: 'discouraged' } } });
  });
  await phone.page.click(id('register'));
  await says(phone.page, 'register-error', 'E-308');
  await shoot(phone.page, 'refused-unverified');
  await phone.page.evaluate(() => delete navigator.credentials.create);
  await phone.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
  await phone.setLock();
  await phone.page.click(id('retry'));
  await phone.page.waitForSelector(id('label'));
  await pc.close();
});

test('a phone that is removed between the question and the passkey: nothing is left to prove, and it registers anew', async () => {
  const card = sandbox.card('good', 'hpki-auth', 2), phone = await phones.phone();
  await bindPhone(sandbox, phone, card);
  const pc = await toCard(card);
  await confirmed(pc, phone);
  const [one] = operate(sandbox, 'credential', 'list', '--practitioner', card.practitioner_id).credentials;
  assert.equal(operate(sandbox, 'credential', 'revoke', '--reason', 'test', '--', one.credential_id).ok, true);
  await phone.page.click(id('register'));
  await says(phone.page, 'register-error', 'E-304');
  await phone.page.click(id('prove-bound'));
  await says(phone.page, 'register-error', 'E-607');
  await shoot(phone.page, 'refused-nothing-to-prove');
  await phone.page.click(id('retry'));
  await phone.page.waitForSelector(id('label'));
  await pc.close();
});

// What a browser answers in place of a passkey, and after how long; then a passkey for another question than the server's.
const noPasskey = [['NotAllowedError', 100, 'E-305'], ['NotAllowedError', 5_000, 'E-306'], ['NotAllowedError', 31_000, 'E-307'],
  ['UnknownError', 100, 'E-303'], ['SecurityError', 100, 'E-311']];

test('no passkey, for each reason: the page says which, and the same ticket still ends well', async () => {
  const pc = await toCard();
  const phone = await phones.phone();
  await confirmed(pc, phone);
  let button = 'register';
  for (const [error, after_ms, code] of noPasskey) {
    await endProof(phone.page, 'create', error, after_ms);
    await phone.page.click(id(button));
    await says(phone.page, 'register-error', code);
    await phone.page.evaluate(() => delete performance.now);
    await shoot(phone.page, `refused-passkey-${code}`);
    button = 'retry';
  }
  await phone.page.evaluate(() => delete navigator.credentials.create);
  await phone.page.route('**/api/phone/register', async (route) => {
    const body = route.request().postDataJSON();
    const client = JSON.parse(Buffer.from(body.credential.response.clientDataJSON, 'base64url'));
    client.challenge = randomBytes(32).toString('base64url');
    body.credential.response.clientDataJSON = Buffer.from(JSON.stringify(client)).toString('base64url');
    await route.continue({ postData: JSON.stringify(body) });
  }, { times: 1 });
  await phone.page.click(id('retry'));
  await says(phone.page, 'register-error', 'E-310');
  await shoot(phone.page, 'refused-passkey-E-310');
  await phone.page.click(id('retry'));
  await phone.page.click(id('label-ok'));
  await phone.page.waitForSelector(id('done'));
  await state(pc.page, 'done');
  await pc.close();
});

test('labels: what is no name, and a name that another phone has; then the limit of phones', async () => {
  const card = sandbox.card('good', 'hpki-auth', 1);
  const { label } = await enrol(sandbox, card, path.join(sandbox.dir, 'first.json'));
  const pc = await toCard(card);
  const phone = await phones.phone();
  await confirmed(pc, phone);
  await phone.page.click(id('register'));
  await phone.page.waitForSelector(id('label'));
  for (const [wanted, code] of [['<>', 'E-208'], [label, 'E-209']]) {
    await phone.page.fill(id('label'), wanted);
    await phone.page.click(id('label-ok'));
    await says(phone.page, '#label-problem', code);
    await shoot(phone.page, `refused-label-${code}`);
  }
  await phone.page.fill(id('label'), '別の名前');
  await phone.page.click(id('label-ok'));
  await phone.page.waitForSelector(id('done'));
  await pc.close();

  for (const number of [3, 4, 5]) await enrol(sandbox, card, path.join(sandbox.dir, `phone-${number}.json`));
  const full = await toCard(card);
  const sixth = await phones.phone();
  await confirmed(full, sixth);
  await sixth.page.click(id('register'));
  await says(sixth.page, 'register-error', 'E-606');
  await shoot(sixth.page, 'refused-sixth-phone');
  // One is removed, and the same ticket goes on.
  const [one] = operate(sandbox, 'credential', 'list', '--practitioner', card.practitioner_id).credentials;
  assert.equal(operate(sandbox, 'credential', 'revoke', '--reason', 'test', '--', one.credential_id).ok, true);
  await sixth.page.click(id('retry'));
  await sixth.page.waitForSelector(id('label'));
  await full.close();
});

test('devices: a passkey that is bound to nobody', async () => {
  const phone = await phones.phone();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await phone.cdp.send('WebAuthn.addCredential', { authenticatorId: phone.authenticatorId, credential: {
    credentialId: randomBytes(32).toString('base64'), isResidentCredential: true, rpId: 'localhost', signCount: 0,
    userHandle: randomBytes(64).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64') } });
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.click(id('sign-in-phone'));
  await says(phone.page, 'sign-in-error', 'E-602');
  await shoot(phone.page, 'refused-unknown-passkey');
  await phone.context.close();
});
