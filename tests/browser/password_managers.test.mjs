// Passkeys that an extension of the browser hands over in an object of its own, on every page that asks for one. The
// passkey behind it is the phone's, so the server takes it once the page has read it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchPhone, matchNumber, shoot } from '../support/chromium.mjs';
import { passwordManager, readable, refusing, replacedClass, unreadable } from '../support/password_manager.mjs';
import { Browser, fetchWith, root, startSandbox } from '../support/sandbox.mjs';
import { id, says } from '../support/screens.mjs';

let sandbox, phones, facility;
const callback = 'http://127.0.0.1:49222/callback';

before(async () => {
  sandbox = await startSandbox();
  phones = await launchPhone();
  facility = sandbox.facilities[0];
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

// A phone whose browser has such an extension.
async function phoneWith(shape) {
  const phone = await phones.phone();
  await phone.context.addInitScript(passwordManager, shape);
  return phone;
}
const answerWith = (phone, shape) => phone.page.evaluate((wanted) => { window.manager.shape = wanted; }, shape);

// A card's holder has room for five phones.
let bound = 0;
const nextCard = () => sandbox.card('good', 'hpki-auth', Math.floor(bound++ / 5));

const post = async (place, form) => (await fetchWith(sandbox, facility)(`${sandbox.facility_origin}${place}`, {
  method: 'POST', body: new URLSearchParams({ client_id: facility.client_id, ...form }) })).json();

// The phone's page up to its button for registering, with the PC's part done by requests.
async function toRegister(phone, card, purpose) {
  const pc = new Browser(sandbox);
  assert.equal((await pc.logIn(card, { purpose })).status, 200);
  await phone.page.goto((await pc.call('POST', '/api/enrollment', {})).body.url);
  await phone.page.click(id('continue'));
  assert.equal((await pc.call('POST', '/api/enrollment/confirm', { number: await matchNumber(phone.page) })).status, 200);
  await phone.page.waitForSelector(id('register'));
}

// What came of a press: `good` is shown, not what the page says in `box` otherwise.
async function ends(phone, good, box) {
  await phone.page.waitForSelector(`${good}:visible, ${id(box)}:visible`);
  assert.deepEqual(await phone.page.locator(`${id(box)}:visible`).allInnerTexts(), []);
}

async function registerAndSignIn(phone) {
  await toRegister(phone, nextCard());
  await phone.page.click(id('register'));
  await ends(phone, id('label'), 'register-error');
  await phone.page.click(id('label-ok'));
  await phone.page.waitForSelector(id('done'));
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.click(id('sign-in-phone'));
  await ends(phone, id('device'), 'sign-in-error');
  await phone.context.close();
}

// The pages that ask for a passkey which is there, each up to the button that asks. The first makes it.
async function toProof(phone, card) {
  await toRegister(phone, card, 'devices');
  await phone.page.click(id('register'));
  await phone.page.click(id('label-ok'));
  await phone.page.waitForSelector(id('prove'));
}
async function toApproval(phone, card) {
  const request = await post('/device_authorization', {
    scope: 'openid hpki.sign', terminal_id: '1', terminal_name: '端末 1', login_hint: card.practitioner_id });
  await phone.page.goto(request.verification_uri_complete);
  await phone.page.fill(id('number'), request.number);
}
async function toAuthorize(phone) {
  const { request_uri } = await post('/par', { response_type: 'code', redirect_uri: callback, scope: 'openid hpki.sign', state: 's1',
    code_challenge: createHash('sha256').update('verifier').digest('base64url'), code_challenge_method: 'S256', terminal_id: '1' });
  await phone.context.route(`${callback}**`, (route) => route.fulfill({ contentType: 'text/html', body: '<p data-testid="ehr">EHR</p>' }));
  await phone.page.goto(`${sandbox.public_origin}/authorize?${new URLSearchParams({ client_id: facility.client_id, request_uri })}`);
  await phone.page.waitForSelector(id('method-passkey'));
}
const toDevices = (phone) => phone.page.goto(`${sandbox.public_origin}/devices`);
const pages = [
  ['proof', toProof, 'prove', 'prove-error', id('done-change')],
  ['approval', toApproval, 'approve', 'request-error', `${id('result')}[data-state="approved"]`],
  ['authorize', toAuthorize, 'method-passkey', 'authorize-error', id('ehr')],
  ['devices', toDevices, 'sign-in-phone', 'sign-in-error', id('device')],
];

// At once, because most of a registration is waiting.
describe('passkeys of password managers', { concurrency: 8 }, () => {
  test('defect: a passkey that cannot be read looked like a prompt that never came, on each page; one that can was refused', async () => {
    const phone = await phoneWith('');
    const card = nextCard();
    for (const [name, open, button, box, end] of pages) {
      await open(phone, card);
      for (const [shape, code] of [['bare proxy', 'E-417'], ['nothing thrown', 'E-411']]) {
        await answerWith(phone, shape);
        await phone.page.click(id(button));
        await says(phone.page, box, code);
        if (shape === 'bare proxy') await shoot(phone.page, `manager-${name}-${code}`);
      }
      // A proof needs no user handle: the question names the passkey.
      await answerWith(phone, name === 'proof' ? 'no user handle' : 'own object of the class');
      await phone.page.click(id(button));
      await ends(phone, end, box);
    }
    await phone.context.close();
  });

  for (const shape of readable) {
    test(`defect: a password manager's passkey could not be registered or used: ${shape}`, async () => {
      await registerAndSignIn(await phoneWith(shape));
    });
  }
  test('a passkey that its toJSON alone tells', async () => registerAndSignIn(await phoneWith('toJSON alone')));

  for (const [what, lacking] of [['throws on options from JSON', false], ['has no ways from JSON, and knows no screen lock', true]]) {
    test(`defect: nobody could register or sign in where the browser's class was replaced by one that ${what}`, async () => {
      const phone = await phoneWith('own object of the class');
      await phone.context.addInitScript(replacedClass, lacking);
      await registerAndSignIn(phone);
    });
  }

  test('defect: a new passkey that cannot be read looked like a prompt that never came', async () => {
    const phone = await phoneWith('');
    await toRegister(phone, nextCard());
    for (const [shape, code] of [...unreadable.map((each) => [each, 'E-313']), ...refusing.map((each) => [each, 'E-305'])]) {
      await answerWith(phone, shape);
      await phone.page.click(`${id('register')}:visible, ${id('retry')}:visible`);
      await says(phone.page, 'register-error', code);
      if (shape === 'bare proxy') await shoot(phone.page, 'manager-registration-E-313');
      // The next shape may show the same number.
      await phone.page.evaluate((box) => { document.querySelector(`${box} .problem-code`).textContent = ''; }, id('register-error'));
    }
    await answerWith(phone, 'members missing');
    await phone.page.click(id('retry'));
    await ends(phone, id('label'), 'register-error');
    await phone.context.close();
  });
});

test('one module alone speaks to navigator.credentials', () => {
  const scripts = readdirSync(path.join(root, 'web'), { recursive: true }).filter((file) => file.endsWith('.js'));
  const speaking = scripts.filter((file) =>
    /navigator\.credentials|FromJSON|\.toJSON|getTransports/.test(readFileSync(path.join(root, 'web', file), 'utf8')));
  assert.deepEqual(speaking.sort(), ['shared/key.js', 'shared/key_json.js']);
});
