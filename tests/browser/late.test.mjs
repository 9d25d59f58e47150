// What time brings, as people see it: a QR, a log-in and a password that ran out, a minute too full, authority and lists past
// their end, a guess whose answer never came. Each page says what to do, and doing that loses nothing.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { movableClock } from '../support/clock.mjs';
import { openDesk } from '../support/desk.mjs';
import { reload } from '../support/operations.mjs';
import { issueTicket } from '../support/operator.mjs';
import { answers, enrol, program, sleep, startSandbox, until } from '../support/sandbox.mjs';
import { bring, id, register, says, sendPassword, shownQr, state } from '../support/screens.mjs';

const clock = movableClock();
let sandbox, phones, minute;

before(async () => {
  sandbox = await startSandbox({ env: clock.env });
  phones = await launchPhone();
  minute = Promise.allSettled([tooMany()]);  // begun first and judged last: it has to pass
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

// In a sandbox of its own: nobody else of this machine could log in meanwhile.
async function tooMany() {
  const own = await startSandbox();
  try {
    await beginTooOften(own);
  } finally {
    await own.stop();
  }
}

async function beginTooOften(own) {
  const pc = await openDesk(phones, own);
  pc.card = own.card();
  await pc.page.goto(`${own.public_origin}/`);
  await pc.page.click(id('start-phone'));
  // The page's call is made again and again until the server refuses it: it has one more with each second.
  await pc.page.evaluate(() => {
    const once = window.fetch;
    window.fetch = async (url, options) => {
      for (;;) {
        const answer = await once(url, options);
        if (url !== '/api/start' || answer.status === 429) return answer;
      }
    };
    window.onceAgain = () => { window.fetch = once; };
  });
  const refused = pc.page.waitForResponse((answer) => answer.url().endsWith('/api/start') && answer.status() === 429);
  await pc.page.click(id('start-card'));
  assert.equal((await refused).headers()['retry-after'], '1');
  await says(pc.page, '#card-problem', 'E-907');
  assert.match(await pc.page.textContent('#card-problem'), /1分ほどおいて.*ロックされたわけではありません/);
  await shoot(pc.page, 'late-too-many');
  await pc.page.evaluate(() => window.onceAgain());
  await sleep(1000);
  await pc.page.click(id('start-card'));
  await state(pc.page, 'waiting');
  await pc.close();
}

async function openPc(card, way = 'start-phone') {
  const pc = await openDesk(phones, sandbox);
  pc.card = card;
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id(way));
  await pc.page.click(id('start-card'));
  return pc;
}

async function open(url) {
  const phone = await phones.phone();
  await phone.page.goto(url);
  return phone;
}

test('a QR that nobody read in time: the PC offers a fresh one, phones hear it, and no card is needed', async () => {
  const pc = await openPc(sandbox.card());
  const url = await shownQr(pc.page);
  const slow = await open(url);
  await slow.page.waitForSelector(id('continue'));
  clock.forward(11);
  await state(pc.page, 'expired');
  assert.match(await pc.page.textContent('#reason'), /期限|時間/);
  assert.equal(await pc.page.isVisible(id('qr')), false);
  await shoot(pc.page, 'late-qr-pc');
  await slow.page.click(id('continue'));
  await says(slow.page, 'phone-error', 'E-204');
  assert.match(await slow.page.textContent(id('phone-error')), /新しいQRコード/);
  await shoot(slow.page, 'late-qr-phone');
  const later = await open(url);
  await says(later.page, 'phone-error', 'E-204');

  await pc.page.click(id('fresh-qr'));
  await bring(pc.page, slow);
  await register(slow);
  await state(pc.page, 'done');
  await pc.close();
});

test('a QR that ran out before its phone registered: both screens say so, and the next one works', async () => {
  const pc = await openPc(sandbox.card('good', 'hpki-auth', 1));
  const phone = await phones.phone();
  await bring(pc.page, phone);
  await phone.page.waitForSelector(id('register'));
  clock.forward(11);
  await says(phone.page, 'phone-error', 'E-204');
  await state(pc.page, 'expired');
  await pc.page.click(id('fresh-qr'));
  await bring(pc.page, phone);
  await register(phone);
  await pc.close();
});

test('a PC left alone: the log-in has ended, and the card is asked for again', async () => {
  const pc = await openPc(sandbox.card());
  await state(pc.page, 'waiting');
  clock.forward(16);
  await says(pc.page, '#start-problem', 'E-201');
  assert.match(await pc.page.textContent('#start-problem'), /本人の確認から、もう一度お始めください/);
  await shoot(pc.page, 'late-session-pc');
  await pc.page.click(id('start-phone'));
  await pc.page.click(id('start-card'));
  await state(pc.page, 'waiting');
  await pc.close();
});

// Presses "remove" on the first phone of the list.
async function remove(page) {
  await page.locator(id('device-remove')).first().click();
  await page.locator(id('device-remove-ok')).first().click();
}

const count = (page, expected) =>
  page.waitForFunction(([selector, wanted]) => document.querySelectorAll(selector).length === wanted, [id('device'), expected]);

test('removing a phone long after the log-in: once more the card, on the PC', async () => {
  const card = sandbox.card('good', 'hpki-auth', 2);
  await enrol(sandbox, card, path.join(sandbox.dir, 'removed.json'));
  const pc = await openPc(card, 'start-devices');
  await count(pc.page, 1);
  clock.forward(6);
  await remove(pc.page);
  await says(pc.page, 'devices-error', 'E-605');
  assert.match(await pc.page.textContent(id('devices-error')), /確認してから、もう一度操作/);
  assert.equal(await pc.page.locator(id('device')).count(), 1);
  await shoot(pc.page, 'late-step-up-pc');
  const listed = pc.page.waitForResponse((response) => response.url().endsWith('/api/devices'));
  await pc.page.click(id('step-up-card'));
  await listed;
  await count(pc.page, 1);
  assert.equal(await pc.page.isVisible(id('devices-error')), false);
  await remove(pc.page);
  await pc.page.waitForSelector(id('devices-none'));
  await pc.close();
});

test('the same on the phone itself: once more its owner', async () => {
  const phone = await phones.phone();
  await bindPhone(sandbox, phone, sandbox.card('good', 'hpki-auth', 2));
  const asked = phone.page.waitForResponse((response) => response.url().endsWith('/api/devices/login/options'));
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await asked;
  clock.forward(20);  // a phone put aside before its owner was asked
  await phone.page.click(id('sign-in-phone'));
  await says(phone.page, 'sign-in-error', 'E-601');
  await shoot(phone.page, 'late-sign-in');
  await phone.page.click(id('sign-in-phone'));
  await count(phone.page, 1);
  clock.forward(6);
  await remove(phone.page);
  await says(phone.page, 'devices-error', 'E-605');
  await shoot(phone.page, 'late-step-up-phone');
  await phone.page.click(id('step-up-phone'));
  await phone.page.waitForSelector(id('step-up-phone'), { state: 'hidden' });  // drawn anew, with the answer
  await remove(phone.page);
  await phone.page.waitForSelector(id('devices-ended'));
  await phone.context.close();
});

test('a new phone, from one whose owner was asked long ago: once more', async () => {
  const phone = await phones.phone();
  await bindPhone(sandbox, phone, sandbox.card('good', 'hpki-auth', 2));
  await phone.page.goto(`${sandbox.public_origin}/devices`);
  await phone.page.click(id('sign-in-phone'));
  await count(phone.page, 1);
  clock.forward(6);
  await phone.page.click(id('device-add'));
  await says(phone.page, 'devices-error', 'E-605');
  await shoot(phone.page, 'late-add-phone');
  await phone.page.click(id('step-up-phone'));
  await phone.page.waitForSelector(id('step-up-phone'), { state: 'hidden' });  // drawn anew, with the answer
  await phone.page.click(id('device-add'));
  await state(phone.page, 'waiting');
  await phone.context.close();
});

test('a password typed and then a long pause: it is asked for again, and costs no try', async () => {
  const ticket = issueTicket(sandbox, sandbox.card().practitioner_id, 'mailed');
  const phone = await open(ticket.url);
  await sendPassword(phone, ticket.password);
  await phone.page.waitForSelector(id('register'));
  clock.forward(16);
  await says(phone.page, 'password-error', 'E-224');
  assert.match(await phone.page.textContent(id('password-error')), /パスワードをもう一度/);
  await shoot(phone.page, 'late-password');
  await sendPassword(phone, ticket.password);
  await register(phone);
  await phone.context.close();
});

// Kills the server as soon as a guess is written down and not yet answered: at the first row that says so.
async function killAtOpenGuess(act) {
  const watcher = spawn('python3', ['-c', `import os, signal, sqlite3, sys, time
place, server = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(f'file:{place}?mode=ro', uri=True, isolation_level=None)
print('watching', flush=True)
end = time.monotonic() + 5
while time.monotonic() < end:
  if db.execute("SELECT count(*) FROM ticket_try WHERE outcome = 'open'").fetchone()[0]:
    os.kill(server, signal.SIGKILL)
    break
print(db.execute("SELECT count(*) FROM ticket_try WHERE outcome = 'open'").fetchone()[0], flush=True)`,
  path.join(sandbox.dir, 'tegata.db'), readFileSync(path.join(sandbox.dir, 'server.pid'), 'utf8').trim()],
  { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  watcher.stdout.on('data', (data) => (said += data));
  const ended = new Promise((resolve) => watcher.once('close', resolve));
  await until('the watcher', () => said.includes('watching'), { every: 10 });
  await act();
  await ended;
  return said.trim().endsWith('1');
}

test('a guess whose answer never came: another one waits for it, and the same one again is answered', async () => {
  let ticket, phone;
  await until('a server killed between the last guess and its answer', async () => {
    await phone?.context.close();
    await until('the server', () => answers(sandbox));
    ticket = issueTicket(sandbox, sandbox.card().practitioner_id, 'portal');
    phone = await open(ticket.url);
    await phone.page.waitForSelector(id('password'));
    for (const wrong of ['one', 'two', 'three', 'four']) await sendPassword(phone, wrong);
    return killAtOpenGuess(() => sendPassword(phone, ticket.password));
  }, { timeout: 120_000 });
  await says(phone.page, 'password-error', 'E-901');
  await shoot(phone.page, 'late-password-killed');

  await until('the server', () => answers(sandbox));
  await sendPassword(phone, 'not the one before');
  await says(phone.page, 'password-error', 'E-223');
  assert.match(await phone.page.textContent(id('password-error')), /前と同じパスワード/);
  await shoot(phone.page, 'late-password-unanswered');
  await sendPassword(phone, ticket.password);
  await register(phone);
  await phone.context.close();
});

// The authority's certificate as it was ten years ago, for eight years: the same name and key, under the same root.
function endAuthority() {
  const pki = (name) => path.join(sandbox.dir, 'pki', name);
  const made = path.join(sandbox.dir, 'ended');
  const run = (...words) => execFileSync(words[0], words.slice(1), { stdio: 'pipe' });
  run('openssl', 'x509', '-x509toreq', '-in', pki('hpki-advertise.pem'), '-signkey', pki('hpki-authentication.key'),
    '-copy_extensions', 'copyall', '-out', `${made}.csr`);
  run('faketime', '-f', '-10y', 'openssl', 'x509', '-req', '-in', `${made}.csr`, '-CA', pki('hpki-roots.pem'),
    '-CAkey', pki('hpki-root.key'), '-set_serial', '77', '-copy_extensions', 'copyall', '-days', '2922', '-out', `${made}.pem`);
  return `${made}.pem`;
}

test('an authority whose certificate has ended: the fault is ours, and the card works once the new one is there', async () => {
  const ended = endAuthority();
  let right;
  assert.ok(await reload(sandbox, (text) => {
    right = text;
    return text.replace(/^intermediates = .*$/m, `intermediates = ["${ended}"]`)
      .replace(/^card_client_ca = .*$/m, `card_client_ca = "${ended}"`);
  }));
  const pc = await openPc(sandbox.card());
  await says(pc.page, 'card-error', 'E-107');
  assert.match(await pc.page.textContent(id('card-error')), /こちらの設備の問題/);
  await shoot(pc.page, 'late-authority');
  assert.match(readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8'), /card_authority_expired/);
  assert.ok(await reload(sandbox, () => right));
  await pc.page.click(id('retry'));
  await state(pc.page, 'waiting');
  await pc.close();
});

test('revocation lists that nobody renewed: the card is not to blame, and works once fresh ones are there', async () => {
  clock.forward(6 * 24 * 60);
  const pc = await openPc(sandbox.card());
  await says(pc.page, 'card-error', 'E-108');
  assert.match(await pc.page.textContent(id('card-error')), /カードに問題はありません/);
  await shoot(pc.page, 'late-lists');
  execFileSync(program, ['revoke', '--dir', sandbox.dir, 'card-revoked'], { stdio: 'pipe', env: { ...process.env, ...sandbox.env } });
  assert.ok(await reload(sandbox, (text) => text));
  await pc.page.click(id('retry'));
  await state(pc.page, 'waiting');
  await pc.close();
});

test('more log-ins begun than one address may in a minute: not locked, and welcome after the minute', async () => {
  const [{ reason }] = await minute;
  if (reason) throw reason;
});
