// What is wrong on our side, or was never meant to come: a server that stands still, a fault in it, models of phones that
// nobody may use, links that are spent, pages of others that send something here. Nothing of it costs a person a try.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { holdWrites, sql } from '../support/database.mjs';
import { openDesk } from '../support/desk.mjs';
import { metadataAuthority, model } from '../support/metadata.mjs';
import { issueTicket, operate } from '../support/operator.mjs';
import { answers, fetchWith, startSandbox, until } from '../support/sandbox.mjs';
import { bring, id, says, sendPassword, state } from '../support/screens.mjs';

let sandbox, phones, metadata;

before(async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'tegata-faults-'));
  metadata = metadataAuthority(dir);
  writeFileSync(path.join(dir, 'further.toml'), `[metadata]\nanchors = ["${metadata.anchor}"]\ncrls_required = false\n`);
  sandbox = await startSandbox({ dir });
  phones = await launchPhone();
});
after(async () => {
  await phones?.close();
  await sandbox?.stop();
});

async function restart() {
  const pid = () => readFileSync(path.join(sandbox.dir, 'server.pid'), 'utf8');
  const before = pid();
  process.kill(Number(before), 'SIGKILL');
  await until('the server', async () => pid() !== before && answers(sandbox));
}

async function openTicket() {
  const ticket = issueTicket(sandbox, sandbox.card().practitioner_id, 'mailed'), phone = await phones.phone();
  await phone.page.goto(ticket.url);
  await phone.page.waitForSelector(id('password'));
  return { ticket, phone };
}

const triesLeft = (ticket) => operate(sandbox, 'ticket', 'list').find((each) => each.ticket === ticket.ticket).tries_left;

test('a server that cannot write, and a fault in it: neither costs a try, and the same password goes on', async () => {
  const { ticket, phone } = await openTicket();
  const release = await holdWrites(sandbox);
  try {
    await sendPassword(phone, ticket.password);
    await says(phone.page, 'password-error', 'E-901');
    await shoot(phone.page, 'fault-busy');
  } finally {
    await release();
  }
  const { rows: [[hash]] } = sql(sandbox, 'SELECT hash FROM ticket_password WHERE handoff_id = ?', ticket.ticket);
  sql(sandbox, "UPDATE ticket_password SET hash = 'broken' WHERE handoff_id = ?", ticket.ticket);
  await sendPassword(phone, ticket.password);
  await says(phone.page, 'password-error', 'E-900');
  await shoot(phone.page, 'fault-ours');
  sql(sandbox, 'UPDATE ticket_password SET hash = ? WHERE handoff_id = ?', hash, ticket.ticket);
  await sendPassword(phone, ticket.password);
  await phone.page.waitForSelector(id('register'));
  await phone.context.close();
});

// The field takes 64 characters; an extension of the browser that fills it in need not care.
test('far too much in a field, and half a character: refused by the server or the proxy before it, and no try is counted', async () => {
  const { ticket, phone } = await openTicket();
  await phone.page.evaluate((selector) => document.querySelector(selector).removeAttribute('maxlength'), id('password'));
  for (const [size, status] of [[300, 413], [40_000, 413]]) {
    assert.equal((await sendPassword(phone, 'a'.repeat(size))).status(), status);
    await says(phone.page, 'password-error', 'E-904');
    await phone.page.fill(id('password'), '');
    await shoot(phone.page, `fault-too-large-${size}`);
  }
  // Half of a character, as an input method may leave it behind.
  await phone.page.evaluate((selector) => (document.querySelector(selector).value = 'a\ud83d'), id('password'));
  await phone.page.click(id('password-ok'));
  await says(phone.page, 'password-error', 'E-903');
  await shoot(phone.page, 'fault-unreadable');
  assert.equal(triesLeft(ticket), 5);
  await sendPassword(phone, ticket.password);
  await phone.page.waitForSelector(id('register'));
  await phone.context.close();
});

test('a model of which the worst is reported: bound phones stand still, new ones are refused, until it is taken back', async () => {
  const card = sandbox.card('good', 'hpki-auth', 1), [facility] = sandbox.facilities;
  const phone = await phones.phone(), next = await phones.phone(), pc = await openDesk(phones, sandbox);
  await bindPhone(sandbox, phone, card);
  const { rows: [[hex]] } = sql(sandbox, 'SELECT aaguid FROM credential WHERE practitioner_id = ?', card.practitioner_id);
  const aaguid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const know = async (number, ...statuses) => {
    assert.equal(operate(sandbox, 'metadata', 'import', metadata.publish(number, [model(aaguid, ...statuses)])).imported, true);
    await restart();  // it would look by itself within a minute
  };
  const ask = async () => (await fetchWith(sandbox, facility)(`${sandbox.facility_origin}/device_authorization`, { method: 'POST',
    body: new URLSearchParams({ client_id: facility.client_id, scope: 'openid hpki.sign', terminal_id: 't', terminal_name: '端末' }) })).json();
  await know(1, 'NOT_FIDO_CERTIFIED', 'REVOKED');

  const request = await ask();
  await phone.page.goto(request.verification_uri_complete);
  await phone.page.fill(id('number'), request.number);
  await phone.page.click(id('approve'));
  await says(phone.page, 'request-error', 'E-408');
  await shoot(phone.page, 'fault-model');
  pc.card = card;
  await pc.page.goto(`${sandbox.public_origin}/`);
  await pc.page.click(id('start-phone'));
  await pc.page.click(id('start-card'));
  await bring(pc.page, next);
  await next.page.click(id('register'));
  await says(next.page, 'register-error', 'E-309');
  assert.match(readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8'), /webauthn_metadata_status_unwanted/);
  await shoot(next.page, 'fault-model-new');

  await know(2, 'NOT_FIDO_CERTIFIED');
  await phone.page.fill(id('number'), request.number);
  await phone.page.click(id('approve'));
  await phone.page.waitForSelector(`${id('result')}[data-state="approved"]`);
  await next.page.click(id('retry'));
  await next.page.click(id('label-ok'));
  await next.page.waitForSelector(id('done'));
  await state(pc.page, 'done');
  for (const each of [phone, next, pc]) await each.context.close();
});

test('the link to a certificate that was taken already', async () => {
  const desk = await openDesk(phones, sandbox), folder = path.join(sandbox.dir, 'letters');
  mkdirSync(folder);
  const { link } = operate(sandbox, 'facility', 'certificate', 'reissue', sandbox.facilities[1].client_id, '--out', folder, '--link');
  await desk.page.goto(link);
  await desk.page.click(id('certificate-take'));
  await desk.page.waitForSelector(id('certificate-done'));
  await desk.page.goto('about:blank');
  await desk.page.goto(link);
  await desk.page.click(id('certificate-take'));
  await says(desk.page, 'certificate-problem', 'E-510');
  assert.match(await desk.page.textContent(id('certificate-problem')), /再発行/);
  await shoot(desk.page, 'fault-link-spent');
  await desk.close();
});

test('an address that is none, and a page elsewhere that sends something here', async () => {
  const desk = await openDesk(phones, sandbox);
  const nowhere = await desk.page.goto(`${sandbox.public_origin}/enrol`);
  assert.equal(nowhere.status(), 404);
  await says(desk.page, 'refusal', 'E-905');
  await shoot(desk.page, 'fault-no-page');
  await desk.context.route('https://elsewhere.example/', (route) => route.fulfill({ contentType: 'text/html', body:
    `<form method="post" enctype="text/plain" action="${sandbox.public_origin}/api/start"><input name='{"purpose":"enrol","method":"card","x":"' value='"}'><button>` }));
  await desk.page.goto('https://elsewhere.example/');
  const [answer] = await Promise.all([desk.page.waitForNavigation(), desk.page.click('button')]);
  assert.equal(answer.status(), 403);
  await says(desk.page, 'refusal', 'E-906');
  await shoot(desk.page, 'fault-elsewhere');
  assert.deepEqual((await desk.context.cookies(sandbox.public_origin)).map((each) => each.name).filter((name) => name.includes('tegata')), []);
  await desk.close();
});

test('defect: what the card origin and the proxy say by themselves was a bare page', async () => {
  const desk = await openDesk(phones, sandbox);
  const width = () => desk.page.evaluate(() => getComputedStyle(document.querySelector('main')).maxWidth);
  const card = await desk.page.goto(`https://x.card.localhost:${sandbox.portBase + 1}/login`);
  assert.equal(card.status(), 403);
  await says(desk.page, 'card-error', 'E-111');
  assert.equal(await width(), '544px');
  await shoot(desk.page, 'fault-card-origin');
  await desk.page.click(id('retry'));
  await desk.page.waitForURL(`${sandbox.public_origin}/`);
  const proxy = await desk.page.goto(`${sandbox.public_origin}/?${'a'.repeat(2100)}`);
  assert.equal(proxy.status(), 400);
  assert.equal(await width(), '544px');
  await shoot(desk.page, 'fault-proxy');
  await desk.close();
});
