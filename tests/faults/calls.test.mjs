// System calls that fail under the running server: what clients get, what /healthz, /readyz and the log say, and that it
// goes on by itself, with everything that was acknowledged.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { faults } from '../support/faults.mjs';
import { facilityOf, logFrom, restart } from '../support/health.mjs';
import { operations } from '../support/operations.mjs';
import { Browser, enrol, fetchWith, startSandbox, until } from '../support/sandbox.mjs';

let sandbox;
const trouble = faults();

before(async () => {
  sandbox = await startSandbox({ env: trouble.env });
});
after(() => sandbox?.stop());

const events = (name) => readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8').split('\n')
  .filter((line) => line.includes(`"event":"${name}"`)).map((line) => JSON.parse(line));
// By a connection of its own.
const jwks = async () => (await fetchWith(sandbox)(`${sandbox.public_origin}/jwks`)).status;

test('defect: one accept() that failed ended an origin for good', async () => {
  assert.equal(await jwks(), 200);
  trouble.set(['accept', 'ENFILE', 5]);
  // Each origin's next connection meets it; whoever calls waits for the end of it, and is served.
  assert.equal(await jwks(), 200);
  await until('the line', () => events('connections_taken_again').length > 0);
  const [line] = events('connections_not_taken');
  assert.equal(line.level, 'error');
  assert.equal(line.code, 'server_socket_unusable');
  assert.match(line.detail, /\/(public|ops)\.sock: Too many open files in system$/);
  assert.equal((await operations(sandbox, '/healthz')).status, 200);
});

// The configuration is read by the next server.
function configure(from, to) {
  const file = path.join(sandbox.dir, 'config.toml');
  const text = readFileSync(file, 'utf8');
  assert.match(text, from);
  writeFileSync(file, text.replace(from, to));
}

test('defect: nobody learned why no My Number card could log in: no process for the command that knows revoked ones', async () => {
  const command = path.join(sandbox.dir, 'ask');
  writeFileSync(command, '#!/bin/sh\necho good\n', { mode: 0o755 });
  configure(/revocation = "list"\nlists = .*/, `revocation = "command"\ncommand = ["${command}"]`);
  await restart(sandbox);
  const log = logFrom(sandbox);
  const logIn = () => new Browser(sandbox).logIn(sandbox.card('good', 'jpki-auth'), { purpose: 'devices', method: 'mynumber' });
  assert.equal((await logIn()).status, 403);  // good, and linked to nobody
  trouble.set(['spawn', 'EAGAIN', 0, command]);
  const refused = await logIn();
  assert.deepEqual([refused.status, refused.body.code], [503, 'E-108']);
  const sentence = `${command}: cannot be run: Resource temporarily unavailable`;
  const ready = await operations(sandbox, '/readyz');
  assert.deepEqual([ready.status, ready.body], [200, `ok\nwarning mynumber_revocation_unknown ${sentence}\n`]);
  const [line] = log.events('mynumber_command_failed');
  assert.deepEqual([line.level, line.detail], ['error', sentence]);
  trouble.none();
  assert.equal((await logIn()).status, 403);  // good, and linked to nobody
  assert.equal((await operations(sandbox, '/readyz')).body, 'ok\n');
  assert.equal(log.events('mynumber_command_answers_again').length, 1);
});

test('an epoch that cannot be put in place is told of, keeps nobody from work, and is what it was', async () => {
  const epoch = path.join(sandbox.dir, 'tegata.db.epoch');
  const facility = facilityOf(sandbox);
  await facility.asks();
  const log = logFrom(sandbox);
  trouble.set(['rename', 'EIO', 0, 'tegata.db.epoch']);
  const before = readFileSync(epoch, 'utf8');
  await restart(sandbox);
  const sentence = `${epoch}: cannot be written: Input/output error`;
  await until('the warning', async () => (await operations(sandbox, '/readyz')).body === `ok\nwarning audit_head_unsent epoch ${sentence}\n`);
  const [line] = log.events('audit_head_unsent');
  assert.deepEqual([line.level, line.to, line.detail], ['error', 'epoch', sentence]);
  await facility.asks();
  assert.equal(readFileSync(epoch, 'utf8'), before);
  trouble.none();
  await restart(sandbox, 'SIGTERM');
  await until('the epoch', () => readFileSync(epoch, 'utf8') !== before);
  assert.equal((await operations(sandbox, '/readyz')).body, 'ok\n');
  await facility.verifyAll();
});

test('a notice that cannot be put into its folder waits, and comes', async () => {
  const folder = path.join(sandbox.dir, 'notices');
  configure(/\n\[mynumber\]/, `\n[notices]\nfolder = "${folder}"\n\n[mynumber]`);
  await restart(sandbox);
  const log = logFrom(sandbox);
  trouble.set(['rename', 'EIO', 0, 'phone_added']);
  await enrol(sandbox, sandbox.card(), path.join(sandbox.dir, 'phone.json'));
  const [line] = await until('the line', () => (log.events('notice_undelivered').length ? log.events('notice_undelivered') : null));
  assert.match(JSON.stringify(line), /phone_added\.json: cannot be written: Input\/output error/);
  assert.deepEqual(readdirSync(folder), []);
  trouble.none();
  await until('the notice', () => readdirSync(folder).some((name) => name.endsWith('-phone_added.json')));
});
