// Two chains that began with a planted cookie: the pass of a person who approved what another had begun, and the phone of
// another bound to a person whose QR he saw. Each also with the very cookie in the browser, as if it could be planted.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Authenticator } from '../support/authenticator.mjs';
import { beginAuthorize, callFacility, catchCallback, claimsOf } from '../support/authorize.mjs';
import { bindPhone, launchPhone, matchNumber } from '../support/chromium.mjs';
import { sql } from '../support/database.mjs';
import { openDesk } from '../support/desk.mjs';
import { host, openNeighbours, resolver, shapes } from '../support/neighbours.mjs';
import { Browser, startSandbox } from '../support/sandbox.mjs';
import { id } from '../support/screens.mjs';

let sandbox, browser, neighbours, card, other;

before(async () => {
  sandbox = await startSandbox({ host });
  browser = await launchPhone(resolver);
  neighbours = await openNeighbours(sandbox);
  [card, other] = [sandbox.card(), sandbox.card('good', 'hpki-auth', 1)];
});
after(async () => {
  neighbours?.close();
  await browser?.close();
  await sandbox?.stop();
});

// The two ways by which another's cookie is in the browser of `page`.
const ways = {
  'planted in every shape': async (page, name, value) =>
    neighbours.plant(page, neighbours.places.sibling, shapes(name, value).map(({ cookie }) => cookie)),
  'the very cookie': (page, name, value) =>
    page.context().addCookies([{ name, value, domain: host, path: '/', secure: true, httpOnly: true, sameSite: 'Strict' }]),
};

// The attacker's own browser, without a screen.
const stranger = (cookies = []) => {
  const made = new Browser(sandbox);
  made.cookies = new Map(cookies);
  return made;
};

const refused = (answer, code, what) => {
  assert.equal(answer.status, 404, `${what}: ${JSON.stringify(answer.body)}`);
  assert.equal(answer.body.code, code, what);
};

// --- the pass of somebody else ------------------------------------------------------------------------------------------

// The attacker's browser has begun a request of a facility's. What it needs to finish: its cookie.
async function attackersRequest() {
  const context = await browser.desk(), page = await context.newPage();
  const request = await beginAuthorize(sandbox, page, sandbox.facilities[1]);
  const handoff = await page.evaluate(() => history.state.x);  // which the page took out of its address
  const { name, value } = (await context.cookies()).find((cookie) => cookie.name.startsWith('__Host-'));
  const call = (what) => stranger([[name, value]]).call('POST', `/api/authorize/${what}`, { id: handoff });
  return { request, handoff, name, value, call, close: () => context.close() };
}

// The attacker asks for the code, and redeems it if he gets one: whose pass it is.
async function passOf({ request, call }) {
  const finished = await call('finish');
  const code = finished.body.location && new URL(finished.body.location).searchParams.get('code');
  if (!code) return { finished };
  const tokens = await request.redeem(code);
  return { finished, sub: tokens.status === 200 ? claimsOf(tokens.body.access_token).sub : tokens.body.error };
}

const attackerIsRefused = async (theirs) => {
  const { finished, sub } = await passOf(theirs);
  assert.equal(sub, undefined, `the attacker has the pass of ${sub}`);
  refused(finished, 'E-402', 'finish');
};

describe('defect: the pass of a person who approved in a browser with a planted cookie of another\'s request', () => {
  test('planted in every shape: the request does not exist there, so that nothing can be approved', async () => {
    const theirs = await attackersRequest(), desk = await openDesk(browser, sandbox);
    desk.card = card;
    await ways['planted in every shape'](desk.page, theirs.name, theirs.value);
    await catchCallback(desk.page);
    await desk.page.goto(`${sandbox.public_origin}/authorize/choose#x=${theirs.handoff}`);
    await desk.page.waitForSelector(`${id('method-card')}:visible, ${id('result')}:visible`);
    if (await desk.page.isVisible(id('method-card'))) {
      await desk.page.click(id('method-card'));
      await desk.page.waitForURL(/^http:\/\/127\.0\.0\.1:/);
    } else {
      assert.match(await desk.page.textContent(id('result')), /E-402/);
    }
    await attackerIsRefused(theirs);

    // What this browser begins itself goes its way.
    const mine = await beginAuthorize(sandbox, desk.page, sandbox.facilities[0]);
    await desk.page.click(id('method-card'));
    const tokens = await mine.redeem((await mine.back()).get('code'));
    assert.equal(claimsOf(tokens.body.access_token).sub, card.practitioner_id);
    await desk.close();
    await theirs.close();
  });

  for (const method of ['card', 'passkey']) {
    test(`the very cookie: an approval by ${method} belongs to the browser in which it was made`, async () => {
      const theirs = await attackersRequest();
      const desk = method === 'card' ? await openDesk(browser, sandbox) : await browser.phone();
      desk.card = card;
      if (method === 'passkey') await bindPhone(sandbox, desk, card);
      await ways['the very cookie'](desk.page, theirs.name, theirs.value);
      await catchCallback(desk.page);
      await desk.page.goto(`${sandbox.public_origin}/authorize/choose#x=${theirs.handoff}`);
      await desk.page.click(id(`method-${method}`));
      await desk.page.waitForURL(/^http:\/\/127\.0\.0\.1:/);
      assert.ok(new URL(desk.page.url()).searchParams.get('code'), desk.page.url());
      await attackerIsRefused(theirs);
      await desk.context.close();
      await theirs.close();
    });
  }
});

// --- another's phone ----------------------------------------------------------------------------------------------------

// A PC with a person's card and the QR on its screen, which the attacker has photographed.
async function shownTicket(person) {
  const pc = new Browser(sandbox);
  assert.equal((await pc.logIn(person)).status, 200);
  const { body } = await pc.call('POST', '/api/enrollment', {});
  return { pc, url: body.url, ticket: new URL(body.url).hash.slice('#t='.length), id: body.ticket_id };
}

// A claim cookie of the attacker's own, by the name that it would have for the ticket of somebody else.
async function claimCookieFor(victims) {
  const own = await shownTicket(other), phone = stranger();
  const claimed = await phone.call('POST', '/api/phone/claim', { ticket: own.ticket, platform_authenticator: true, touch_points: 5 });
  assert.equal(claimed.status, 200, JSON.stringify(claimed.body));
  const [[name, value]] = [...phone.cookies];
  return [name.replace(own.id, victims.id), value];
}

describe('defect: another\'s key for a person whose phone had a planted claim cookie and whose QR he saw', () => {
  for (const [what, plant] of Object.entries(ways)) {
    test(what, async () => {
      const shown = await shownTicket(card), phone = await browser.phone();
      const [name, value] = await claimCookieFor(shown);
      await plant(phone.page, name, value);
      await phone.page.goto(shown.url);
      await phone.page.click(id('continue'));
      const number = await matchNumber(phone.page);
      assert.equal((await shown.pc.call('POST', '/api/enrollment/confirm', { number })).status, 200);

      const thief = stranger([[name, value]]), key = new Authenticator(sandbox.public_origin);
      const call = (path, more = {}) => thief.call('POST', `/api/phone/${path}`, { ticket: shown.ticket, ...more });
      const options = await call('options');
      if (options.status === 200) {
        const registered = await call('register', { credential: key.create(options.body.publicKey) });
        const asked = await thief.call('POST', '/api/devices/login/options', {});
        const { status, body } = await thief.call('POST', '/api/devices/login', { credential: key.get(asked.body.publicKey) });
        assert.fail(`the attacker's key is registered (${registered.status}), and signs in (${status}) as ${body.practitioner_id}`);
      }
      refused(options, 'E-204', 'options');
      refused(await call('status'), 'E-204', 'status');
      refused(await call('register', { credential: key.create({ user: { id: 'AA' }, rp: { id: host }, challenge: 'AA' }) }), 'E-204', 'register');

      await phone.page.click(id('register'));
      await phone.page.click(id('label-ok'));
      await phone.page.waitForSelector(id('done'));
      await phone.context.close();
    });
  }
});

// --- another's approval -------------------------------------------------------------------------------------------------

const askForPass = async () => (await callFacility(sandbox, sandbox.facilities[0])('/device_authorization',
  { scope: 'openid hpki.sign', terminal_id: '1', terminal_name: '端末 1' })).body;
const tokenOf = (request) => request.verification_uri_complete.split('#t=')[1];
const newestId = () => sql(sandbox, "SELECT id FROM handoff WHERE kind = 'activation' ORDER BY rowid DESC LIMIT 1").rows[0][0];

describe('defect: an EHR got the pass of somebody else, whose claim cookie was planted in the phone that scanned', () => {
  for (const [what, plant] of Object.entries(ways)) {
    test(what, async () => {
      // The attacker is a practitioner with a phone of his own.
      const thief = stranger(), key = new Authenticator(sandbox.public_origin), phone = await browser.phone();
      await bindKey(key);
      await bindPhone(sandbox, phone, card);
      const call = (path, more) => thief.call('POST', `/api/activation/${path}`, more);
      assert.equal((await call('scan', { token: tokenOf(await askForPass()) })).status, 200);
      const [[ownName, value]] = [...thief.cookies], ownId = newestId();

      const request = await askForPass(), token = tokenOf(request);
      const name = ownName.replace(ownId, newestId());
      await plant(phone.page, name, value);
      await phone.page.goto(request.verification_uri_complete);
      await phone.page.waitForSelector(id('approve'));

      thief.cookies = new Map([[name, value]]);
      const status = await call('status', { token });
      if (status.status === 200) assert.fail(`the EHR has the pass of ${await approveAs(thief, key, request)}`);
      refused(status, 'E-402', 'status');
      const unasked = key.get({ challenge: 'AA' });
      refused(await call('approve', { token, number: request.number, credential: unasked }), 'E-402', 'approve');
      refused(await call('decline', { token }), 'E-402', 'decline');
      await phone.page.fill(id('number'), request.number);
      await phone.page.click(id('approve'));
      await phone.page.waitForSelector(`${id('result')}[data-state="approved"]`);
      refused(await call('passes', { token }), 'E-402', 'passes');
      await phone.context.close();
    });
  }
});

// Approves what another phone has scanned: whose pass the EHR then gets.
async function approveAs(thief, key, request) {
  const token = tokenOf(request);
  const scanned = await thief.call('POST', '/api/activation/scan', { token });
  const credential = key.get(scanned.body.publicKey);
  const approved = await thief.call('POST', '/api/activation/approve', { token, number: request.number, credential });
  assert.equal(approved.status, 200, JSON.stringify(approved.body));
  const tokens = await callFacility(sandbox, sandbox.facilities[0])('/token',
    { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: request.device_code });
  return tokens.status === 200 ? claimsOf(tokens.body.access_token).sub : tokens.body.error;
}

// A key of the attacker's own, bound to himself.
async function bindKey(key) {
  const { pc, ticket } = await shownTicket(other), phone = stranger();
  const call = async (path, more = {}) => (await phone.call('POST', `/api/phone/${path}`, { ticket, ...more })).body;
  const { match_number } = await call('claim', { platform_authenticator: true, touch_points: 5 });
  await pc.call('POST', '/api/enrollment/confirm', { number: match_number });
  await call('register', { credential: key.create((await call('options')).publicKey) });
  assert.equal((await call('label')).state, 'done');
}
