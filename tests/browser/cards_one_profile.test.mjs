// Cards at a shared PC, in one Chromium that is never closed, with its own TLS: what lies on the reader is what its NSS
// database holds. Today's users must close the browser between cards; here nothing stays behind.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchPc, shoot } from '../support/chromium.mjs';
import { startSandbox } from '../support/sandbox.mjs';
import { id } from '../support/screens.mjs';

let sandbox, pc;

before(async () => {
  sandbox = await startSandbox();
  pc = await launchPc(sandbox, null);
});
after(async () => {
  await pc?.close();
  await sandbox?.stop();
});

async function begin(button = 'start-card') {
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-phone'));
  await pc.page.click(id(button));
}
async function personOnScreen() {
  await pc.page.waitForSelector(id('qr'));
  return pc.page.textContent(id('practitioner-id'));
}
async function leave() {
  await pc.page.click('#quit');
  await pc.page.waitForSelector(id('start-phone'));
}
async function refusal() {
  await pc.page.waitForSelector(id('card-error'));
  return pc.page.textContent(id('card-error'));
}
const swap = (from, to) => {
  pc.remove(from);
  pc.insert(to);
};

test('no card, then the card is put in, then retry', async () => {
  await begin();
  assert.match(await refusal(), /E-101/);
  await shoot(pc.page, 'one-profile-no-card');
  pc.insert(sandbox.card());
  await pc.page.click(id('retry'));
  assert.equal(await personOnScreen(), sandbox.card().practitioner_id);
  await leave();
});

test('the next doctor at the same browser is the next doctor', async () => {
  swap(sandbox.card(), sandbox.card('good', 'hpki-auth', 1));
  await begin();
  assert.equal(await personOnScreen(), sandbox.card('good', 'hpki-auth', 1).practitioner_id);
  await leave();
  // Whoever takes the card along takes the log-in along.
  pc.remove(sandbox.card('good', 'hpki-auth', 1));
  await begin();
  assert.match(await refusal(), /E-101/);
});

test('HPKI card, swap, My Number card: linked; then the My Number card logs in', async () => {
  const [hpki, mynumber] = [sandbox.card(), sandbox.card('good', 'jpki-auth')];
  pc.insert(hpki);
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-mynumber'));
  await pc.page.click(id('start-card'));
  await pc.page.waitForSelector(id('link-mynumber'));
  swap(hpki, mynumber);
  await pc.page.click(id('link-mynumber'));
  await pc.page.waitForSelector(id('mynumber-done'));

  await begin('login-mynumber');
  assert.equal(await personOnScreen(), hpki.practitioner_id);
  await leave();
  // The HPKI card is gone from the reader, whatever the browser did before.
  await begin();
  assert.match(await refusal(), /E-101/);

  swap(mynumber, hpki);
  await begin();
  assert.equal(await personOnScreen(), hpki.practitioner_id);
  await leave();
  await begin('login-mynumber');
  assert.match(await refusal(), /E-101/);
  pc.remove(hpki);
});
