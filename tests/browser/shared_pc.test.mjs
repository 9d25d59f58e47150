// One PC, one browser, one person after the other. Whoever comes next sees nothing of the one before, and can do nothing in
// their name, however that one left: by the button while nothing worked, by closing the browser, or by walking away.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchPhone, shoot } from '../support/chromium.mjs';
import { holdWrites, sql } from '../support/database.mjs';
import { openDesk } from '../support/desk.mjs';
import { askAt } from '../support/ehr.mjs';
import { Browser, fetchWith, startSandbox, until } from '../support/sandbox.mjs';
import { id, says, state } from '../support/screens.mjs';
import { contents, opensNothing, profiled, stopServer } from '../support/shared_pc.mjs';
import { launchWebKit, openScreen } from '../support/webkit.mjs';

let sandbox, phones, screen, webkit, card, person, profile;
const logOut = (wanted) => `${id('log-out')}[data-state="${wanted}"]`;

before(async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'tegata-shared-'));
  profile = path.join(dir, 'profile');
  writeFileSync(path.join(dir, 'further.toml'), '[registration_number]\nenabled = true\n');
  [sandbox, phones, screen] = await Promise.all([startSandbox({ dir }), launchPhone(), openScreen()]);
  card = sandbox.card();
  webkit = await launchWebKit(screen);
  webkit.insert(card);
  const known = await new Browser(sandbox).logIn(card);
  person = [known.body.practitioner_id, known.body.name];
});
after(async () => {
  await webkit?.close();
  await phones?.close();
  await sandbox?.stop();
  screen?.close();
});

// A desk at which the person has signed in to their phones.
async function atDevices(browser = phones) {
  const pc = await openDesk(browser, sandbox);
  pc.card = card;
  await pc.page.goto(`${sandbox.public_origin}/devices`);
  await pc.page.click(id('sign-in-card'));
  await listed(pc.page);
  return pc;
}
const listed = (page) => says(page, 'practitioner-id', person[0]);

async function atDevicesInWebKit() {
  await webkit.goto(`${sandbox.public_origin}/devices`);
  await webkit.click(id('sign-in-card'));
  await until('the list', async () => (await webkit.text(id('practitioner-id'))) === person[0]);
}

function isNobody(held, when) {
  for (const each of person) assert.ok(!held.includes(each), `${when}: ${each} is still there`);
}
const nobodyAt = async (page, when) => isNobody(await page.evaluate(contents), when);
const nobodyInWebKit = async (when) => isNobody(await webkit.run(`return (${contents})()`), when);

// The next person opens the page of phones, in a new tab.
async function nextPerson(pc, when) {
  const next = await pc.context.newPage();
  await next.goto(`${sandbox.public_origin}/devices`);
  await next.waitForSelector(id('devices-sign-in'));
  await nobodyAt(next, when);
  assert.ok(await opensNothing(sandbox, await pc.context.cookies()), when);
  await next.close();
}

// The button, and what the page says while there is no answer.
async function leave(pc) {
  await pc.page.click(id('devices-end'));
  await pc.page.waitForSelector(logOut('failed'));
  await nobodyAt(pc.page, 'told that it is not over');
  assert.match(await pc.page.textContent(id('log-out')), /まだログアウトできていません.*ブラウザーの画面をすべて閉じ/s);
}
async function leaveInWebKit() {
  await webkit.click(id('devices-end'));
  await webkit.wait(logOut('failed'));
  await nobodyInWebKit('told that it is not over');
}
const started = (pc) => Promise.all([pc.page.waitForSelector(id('start-phone')), webkit.wait(id('start-phone'))]);

test('defect: log-out while the database was busy left the next person in the former one\'s session', async () => {
  const [pc, , raw, tabs] = await Promise.all([atDevices(), atDevicesInWebKit(), signedIn(), signedIn()]);
  const [older, newer] = [await ticketOf(tabs), await ticketOf(tabs)];
  const release = await holdWrites(sandbox);
  try {
    const [refused, left] = await Promise.all([raw.call('POST', '/api/session/end', {}), tabs.call('POST', '/api/session/end', { ticket_id: older }),
      leave(pc), leaveInWebKit()]);
    assert.deepEqual([refused.status, raw.cookies.has('__Host-tegata-session')], [503, false]);
    // A screen that was left behind says good-bye for itself alone, then too.
    assert.deepEqual([left.status, tabs.cookies.has('__Host-tegata-session')], [503, true]);
    // Its answer has come, a refusal too, and the browser has no cookie any more.
    await pc.page.waitForSelector(`#log-out-code:not(:empty), ${id('start-phone')}:visible`);
    await nextPerson(pc, 'while the database is busy');
  } finally {
    await release();
  }
  await started(pc);
  await nextPerson(pc, 'afterwards');
  assert.equal((await tabs.call('GET', `/api/enrollment?ticket_id=${newer}`)).status, 200);
  await pc.close();
});

async function signedIn() {
  const pc = new Browser(sandbox);
  assert.equal((await pc.logIn(card)).status, 200);
  return pc;
}
const ticketOf = async (pc) => (await pc.call('POST', '/api/enrollment', {})).body.ticket_id;

test('defect: log-out without a server said nothing, and the session was there when it came back', async () => {
  const [pc] = await Promise.all([atDevices(), atDevicesInWebKit()]);
  const start = stopServer(sandbox);
  try {
    await Promise.all([leave(pc), leaveInWebKit()]);
    await says(pc.page, 'log-out', 'E-901');
    assert.deepEqual((await pc.context.cookies()).filter(({ name }) => name === '__Host-tegata-session'), []);
  } finally {
    await start();
  }
  await started(pc);
  await nextPerson(pc, 'when it is back');
  await webkit.goto(`${sandbox.public_origin}/devices`);
  await webkit.wait(id('devices-sign-in'));
  await nobodyInWebKit('when it is back');
  await pc.close();
});

describe('whoever left otherwise', { concurrency: 3 }, () => {
test('defect: log-out without a network was forgotten: the next page of that browser finishes it, or shows nobody', async () => {
  const pc = await atDevices();
  await pc.context.setOffline(true);
  await pc.page.click(id('devices-end'));
  await pc.page.waitForSelector(logOut('failed'));
  await says(pc.page, 'log-out', 'E-902');
  await nobodyAt(pc.page, 'offline');
  const cookies = await pc.context.cookies();
  assert.equal(await opensNothing(sandbox, cookies), false, 'nothing has reached the server');
  // A browser that brings its tabs back after it was closed brings cookies and storage along.
  const storageState = await pc.context.storageState();
  await pc.close();
  const next = await openDesk({ desk: (wish) => phones.desk({ ...wish, storageState }) }, sandbox);
  assert.equal((await next.context.cookies()).filter(({ name }) => name === '__Host-tegata-session').length, 1);
  await nextPerson(next, 'with the network back');
  assert.ok(await opensNothing(sandbox, cookies), 'the session itself');
  await next.close();
});

test('defect: closing the browser ended nothing', async () => {
  const pc = await atDevices(profiled(profile)), cookies = await pc.context.cookies();
  assert.equal(cookies.find(({ name }) => name === '__Host-tegata-session').expires, -1);
  await pc.close();
  const next = await openDesk(profiled(profile), sandbox);
  await nextPerson(next, 'a new browser');
  await next.close();
});

// The row of the session whose cookie this browser holds.
async function sessionRow(context) {
  const { value } = (await context.cookies()).find(({ name }) => name === '__Host-tegata-session');
  return createHash('sha256').update(value).digest();
}

test('defect: name and number stayed on the screen after the session, whatever the browser\'s clock said', async () => {
  await Promise.all([-3_600_000, 3_600_000].map(async (off) => {
    const pc = await atDevices(), other = await pc.context.newPage();
    await pc.context.addInitScript((ms) => {
      const now = Date.now.bind(Date);
      globalThis.Date = class extends Date {
        constructor(...words) { super(...(words.length ? words : [now() + ms])); }
        static now() { return now() + ms; }
      };
    }, off);
    await other.goto(`${sandbox.public_origin}/enroll#new`);
    await listed(other);
    sql(sandbox, `UPDATE session SET expires_at = ${Date.now() + 12_000} WHERE cookie = ?`, await sessionRow(pc.context));
    await pc.page.reload();
    await listed(pc.page);
    // Nobody presses anything, and the page of phones asks for nothing.
    await pc.page.waitForSelector(id('devices-sign-in'));
    await says(pc.page, 'sign-in-error', 'E-201');
    await nobodyAt(pc.page, `its clock ${off} ms off`);
    await other.waitForSelector(id('start-phone'));
    await nobodyAt(other, 'the QR of that session');
    await pc.close();
  }));
});

test('defect: a PC that slept showed the former person; now the server is asked before anything is seen again', async () => {
  const pc = await atDevices();
  let answer;
  await pc.page.route('**/api/devices', (route) => new Promise((resolve) => { answer = () => resolve(route.continue()); }));
  const sleepFor = (ms) => pc.page.evaluate((slept) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + slept;
  }, ms);
  await sleepFor(600_000);
  await pc.page.waitForSelector(id('practitioner-id'), { state: 'hidden' });
  assert.equal(await pc.page.innerText('main'), '');
  await until('the question', () => answer);
  answer();
  answer = undefined;
  await pc.page.waitForSelector(id('practitioner-id'));  // it was the same person
  sql(sandbox, 'DELETE FROM session WHERE cookie = ?', await sessionRow(pc.context));
  await sleepFor(600_000);
  await until('the question', () => answer);
  assert.equal(await pc.page.innerText('main'), '');
  answer();
  await pc.page.waitForSelector(id('devices-sign-in'));
  await nobodyAt(pc.page, 'awake');
  await pc.close();
});

test('defect: another tab went on showing who had logged out', async () => {
  const pc = await atDevices(), second = await pc.context.newPage();
  await second.goto(`${sandbox.public_origin}/devices`);
  await listed(second);
  await pc.page.click(id('devices-end'));
  await second.waitForSelector(id('devices-sign-in'));
  await nobodyAt(second, 'the other tab');
  await pc.close();
});

test('defect: another tab went on showing the former person after the next one had signed in', async () => {
  const pc = await atDevices(), second = await pc.context.newPage();
  const next = sandbox.card('good', 'hpki-auth', 1);
  pc.card = next;
  await second.goto(`${sandbox.public_origin}/mynumber`);
  await second.click('#now-card');  // beside whoever is signed in
  await says(second, 'practitioner-id', next.practitioner_id);
  await pc.page.waitForSelector(id('devices-sign-in'));
  await nobodyAt(pc.page, 'the other tab');
  // One that asks for the same: the page is made anew for whoever is there.
  await second.goto(`${sandbox.public_origin}/devices`);
  await second.click(id('sign-in-card'));
  await says(second, 'practitioner-id', next.practitioner_id);
  await pc.page.reload();
  await says(pc.page, 'practitioner-id', next.practitioner_id);
  pc.card = card;
  await beginAgain(second);
  await listed(second);
  await listed(pc.page);
  await pc.close();
});
// By card, beside whoever is signed in.
const beginAgain = (page) => page.evaluate(async () => {
  const answer = await fetch('/api/start', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ purpose: 'devices', method: 'card' }) });
  location.assign((await answer.json()).card_url);
});

test('defect: back and forward showed the page that the former person had left', async () => {
  const pc = await atDevices();
  // A browser that keeps pages whole for a step back keeps them as they are now: after the page's own last word.
  const keep = `addEventListener('pagehide', () => sessionStorage.setItem('left', (${contents})()))`;
  const left = "return sessionStorage.getItem('left')";
  await pc.page.evaluate(keep);
  await pc.page.goto(`${sandbox.public_origin}/mynumber`);
  await pc.page.waitForSelector('#now-card');
  isNobody(await pc.page.evaluate(`(() => { ${left} })()`), 'as it was left');
  await logOutElsewhere(pc);
  await pc.page.goBack();
  await pc.page.waitForSelector(id('devices-sign-in'));
  await nobodyAt(pc.page, 'back');
  await pc.page.goForward();
  await pc.page.waitForSelector(id('start-card'));
  await nobodyAt(pc.page, 'forward');
  await pc.close();

  await atDevicesInWebKit();
  await webkit.run(keep);
  await webkit.run('location.assign("/mynumber")');
  await webkit.wait('#now-card');
  isNobody(await webkit.run(left), 'as it was left in WebKit');
  await webkit.run('history.back()');
  await webkit.click(id('devices-end'));
  await webkit.wait(id('start-phone'));
  await webkit.run('history.forward()');
  await webkit.wait(id('start-card'));
  await nobodyInWebKit('forward');
  await webkit.run('history.back()');
  await webkit.wait(id('start-phone'));
  await nobodyInWebKit('back');
});
async function logOutElsewhere(pc) {
  const other = await pc.context.newPage();
  await other.goto(`${sandbox.public_origin}/devices`);
  await other.click(id('devices-end'));
  await other.waitForSelector(id('start-phone'));
  await other.close();
}

test('defect: typed numbers stayed in a view that was left', async () => {
  const pc = await openDesk(phones, sandbox), typed = ['registration-number', 'card-id'];
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-number'));
  for (const name of typed) await pc.page.fill(id(name), '987654');
  await pc.page.click('#number-quit');
  await pc.page.waitForSelector(id('start-phone'));
  assert.ok(!(await pc.page.evaluate(contents)).includes('987654'));
  await pc.page.click(id('start-number'));
  for (const name of typed) assert.equal(await pc.page.inputValue(id(name)), '');
  await pc.close();
});

// The page of `address` went on, and `wanted` is there, now and after a reload; its address has no secret.
async function readOnce(page, address, wanted) {
  await page.goto(address);
  for (const when of ['read', 'loaded anew']) {
    await page.waitForSelector(wanted);
    assert.equal(await page.evaluate(() => location.hash), '', `${address} ${when}`);
    if (when === 'read') await page.reload();
  }
}

test('defect: secrets stayed in the address after they were read', async () => {
  const phone = await phones.phone(), pc = new Browser(sandbox);
  assert.equal((await pc.logIn(card)).status, 200);
  await readOnce(phone.page, (await pc.call('POST', '/api/enrollment', {})).body.url, id('continue'));
  await phone.page.click(id('decline'));
  await phone.page.waitForSelector(id('declined'));
  assert.equal(await phone.page.evaluate(() => history.state), null);

  const facility = sandbox.facilities[0];
  const asked = await fetchWith(sandbox, facility)(`${sandbox.facility_origin}/device_authorization`, { method: 'POST',
    body: new URLSearchParams({ client_id: facility.client_id, scope: 'openid hpki.sign', terminal_id: 't1' }) });
  await readOnce(phone.page, (await asked.json()).verification_uri_complete, id('approve'));
  await phone.page.click(id('decline'));
  await phone.page.waitForSelector(`${id('result')}[data-state="declined"]`);
  assert.equal(await phone.page.evaluate(() => history.state), null);
  await readOnce(phone.page, `${sandbox.public_origin}/certificate#t=AAAAAAAAAAAAAAAAAAAAAA`, id('certificate-take'));
  await phone.context.close();

  const desk = await atDevices();
  assert.deepEqual(await desk.page.evaluate(() => [location.href.includes('c='), history.state]), [false, null]);
  await askAt(desk.page, sandbox, 'authorize');
  await desk.page.waitForSelector(id('method-phone'));
  assert.equal(await desk.page.evaluate(() => location.hash), '');
  await desk.page.reload();
  await desk.page.click(id('decline'));
  await desk.page.waitForSelector(id('ehr-state'));
  await desk.close();
});
});
