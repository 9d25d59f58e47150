// /authorize in a browser: who asks, the ways to say yes, and no; the EHR gets its code, and a pass for it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { beginAuthorize, claimsOf } from '../support/authorize.mjs';
import { bindPhone, launchPhone, readQr, shoot } from '../support/chromium.mjs';
import { openDesk } from '../support/desk.mjs';
import { startSandbox } from '../support/sandbox.mjs';
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

const begin = (page, facility, more) => beginAuthorize(sandbox, page, facility, more);

async function checkPass(request, person = card) {
  const tokens = await request.redeem((await request.back()).get('code'));
  assert.equal(tokens.status, 200, JSON.stringify(tokens.body));
  const claims = claimsOf(tokens.body.access_token);
  assert.equal(claims.sub, person.practitioner_id);
  return claims;
}

// Each desk is a browser that was never here: Critical-CH on the page once made it ask /authorize a second time, and the
// pushed request was spent.
test('by phone: the QR is scanned, the number of this screen is typed there', async () => {
  const desk = await openDesk(browser, sandbox);
  const request = await begin(desk.page, sandbox.facilities[0]);
  await shoot(desk.page, 'authorize-choose');
  await desk.page.click(id('method-phone'));
  await desk.page.waitForSelector(id('qr'));
  const number = (await desk.page.textContent(id('number'))).trim();
  const link = await readQr(desk.page);
  await shoot(desk.page, 'authorize-qr');
  await phone.page.goto('about:blank');
  await phone.page.goto(link);
  await phone.page.fill(id('number'), number);
  await phone.page.click(id('approve'));
  await phone.page.waitForSelector(`${id('result')}[data-state="approved"]`);
  assert.equal((await checkPass(request)).client_id, sandbox.facilities[0].client_id);
  await desk.close();
});

test('by HPKI card: the log-in comes back to the request that it answers', async () => {
  const desk = await openDesk(browser, sandbox);
  desk.card = card;
  const request = await begin(desk.page, sandbox.facilities[0]);
  await desk.page.click(id('method-card'));
  assert.equal((await checkPass(request)).acr, 'phrh');
  await desk.close();
});

// The card of somebody who has no HPKI card: an operator linked it.
test('by My Number card', async () => {
  const desk = await openDesk(browser, sandbox);
  desk.card = sandbox.card('good', 'jpki-auth', 3);
  const request = await begin(desk.page, sandbox.facilities[0]);
  await desk.page.click(id('method-mynumber'));
  const claims = await checkPass(request, desk.card);
  assert.equal(claims.acr, 'phrh');
  assert.ok(claims.amr.includes('sc'), JSON.stringify(claims.amr));
  assert.deepEqual(claims.hpki_role, desk.card.roles);
  await desk.close();
});

test('a My Number card that is linked to nobody, and one that is revoked, are refused by name; the right one then works', async () => {
  const desk = await openDesk(browser, sandbox);
  desk.card = sandbox.card('good', 'jpki-auth', 2);
  const request = await begin(desk.page, sandbox.facilities[0]);
  for (const [wrong, code] of [[desk.card, 'E-127'], [sandbox.card('revoked', 'jpki-auth'), 'E-125']]) {
    desk.card = wrong;
    await desk.page.waitForSelector(id('method-mynumber'));
    await desk.page.click(id('method-mynumber'));
    await desk.page.waitForFunction((wanted) => document.querySelector('[data-testid="authorize-error"]')?.textContent.includes(wanted), code);
  }
  await shoot(desk.page, 'authorize-mynumber-refused');
  desk.card = sandbox.card('good', 'jpki-auth', 3);
  await desk.page.click(id('method-mynumber'));
  await checkPass(request, desk.card);
  await desk.close();
});

test('a My Number card of another person than the EHR asked for', async () => {
  const desk = await openDesk(browser, sandbox);
  desk.card = sandbox.card('good', 'jpki-auth', 3);
  const request = await begin(desk.page, sandbox.facilities[0], { login_hint: card.practitioner_id });
  await desk.page.click(id('method-mynumber'));
  await desk.page.waitForSelector(id('authorize-error'));
  assert.match(await desk.page.textContent(id('authorize-error')), /E-415/);
  await shoot(desk.page, 'authorize-other-person');
  desk.card = card;
  await desk.page.click(id('method-card'));
  await checkPass(request);
  await desk.close();
});

test('a card of somebody else is refused, and the page goes on', async () => {
  const desk = await openDesk(browser, sandbox);
  desk.card = sandbox.card('revoked');
  const request = await begin(desk.page, sandbox.facilities[0]);
  await desk.page.click(id('method-card'));
  await desk.page.waitForSelector(id('authorize-error'));
  assert.match(await desk.page.textContent(id('authorize-error')), /E-104/);
  await shoot(desk.page, 'authorize-card-refused');
  desk.card = card;
  await desk.page.click(id('method-card'));
  await checkPass(request);
  await desk.close();
});

test('by a passkey of this device', async () => {
  const request = await begin(phone.page, sandbox.facilities[0]);
  await shoot(phone.page, 'authorize-phone-width');
  await phone.page.click(id('method-passkey'));
  await checkPass(request);
});

// The server does what `call` asks for, and its answer gets lost on the way.
const loseAnswer = (page, call) => page.evaluate((path) => {
  const whole = globalThis.fetch;
  globalThis.fetch = async (...asked) => {
    const answer = await whole(...asked);
    if (asked[0] !== path) return answer;
    globalThis.fetch = whole;
    throw new TypeError('lost');
  };
}, `/api/authorize/${call}`);

test('defect: after an approval by passkey whose answer was lost, the page asked for another try', async () => {
  const request = await begin(phone.page, sandbox.facilities[0]);
  await loseAnswer(phone.page, 'passkey');
  await phone.page.click(id('method-passkey'));
  await checkPass(request);
});

test('a no whose answer was lost is a no', async () => {
  const desk = await openDesk(browser, sandbox);
  const request = await begin(desk.page, sandbox.facilities[0]);
  await loseAnswer(desk.page, 'decline');
  await desk.page.click(id('decline'));
  assert.equal((await request.back()).get('error'), 'access_denied');
  await desk.close();
});

test('two facilities at once, each with its own name and pass; no is no', async () => {
  const [first, second] = sandbox.facilities;
  const one = await openDesk(browser, sandbox), two = await openDesk(browser, sandbox);
  one.card = card;
  const mine = await begin(one.page, first), theirs = await begin(two.page, second);
  await two.page.click(id('decline'));
  assert.equal((await theirs.back()).get('error'), 'access_denied');
  await one.page.click(id('method-card'));
  assert.equal((await checkPass(mine)).client_id, first.client_id);
  await one.close();
  await two.close();
});
