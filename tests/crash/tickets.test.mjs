// 200 tickets from a table, and their letters: both commands killed at 20 random moments and run again. None missing, none
// twice, every QR on the rendered pages that of its ticket, every name in the text.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from '../support/database.mjs';
import { operate, runAndKill, tegata } from '../support/operator.mjs';
import { startSandbox } from '../support/sandbox.mjs';

const count = 200;
const names = ['髙橋 花子', '山﨑 次郎', '𠮷田 三郎', '葛\u{E0100}城 四郎', '検証 太郎'];
let sandbox, table, file, folder, people;

before(async () => {
  sandbox = await startSandbox();
  people = Array.from({ length: count }, (_, i) => ({ id: `TK${String(i).padStart(8, '0')}`, name: names[i % names.length] }));
  putPeople();
  table = path.join(sandbox.dir, 'people.csv');
  file = path.join(sandbox.dir, 'batch.tickets');
  folder = path.join(sandbox.dir, 'letters');
  writeFileSync(table, `practitioner_id,origin\r\n${people.map(({ id }, i) => `${id},${i % 2 ? 'portal' : 'mailed'}\r\n`).join('')}`);
});
after(() => sandbox?.stop());

// Straight into the database: bringing people in is another command's business.
function putPeople() {
  const rows = people.map(({ id, name }, i) =>
    `('${id}', x'${i.toString(16).padStart(128, '0')}', '${name}', 'Kensho', '["Medical Doctor"]', 1, 4102444800000)`);
  sql(sandbox,
    `INSERT INTO practitioner (id, user_handle, name, romaji, roles, active, second_certificate_not_after) VALUES ${rows.join(',')}`);
}

const issue = () => ['ticket', 'issue', '--config', path.join(sandbox.dir, 'config.toml'), '--csv', table, '--batch', 'B1', '--out', file];
const tickets = () => readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => JSON.parse(line));

test('a table with rows that cannot be had is refused whole, with every such row', () => {
  const bad = path.join(sandbox.dir, 'bad.csv');
  writeFileSync(bad, `practitioner_id,origin\n${people[0].id},mailed\nNOBODY,mailed\n${people[0].id},mailed\n${people[1].id},card\n`);
  const out = path.join(sandbox.dir, 'bad.tickets');
  const answer = operate(sandbox, 'ticket', 'issue', '--csv', bad, '--batch', 'bad', '--out', out);
  assert.equal(answer.ok, false);
  assert.deepEqual(answer.rows.map(({ line, code }) => [line, code]), [[3, 'ticket_person_not_in_good_standing'],
    [4, 'ticket_person_twice'], [5, 'ticket_origin_unknown']]);
  assert.deepEqual(operate(sandbox, 'ticket', 'list', '--batch', 'bad'), []);
  const dry = operate(sandbox, 'ticket', 'issue', '--csv', table, '--batch', 'B1', '--out', file, '--dry-run');
  assert.deepEqual([dry.ok, dry.tickets, dry.issued], [true, count, 0]);
  assert.deepEqual(operate(sandbox, 'ticket', 'list', '--batch', 'B1'), []);
});

test('issue, killed at ten random moments: every line has one ticket, those of the file', async () => {
  let killed = 0;
  for (let round = 0; round < 10; ++round) killed += await runAndKill(tegata, issue(), 30 + Math.random() * 600);
  assert.ok(killed >= 3, `only ${killed} kills came in time`);
  const done = operate(sandbox, ...issue().filter((word, i, all) => word !== '--config' && all[i - 1] !== '--config'));
  assert.deepEqual([done.ok, done.tickets], [true, count]);
  assert.equal(operate(sandbox, 'ticket', 'issue', '--csv', table, '--batch', 'B1', '--out', file).issued, 0);
  const rows = operate(sandbox, 'ticket', 'list', '--batch', 'B1');
  assert.equal(rows.length, count);
  assert.deepEqual(new Set(rows.map(({ ticket, line }) => `${line} ${ticket}`)),
    new Set(tickets().map(({ ticket, line }) => `${line} ${ticket}`)));
  assert.equal(new Set(rows.map(({ practitioner_id: id }) => id)).size, count);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  // Under another file the batch is not issued again.
  assert.equal(operate(sandbox, 'ticket', 'issue', '--csv', table, '--batch', 'B1', '--out', `${file}.2`).code, 'ticket_batch_line_taken');
});

test('letters, killed at ten random moments: every QR that of its ticket, every name in the text', async () => {
  const args = ['ticket', 'letter', file, '--out', folder, '--each', '10', '--format', 'pdf', '--contact', '検証用窓口'];
  let killed = 0;
  for (let round = 0; round < 10; ++round) killed += await runAndKill(tegata, args, 30 + Math.random() * 250);
  assert.ok(killed >= 3, `only ${killed} kills came in time`);
  const answer = JSON.parse(execFileSync(tegata, [...args, '--json'], { encoding: 'utf8' }));
  assert.deepEqual([answer.ok, answer.letters, answer.documents.length], [true, count, count / 10]);
  assert.equal(readdirSync(folder).filter((name) => name.endsWith('.pdf')).length, count / 10);

  const images = path.join(sandbox.dir, 'pages');
  mkdirSync(images);
  const expected = tickets();
  answer.documents.forEach((document, index) => {
    const part = expected.slice(index * 10, index * 10 + 10);
    const pages = execFileSync('pdftotext', ['-layout', document, '-'], { encoding: 'utf8' }).split('\f').slice(0, -1);
    assert.equal(pages.length, 40);
    // Pictures as they come: packing 800 of them took longer than all else.
    execFileSync('pdftoppm', ['-r', '100', '-gray', document, path.join(images, 'p')]);
    // Its exit code says that most pages have none, which is as it should be.
    const codes = spawnSync('zbarimg', ['-Sdisable', '-Sqrcode.enable', '--quiet', '--raw',
      ...readdirSync(images).sort().map((name) => path.join(images, name))], { encoding: 'utf8' }).stdout.trim().split('\n');
    assert.deepEqual(codes, part.map(({ url }) => url));  // one code a letter, in order, and none on other pages
    part.forEach((ticket, i) => {
      const [code, , password] = pages.slice(i * 4, i * 4 + 4);
      assert.ok(code.includes(ticket.name) && password.includes(ticket.name), ticket.name);
      assert.ok(password.includes(ticket.password) && !code.includes(ticket.password));
      assert.ok(!password.includes('#t='));
    });
    execFileSync('sh', ['-c', 'rm -f "$0"/*.pgm', images]);
  });
});
