// What the server rests on, taken away from a running one: the token's PIN, the root of the metadata, the newer of two lists.
// It does not go on with less: it says so, is not ready, and a token's PIN is tried once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { metadataAuthority } from '../support/metadata.mjs';
import { operations } from '../support/operations.mjs';
import { operate } from '../support/operator.mjs';
import { Browser, fetchWith, root, startSandbox, until } from '../support/sandbox.mjs';

const outside = mkdtempSync(path.join(tmpdir(), 'tegata-token-'));
let sandbox;

const file = (name) => path.join(sandbox.dir, name);
const pid = () => (existsSync(file('server.pid')) ? Number(readFileSync(file('server.pid'), 'utf8')) : 0);
const readiness = () => operations(sandbox, '/readyz');
const logins = () => statSync(path.join(outside, 'logins'), { throwIfNoEntry: false })?.size ?? 0;
const events = (name) => readFileSync(file('server.log'), 'utf8').split(`"event":"${name}"`).length - 1;

// Replaces it, as a careful operator does.
function setPin(pin) {
  writeFileSync(file('pin.new'), `${pin}\n`, { mode: 0o600 });
  renameSync(file('pin.new'), file('pin'));
}

// Resolves when a new server answers, ready or not.
async function restart(change = (config) => config) {
  writeFileSync(file('config.toml'), change(readFileSync(file('config.toml'), 'utf8')));
  const victim = pid();
  process.kill(victim, 'SIGTERM');
  await until('a new server', () => pid() !== victim && pid() !== 0);
  await until('its socket', () => readiness().then(() => true, () => false));
  await until('its pages', () => fetchWith(sandbox)(`${sandbox.public_origin}/jwks`).then(({ ok }) => ok, () => false));
}

before(async () => {
  mkdirSync(path.join(outside, 'tokens'));
  writeFileSync(path.join(outside, 'softhsm2.conf'), `directories.tokendir = ${path.join(outside, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const env = { SOFTHSM2_CONF: path.join(outside, 'softhsm2.conf'), TEGATA_LOGINS: path.join(outside, 'logins') };
  execFileSync('softhsm2-util', ['--init-token', '--free', '--label', 'tegata', '--pin', '1234', '--so-pin', '5678'],
    { stdio: 'pipe', env: { ...process.env, ...env } });
  sandbox = await startSandbox({ env });
});
after(async () => {
  await sandbox?.stop();
  rmSync(outside, { recursive: true, force: true });
});

test('defect: a refused PIN was tried again and again, and the former key on the disk signed', { timeout: 120_000 }, async () => {
  setPin('1234');
  const module = path.join(root, 'build/release/tests/libtegata-locking-token.so');
  appendFileSync(file('config.toml'), `\n[signing_keys]\nahead_seconds = 1\nmodule = "${module}"\ntoken = "tegata"\npin_file = "pin"\n`);
  await restart();
  assert.deepEqual(await readiness(), { status: 200, body: 'ok\n' });
  const rotated = operate(sandbox, 'key', 'rotate');
  assert.equal(rotated.rotated, true, JSON.stringify(rotated));
  await until('its turn', () => operate(sandbox, 'key', 'list').keys.at(-1).state === 'active');
  await until('the token\'s key', async () => /^tegata_signing_keys 2$/m.test((await operations(sandbox, '/metrics')).body));

  setPin('9999');
  const before = logins();
  for (let start = 0; start < 2; ++start) {
    await restart();
    for (let look = 0; look < 4; ++look) {
      const { status, body } = await readiness();
      assert.equal(status, 503);
      assert.match(body, new RegExp(`^signing_key_unusable ${rotated.kid} pkcs11_pin_refused C_Login: CKR 0x00a0`));
      assert.match((await operations(sandbox, '/metrics')).body, /^tegata_signing_pin_refused 1$/m);
    }
  }
  // A command beside it meets the same mark.
  assert.equal(operate(sandbox, 'key', 'rotate', '--emergency', '--reason', 'drill').code, 'pkcs11_pin_refused');
  assert.equal(logins() - before, 1);
  assert.equal(events('signing_pin_refused'), 2);  // once for each start
  assert.deepEqual(operate(sandbox, 'key', 'list').keys.map((key) => key.state), ['retiring', 'active']);

  setPin('1234');
  await until('a server that is ready', async () => (await readiness()).status === 200);
  assert.equal(logins() - before, 2);
  assert.match((await operations(sandbox, '/metrics')).body, /^tegata_signing_pin_refused 0$/m);
});

test('defect: metadata that could not be used passed for none, and the server was ready', { timeout: 120_000 }, async () => {
  const folders = ['first', 'second'].map((name) => file(name));
  const [first, second] = folders.map((folder) => (mkdirSync(folder), metadataAuthority(folder)));
  const anchoredBy = (authority) => (config) => `${config.split('\n[metadata]')[0]}\n[metadata]\nanchors = ["${authority.anchor}"]\n`;
  await restart(anchoredBy(first));
  assert.match((await readiness()).body, /^ok\nwarning metadata_none /);
  const imported = operate(sandbox, 'metadata', 'import', first.publish(1, []));
  assert.equal(imported.imported, true, JSON.stringify(imported));
  await restart();
  assert.deepEqual(await readiness(), { status: 200, body: 'ok\n' });

  await restart(anchoredBy(second));
  const { status, body } = await readiness();
  assert.equal(status, 503);
  assert.match(body, /^metadata_unusable webauthn_metadata_untrusted .*tegata metadata import\n$/);
  assert.match((await operations(sandbox, '/metrics')).body, /^tegata_metadata_usable 0$/m);
  assert.equal(operate(sandbox, 'metadata', 'import', second.publish(2, [])).imported, true);
  await restart();
  assert.deepEqual(await readiness(), { status: 200, body: 'ok\n' });
});

test('defect: of two My Number lists the old one stood first, and a card revoked in the newer alone logged in', { timeout: 120_000 }, async () => {
  const card = sandbox.card('good', 'jpki-auth');
  const logIn = () => new Browser(sandbox).logIn(card, { method: 'mynumber' });
  const person = sandbox.card().practitioner_id;
  const inSandbox = (...words) => execFileSync(path.join(root, 'build/tegata-sandbox'), words, { stdio: 'pipe' });
  inSandbox('practitioner', 'link-mynumber', person, '--certificate', card.cert, '--config', file('config.toml'));
  const listed = (config) => /^lists = .*$/m.exec(config)?.[0];
  const newer = JSON.parse(listed(readFileSync(file('config.toml'), 'utf8')).slice('lists = '.length))[0];
  const older = file('older.crl');
  copyFileSync(path.resolve(sandbox.dir, newer), older);
  await restart((config) => config.replace(listed(config), `lists = ["${older}", "${newer}"]`));
  assert.equal((await logIn()).status, 200);
  inSandbox('revoke', card.cert, '--dir', sandbox.dir);
  const refused = await logIn();
  assert.equal(refused.status, 403, JSON.stringify(refused.body));
  assert.equal(refused.body.cause, 'mynumber_revoked');
});
