// Tickets by letter and by portal, as a phone's screen shows them: no PC, a password, every refusal.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launchPhone, shoot } from '../support/chromium.mjs';
import { issueTicket, operate } from '../support/operator.mjs';
import { phone as softwarePhone, startSandbox } from '../support/sandbox.mjs';
import { id, sendPassword } from '../support/screens.mjs';

let sandbox, phones, person;

before(async () => {
  sandbox = await startSandbox();
  phones = await launchPhone();
  person = sandbox.card().practitioner_id;
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

async function open(url) {
  const phone = await phones.phone();
  await phone.page.goto(url);
  return phone;
}

for (const origin of ['mailed', 'portal']) {
  test(`${origin}: password, registration, label, done`, async () => {
    const ticket = issueTicket(sandbox, person, origin);
    assert.equal(ticket.ok, true);
    assert.ok(ticket.url.length <= 84);
    const phone = await open(ticket.url);
    await phone.page.waitForSelector(id('password'));
    assert.equal((await phone.page.textContent(id('practitioner-id'))).includes(person), false);
    assert.equal(await phone.page.isVisible(id('tries-left')), false);
    await shoot(phone.page, `phone-${origin}-password`);
    await sendPassword(phone, ` ${ticket.password.toUpperCase()} `);
    await phone.page.waitForSelector(id('register'));
    assert.equal((await phone.page.textContent(id('practitioner-id'))).includes(person), true);
    await shoot(phone.page, `phone-${origin}-register`);
    await phone.page.reload();
    await phone.page.waitForSelector(id('register'));  // the owner is asked no second time
    await phone.page.click(id('register'));
    await phone.page.waitForSelector(id('label'));
    await phone.page.click(id('label-ok'));
    await phone.page.waitForSelector(id('done'));
    await phone.context.close();

    const late = await open(ticket.url);
    await late.page.waitForSelector(id('phone-error'));
    assert.match(await late.page.textContent(id('phone-error')), /E-204/);
    await shoot(late.page, `phone-${origin}-used`);
    await late.context.close();
  });
}

test('wrong passwords: what is left, the lock, the operator who unlocks, a lost connection', async () => {
  const ticket = issueTicket(sandbox, person, 'mailed');
  const phone = await open(ticket.url);
  await phone.page.waitForSelector(id('password'));
  await phone.page.click(id('password-ok'));
  await phone.page.waitForSelector(id('password-error'));
  assert.match(await phone.page.textContent(id('password-error')), /E-221/);
  for (let left = 4; left >= 1; --left) {
    await sendPassword(phone, `wrong-${left}`);
    await phone.page.waitForFunction(([selector, text]) => document.querySelector(selector)?.textContent.includes(text),
      [id('tries-left'), `あと${left}回`]);
    await sendPassword(phone, `wrong-${left}`);  // the same one again
    await phone.page.waitForFunction((selector) => !document.querySelector(selector).getAttribute('aria-disabled'), id('password-ok'));
    assert.match(await phone.page.textContent(id('tries-left')), new RegExp(`あと${left}回`));
  }
  assert.match(await phone.page.textContent(id('password-error')), /E-222/);
  await shoot(phone.page, 'phone-mailed-wrong');

  await phone.context.setOffline(true);
  await phone.page.fill(id('password'), 'never sent');
  await phone.page.click(id('password-ok'));
  await phone.page.waitForFunction((selector) => document.querySelector(selector).textContent.includes('E-902'), id('password-error'));
  await phone.context.setOffline(false);

  await sendPassword(phone, 'the fifth');
  await phone.page.waitForSelector(id('phone-error'));
  assert.match(await phone.page.textContent(id('phone-error')), /E-205/);
  await shoot(phone.page, 'phone-mailed-locked');
  await phone.page.reload();
  await phone.page.waitForSelector(id('phone-error'));
  assert.match(await phone.page.textContent(id('phone-error')), /E-205/);
  const row = () => operate(sandbox, 'ticket', 'list').find((each) => each.ticket === ticket.ticket);
  assert.equal(row().state, 'locked');

  assert.equal(operate(sandbox, 'ticket', 'unlock', ticket.ticket).done, 'unlocked');
  assert.equal(row().tries_left, 5);
  await phone.page.reload();
  await phone.page.waitForSelector(id('password'));
  await sendPassword(phone, ticket.password);
  await phone.page.waitForSelector(id('register'));
  await phone.context.close();
});

test('a revoked ticket looks like one that never was', async () => {
  const ticket = issueTicket(sandbox, person, 'mailed');
  assert.equal(operate(sandbox, 'ticket', 'revoke', ticket.ticket).done, 'revoked');
  for (const url of [ticket.url, `${sandbox.public_origin}/p#t=AAAAAAAAAAAAAAAAAAAAAA`]) {
    const phone = await open(url);
    await phone.page.waitForSelector(id('phone-error'));
    assert.match(await phone.page.textContent(id('phone-error')), /E-204/);
    await phone.context.close();
  }
  assert.equal(operate(sandbox, 'ticket', 'revoke', ticket.ticket).code, 'ticket_not_live');
});

test('another browser with the right password takes over, and the first is asked again', async () => {
  const ticket = issueTicket(sandbox, person, 'mailed');
  const first = await open(ticket.url);
  await first.page.waitForSelector(id('password'));
  await sendPassword(first, ticket.password);
  await first.page.waitForSelector(id('register'));
  const second = await open(ticket.url);
  await second.page.waitForSelector(id('password'));
  await sendPassword(second, ticket.password);
  await second.page.waitForSelector(id('register'));
  await first.page.waitForSelector(id('phone-error'));
  assert.match(await first.page.textContent(id('phone-error')), /E-204/);
  await second.page.click(id('register'));
  await second.page.waitForSelector(id('label'));
  await first.context.close();
  await second.context.close();
});

test('the software phone takes a password', async () => {
  const ticket = issueTicket(sandbox, person, 'portal');
  const run = softwarePhone(sandbox, ['enroll', ticket.url, '--password', ticket.password, '--store', path.join(sandbox.dir, 'phone.json')]);
  await run.done;
  assert.equal(run.code, 0, run.errors);
});
