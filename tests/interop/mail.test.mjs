// Notices by mail, to a real SMTP server (aiosmtpd of Debian): delivered, over TLS and with a log-in only; the server away,
// busy, slow, refusing an address; and what the mails say.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { figure, operations } from '../support/operations.mjs';
import { operate } from '../support/operator.mjs';
import { enrol, root, startSandbox, until } from '../support/sandbox.mjs';

const server = path.join(root, 'tests/support/mail_server.py');
const password = 'only for the mail server';
const operators = 'desk@hospital.example', doctor = 'kensho.taro@hospital.example';
let sandbox, port, mail, card, mails = [];

const file = (name) => path.join(sandbox.dir, name);
// In one step: the server reads it at any time.
function mood(now) {
  writeFileSync(file('mood.new'), JSON.stringify(now));
  renameSync(file('mood.new'), file('mood.json'));
}
const pid = () => (existsSync(file('server.pid')) ? Number(readFileSync(file('server.pid'), 'utf8')) : 0);
const to = (address) => mails.filter((each) => each.to.includes(address));

async function open(kind) {
  await mail?.close();  // of a test that failed
  const child = spawn('/usr/bin/python3', [server, String(port), kind, file('pki/server.pem'), file('mood.json')], { stdio: ['pipe', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill());
  let rest = '', ready = false;
  child.stdout.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const line of lines.map((each) => JSON.parse(each))) if (line.ready) ready = true; else mails.push(line);
  });
  await until('the mail server', () => ready);
  return { close: () => new Promise((resolve) => { child.once('close', resolve); child.kill(); }) };
}

// Takes a changed configuration into use: notices are read at the start.
async function restart() {
  const victim = pid();
  process.kill(victim, 'SIGTERM');
  await until('a new server', () => pid() !== victim && pid() !== 0);
  await until('a server that is ready', () => operations(sandbox, '/readyz').then(({ status }) => status === 200, () => false));
}

const configure = (security) => {
  const whole = readFileSync(file('config.toml'), 'utf8').split('\n[notices.smtp]')[0];
  writeFileSync(file('config.toml'), whole);
  appendFileSync(file('config.toml'), `\n[notices.smtp]\nhost = "localhost"\nport = ${port}\nsecurity = "${security}"\nca = "${sandbox.tls_ca}"
from = "tegata@hospital.example"\nto = "${operators}"\nlogin = "smtp-login"\ntimeout_seconds = 6\n`);
};

// The person of that card gets that address, by an import of what the directory has already.
function give(owner, address) {
  const person = operate(sandbox, 'practitioner', 'show', owner.practitioner_id);
  writeFileSync(file('mail.csv'), 'practitioner_id,name,romaji,roles,authority,holder_number,second_certificate_not_after,mail\n' +
    person.cards.map((each) => `${person.practitioner_id},${person.name},${person.romaji},${person.roles.join(';')},${each.authority},` +
      `${each.holder_number},${person.second_certificate_not_after ?? ''},"${address.replaceAll('"', '""')}"\n`).join(''));
  const imported = operate(sandbox, 'practitioner', 'import', file('mail.csv'));
  assert.deepEqual([imported.ok, imported.changed], [true, 1], JSON.stringify(imported));
}

before(async () => {
  sandbox = await startSandbox();
  port = sandbox.portBase + 9;
  card = sandbox.card();
  mood({});
  writeFileSync(file('smtp-login'), `tegata\n${password}\n`, { mode: 0o600 });
  chmodSync(file('smtp-login'), 0o600);
  const config = readFileSync(file('config.toml'), 'utf8');
  assert.equal(config.includes('[notices'), false);
  writeFileSync(file('config.toml'), config.replace('[limits]\n', '[limits]\nphones = 50\n'));
  appendFileSync(file('config.toml'), `\n[notices]\nfolder = "notices"\n`);
  give(card, doctor);
  assert.equal(operate(sandbox, 'practitioner', 'show', card.practitioner_id).mail, doctor);
  assert.equal(operate(sandbox, 'practitioner', 'import', file('mail.csv')).unchanged, 1);
});
after(async () => {
  await mail?.close();
  await sandbox?.stop();
});

// One notice: a phone bound with the software phone.
const bind = (index = 0) => enrol(sandbox, sandbox.card('good', 'hpki-auth', index), file(`phone-${Math.random()}.json`));
// Everything is delivered, and nothing of it comes later.
const settled = () => until('nothing waiting', async () => {
  for (const channel of ['smtp', 'smtp_people']) {
    if ((await figure(sandbox, 'tegata_notices_waiting', `channel="${channel}"`)) !== 0) return false;
  }
  return true;
}, { timeout: 60_000 });
const dropped = () => readdirSync(file('notices')).filter((name) => name.endsWith('.json')).length;

function read({ message }) {
  const [head, body] = message.split('\r\n\r\n');
  const headers = Object.fromEntries(head.replaceAll('\r\n ', ' ').split('\r\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
  const decode = (text) => Buffer.from(text, 'base64').toString('utf8');
  return { headers, subject: headers.Subject.split(' ').map((word) => decode(/^=\?UTF-8\?B\?(.*)\?=$/.exec(word)[1])).join(''), text: decode(body), head };
}

for (const security of ['starttls', 'tls']) {
  test(`${security}: one mail to the operators and one to the person; what stands in it`, async () => {
    mails = [];
    configure(security);
    await restart();
    mail = await open(security);
    const { label } = await bind();
    await until('two mails', () => mails.length >= 2);
    assert.deepEqual(mails.map((each) => each.to).flat().sort(), [operators, doctor].sort());
    for (const each of mails) {
      assert.deepEqual([each.from, each.tls, each.login], ['tegata@hospital.example', true, 'tegata']);
      const { headers, subject, text, head } = read(each);
      assert.equal(subject, 'スマートフォンが登録されました / A phone was registered');
      assert.match(headers['Message-ID'], /^<tegata-notice-\d+@localhost>$/);
      assert.match(headers.Date, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/);
      assert.ok(Math.abs(Date.parse(headers.Date) - Date.now()) < 60_000);
      assert.equal(headers['Auto-Submitted'], 'auto-generated');
      assert.ok(head.split('\r\n').every((line) => line.length <= 76 && /^[\x20-\x7e]*$/.test(line)), head);
      assert.ok(text.includes(label), text);
      assert.match(text, /心当たりがないときは/);
      assert.match(text, /If you do not know of this/);
      const id = card.practitioner_id;
      assert.equal(each.message.includes(id) || text.includes(id), false, 'the 本人ID is masked');
      assert.ok(text.includes(`${id.slice(0, 2)}••••••${id.slice(-2)}`));
      // Nothing that lets anybody in: no link to press, no ticket, no password of ours.
      assert.doesNotMatch(text, /#t=|\/p#|\/d#/);
      assert.equal(each.message.includes(password), false);
    }
    await mail.close();
    mail = null;
  });
}

test('the server is away: nothing is lost, other channels go on, and it comes once it is back', { timeout: 120_000 }, async () => {
  mails = [];
  const before = dropped();
  await bind();
  await until('the file of the notice', () => dropped() === before + 1, { timeout: 5000 });
  await until('failures', async () => (await figure(sandbox, 'tegata_notices_failed_total', 'channel="smtp"')) >= 2, { timeout: 30_000 });
  assert.equal(await figure(sandbox, 'tegata_notices_waiting', 'channel="smtp"'), 1);
  assert.equal(await figure(sandbox, 'tegata_notices_waiting', 'channel="folder"'), 0);
  await restart();  // the outbox is in the database
  mail = await open('tls');
  await until('the mails', () => mails.length === 2, { timeout: 60_000 });
  await until('nothing waiting', async () => (await figure(sandbox, 'tegata_notices_waiting', 'channel="smtp"')) === 0);
});

test('a busy server (451) is asked again, in order', { timeout: 120_000 }, async () => {
  mails = [];
  mood({ busy: true });
  await bind();
  await bind(1);  // somebody without an address: the operators alone hear of it
  await until('failures', async () => (await figure(sandbox, 'tegata_notices_failed_total', 'channel="smtp_people"')) >= 1, { timeout: 30_000 });
  assert.deepEqual(mails, []);
  mood({});
  await until('the mails', () => to(operators).length === 2 && to(doctor).length === 1, { timeout: 60_000 });
  const numbers = to(operators).map((each) => Number(read(each).headers['Tegata-Notice']));
  assert.equal(numbers[1], numbers[0] + 1);
});

test('an address that is refused for good (550) holds up nobody', { timeout: 120_000 }, async () => {
  mails = [];
  mood({ refuse: doctor });
  await bind();
  await until('the operators have it', () => to(operators).length === 1);
  await until('nothing waiting', async () => (await figure(sandbox, 'tegata_notices_waiting', 'channel="smtp_people"')) === 0);
  assert.equal(to(doctor).length, 0);
  const log = readFileSync(file('server.log'), 'utf8');
  assert.match(log, /notice_address_refused/);
  assert.equal(log.includes(doctor), false);
  mood({});
});

test('a slow server is given up after its time and asked again; files come meanwhile', { timeout: 120_000 }, async () => {
  mails = [];
  mood({ slow: 20 });
  const before = dropped();
  await bind();
  await until('the file of the notice', () => dropped() === before + 1, { timeout: 5000 });
  await until('it was given up', async () => (await figure(sandbox, 'tegata_notices_failed_total', 'channel="smtp"')) >= 2, { timeout: 30_000 });
  mood({});
  await until('the mails', () => to(operators).length >= 1 && to(doctor).length >= 1, { timeout: 60_000 });
  await settled();
});

test('defect: a carrier\'s address with dots in a row had no mail; it is written in quotes', { timeout: 120_000 }, async () => {
  const owner = sandbox.card('good', 'hpki-auth', 1), written = '"hoge..k."@docomo.ne.jp';
  for (const address of ['hoge..k.@docomo.ne.jp', written, '"a\\"b>, c@d"@docomo.ne.jp']) {
    mails = [];
    give(owner, address);
    assert.equal(operate(sandbox, 'practitioner', 'show', owner.practitioner_id).mail, address);
    await bind(1);
    const expected = address.startsWith('"') ? address : written;
    await until('the person has it', () => mails.some((each) => !each.to.includes(operators)));
    await settled();
    const [mail] = mails.filter((each) => !each.to.includes(operators));
    assert.equal(read(mail).headers.To, expected);
    assert.deepEqual(mail.rcpt.map((each) => each.replace(/^TO:/, '')), [`<${expected}>`]);
  }
  give(owner, '');
});

test('a server that we do not know, and a wrong password, get no mail', { timeout: 180_000 }, async () => {
  mails = [];
  writeFileSync(file('smtp-login'), `tegata\nwrong\n`);
  await bind();
  const failed = () => figure(sandbox, 'tegata_notices_failed_total', 'channel="smtp"');
  const first = await failed();
  await until('a failure', async () => (await failed()) > first, { timeout: 30_000 });
  assert.deepEqual(mails, []);
  writeFileSync(file('smtp-login'), `tegata\n${password}\n`);
  await until('the mails', () => to(operators).length >= 1 && to(doctor).length >= 1, { timeout: 60_000 });
  await settled();

  mails = [];
  writeFileSync(file('config.toml'), readFileSync(file('config.toml'), 'utf8').replace(/(\[notices\.smtp\][^[]*?)^ca = .*$/m, '$1'));
  await restart();
  await bind();
  await until('a failure', async () => (await failed()) >= 1, { timeout: 30_000 });
  assert.deepEqual(mails, []);
});

test('every delivery is in the log of what happened, which holds; and no mail is', () => {
  const dry = operate(sandbox, 'purge', '--dry-run');
  assert.deepEqual([dry.ok, dry.dry_run, dry.purged.notices], [true, true, 0]);
  const none = operate(sandbox, 'purge');
  assert.deepEqual([none.ok, none.purged.audit_records], [true, 0]);
  const verdict = operate(sandbox, 'audit', 'verify');
  assert.deepEqual([verdict.ok, verdict.cut_off], [true, 0]);
  const log = readFileSync(file('server.log'), 'utf8');
  assert.equal(log.includes(password) || log.includes(operators), false);
});
