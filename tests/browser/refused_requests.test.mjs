// Refusals on the way of an EHR's request to its answer, as the phone and the screen of /authorize show them: each with its
// number and a way on, and the way on is taken.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bindPhone, endProof, launchPhone, shoot } from '../support/chromium.mjs';
import { movableClock } from '../support/clock.mjs';
import { openDesk } from '../support/desk.mjs';
import { operate } from '../support/operator.mjs';
import { fetchWith, program, startSandbox, until } from '../support/sandbox.mjs';
import { id, says } from '../support/screens.mjs';

const clock = movableClock();
let sandbox, phones, phone, card, facility;

before(async () => {
  sandbox = await startSandbox({ env: clock.env });
  phones = await launchPhone();
  card = sandbox.card();
  [facility] = sandbox.facilities;
  phone = await phones.phone();
  await bindPhone(sandbox, phone, card);
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

let terminal = 0;
async function ask(more = {}) {
  terminal += 1;
  const response = await fetchWith(sandbox, facility)(`${sandbox.facility_origin}/device_authorization`, { method: 'POST',
    body: new URLSearchParams({ client_id: facility.client_id, scope: 'openid hpki.sign', terminal_id: String(terminal),
      terminal_name: `端末 ${terminal}`, ...more }) });
  return response.json();
}

async function scan(on, request) {
  await on.page.goto('about:blank');  // another fragment alone would load nothing
  await on.page.goto(request.verification_uri_complete);
}

async function answer(on, request) {
  await on.page.fill(id('number'), request.number);
  await on.page.click(id('approve'));
}

const result = (page, state) => page.waitForSelector(`${id('result')}[data-state="${state}"]`);
async function approve(on, request) {
  await answer(on, request);
  await result(on.page, 'approved');
}

test('two phones on one QR: both hear that it was stopped, and a fresh QR works', async () => {
  const request = await ask(), other = await phones.phone();
  await scan(phone, request);
  await phone.page.waitForSelector(id('approve'));
  await scan(other, request);
  await result(other.page, 'failed');
  await says(other.page, 'result', 'E-401');
  await shoot(other.page, 'request-second-phone');
  await result(phone.page, 'failed');
  await says(phone.page, 'result', 'E-401');  // defect: the phone that came first did not say why
  await shoot(phone.page, 'request-second-phone-first');
  const fresh = await ask();
  await scan(phone, fresh);
  await approve(phone, fresh);
  await other.context.close();
});

test('a request whose time is over, for a page that stood open and for one that comes late', async () => {
  const request = await ask();
  await scan(phone, request);
  await phone.page.waitForSelector(id('approve'));
  clock.forward(4);
  await result(phone.page, 'expired');
  await shoot(phone.page, 'request-expired-open');
  await scan(phone, request);
  await says(phone.page, 'result', 'E-402');
  assert.match(await phone.page.textContent(id('result')), /新しいQRコード/);
  await shoot(phone.page, 'request-expired');
});

test('a phone that is bound to nobody: said at once, and its owner is led to the right one', async () => {
  const request = await ask({ login_hint: card.practitioner_id }), stranger = await phones.phone();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await stranger.cdp.send('WebAuthn.addCredential', { authenticatorId: stranger.authenticatorId, credential: {
    credentialId: randomBytes(32).toString('base64'), isResidentCredential: true, rpId: 'localhost', signCount: 0,
    userHandle: randomBytes(64).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64') } });
  await scan(stranger, request);
  await answer(stranger, request);
  await says(stranger.page, 'request-error', 'E-403');
  await shoot(stranger.page, 'request-unknown-phone');
  await stranger.context.close();
});

test('a facility that takes hardware alone: a synced passkey is refused; one that takes both takes it', async () => {
  const profile = (name) => assert.equal(operate(sandbox, 'facility', 'change', facility.code, '--profile', name).profile, name);
  profile('strict');
  try {
    const request = await ask();
    await scan(phone, request);
    await answer(phone, request);
    await says(phone.page, 'request-error', 'E-416');
    await shoot(phone.page, 'request-synced');
  } finally {
    profile('standard');
  }
  const fresh = await ask();
  await scan(phone, fresh);
  await approve(phone, fresh);
});

// What a browser answers in place of a proof, and after how long.
const noProof = [['NotAllowedError', 100, 'E-411'], ['NotAllowedError', 5_000, 'E-412'], ['NotAllowedError', 31_000, 'E-413']];

test('no proof, for each reason: the page says which, and the same request is still approved', async () => {
  const request = await ask();
  await scan(phone, request);
  await phone.page.waitForSelector(id('approve'));
  for (const [error, after_ms, code] of noProof) {
    await endProof(phone.page, 'get', error, after_ms);
    await answer(phone, request);
    await says(phone.page, 'request-error', code);
    await phone.page.evaluate(() => delete performance.now);
    await shoot(phone.page, `request-no-proof-${code}`);
  }
  await phone.page.evaluate(() => delete navigator.credentials.get);
  await approve(phone, request);
});

test('a person suspended while the page is open; and once resumed, a fresh QR works', async () => {
  const request = await ask();
  await scan(phone, request);
  await phone.page.waitForSelector(id('approve'));
  assert.equal(operate(sandbox, 'practitioner', 'suspend', card.practitioner_id).ok, true);
  await answer(phone, request);
  await says(phone.page, 'request-error', 'E-406');
  await shoot(phone.page, 'request-suspended');
  assert.equal(operate(sandbox, 'practitioner', 'resume', card.practitioner_id).ok, true);
  const fresh = await ask();
  await scan(phone, fresh);
  await approve(phone, fresh);
});

test('a facility shut while the page is open, and at /authorize; other addresses and questions than it may ask', async () => {
  const request = await ask(), desk = await openDesk(phones, sandbox);
  const authorize = (more, twice = '') => desk.page.goto(`${sandbox.public_origin}/authorize?${new URLSearchParams({ client_id: facility.client_id,
    response_type: 'code', scope: 'openid hpki.sign', redirect_uri: 'http://127.0.0.1:49222/callback', state: 's', ...more })}${twice}`);
  await scan(phone, request);
  await phone.page.waitForSelector(id('approve'));
  const shut = (what) => assert.equal(operate(sandbox, 'facility', what, facility.code, '--reason', 'test').ok, true);
  shut('suspend');
  try {
    await result(phone.page, 'failed');
    await shoot(phone.page, 'request-facility-shut');
    await authorize({});
    await says(desk.page, 'refusal', 'E-501');
    await shoot(desk.page, 'authorize-facility-shut');
  } finally {
    shut('resume');
  }
  await authorize({ redirect_uri: 'https://elsewhere.example/' });
  await says(desk.page, 'refusal', 'E-502');
  await shoot(desk.page, 'authorize-other-address');
  await authorize({}, '&state=another');
  await says(desk.page, 'refusal', 'E-502');
  await desk.close();
});

test('the card that bound a phone is revoked: the phone hears what to do', async () => {
  const theirs = await phones.phone(), dentist = sandbox.card('good', 'hpki-auth', 1);
  await bindPhone(sandbox, theirs, dentist);
  const request = await ask();
  await scan(theirs, request);
  await theirs.page.waitForSelector(id('approve'));
  execFileSync(program, ['revoke', '--dir', sandbox.dir, path.basename(dentist.cert, '.pem')],
    { stdio: 'pipe', env: { ...process.env, ...sandbox.env } });
  await until('the end of the phone', () => readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8').includes('phone_stopped'));
  await answer(theirs, request);
  await says(theirs.page, 'request-error', 'E-409');
  await shoot(theirs.page, 'request-card-revoked');
  await theirs.context.close();
});

test('five wrong codes: typing stops, and the QR still works', async () => {
  const typing = await phones.phone();
  await typing.page.goto(`${sandbox.public_origin}/d`);
  for (const code of ['BBBB-BBBB-00', 'CCCC-CCCC-11', 'DDDD-DDDD-22', 'FFFF-FFFF-33', 'GGGG-GGGG-44']) {
    const answered = typing.page.waitForResponse((response) => response.url().endsWith('/api/activation/type'));
    await typing.page.fill(id('user-code'), code);
    await typing.page.click(id('user-code-ok'));
    assert.equal((await (await answered).json()).code, 'E-421');
  }
  await typing.page.fill(id('user-code'), 'HHHH-HHHH-55');
  await typing.page.click(id('user-code-ok'));
  await says(typing.page, 'type-error', 'E-422');
  await shoot(typing.page, 'request-codes-stopped');
  const request = await ask({ login_hint: card.practitioner_id });
  await scan(phone, request);
  await approve(phone, request);
  await typing.context.close();
});
