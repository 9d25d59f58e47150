// `tegata init`, the real program: killed before each of its calls that syncs or changes a name, and on a disk whose last sync
// fails. Whatever it leaves, all of an installation is there, or the next one makes it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { faults } from '../support/faults.mjs';
import { tegata } from '../support/operator.mjs';
import { startSandbox } from '../support/sandbox.mjs';

const trouble = faults();
let sandbox, settings;

before(async () => {
  sandbox = await startSandbox({ keep: true });
  await sandbox.stop();
  settings = readFileSync(path.join(sandbox.dir, 'config.toml'), 'utf8').replace(/^(database|audit_key|signing_key) = .*\n/gm, '');
}, { timeout: 120_000 });
after(() => rmSync(sandbox.dir, { recursive: true, force: true }));

// A new installation, of which nothing is there but its configuration.
function place() {
  const folder = mkdtempSync(path.join(sandbox.dir, 'begin-'));
  const config = path.join(folder, 'config.toml');
  mkdirSync(path.join(folder, 'keys'), { mode: 0o700 });
  writeFileSync(config, 'database = "tegata.db"\naudit_key = "audit.key"\n' + settings + '\n[signing_keys]\ndirectory = "keys"\n');
  const run = (command, env = {}) =>
    spawnSync(tegata, [command, '--config', config, '--json'], { encoding: 'utf8', env: { ...process.env, ...env } });
  const answer = (command, env) => JSON.parse(run(command, env).stdout);
  return {
    run,
    init: (env) => answer('init', env),
    // What would stop a start. JPKI's test authorities are good in the sandbox's own edition of the program alone.
    problems: () => (answer('check').problems ?? []).filter(({ code }) => code !== 'mynumber_authority_malformed'),
    has: (name) => existsSync(path.join(folder, name)),
    keys: () => readdirSync(path.join(folder, 'keys')),
    // Half-written keys have names of their own, which nobody reads.
    files: () => readdirSync(folder).filter((name) => !/\.new-\d+$/.test(name)).sort(),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
const failing = { ...trouble.env, TEGATA_FAULTS_OF: 'init' };

test('killed before each call, an installation is whole or is made by the next init', { timeout: 300_000 }, () => {
  const whole = place();
  assert.equal(whole.init().ok, true);
  assert.deepEqual(whole.problems(), []);
  let calls = 0, made = 0, begun = 0;
  for (let killed = true; killed; calls += 1) {
    const it = place();
    killed = it.run('init', { ...failing, TEGATA_KILL_AT: String(calls + 1) }).signal === 'SIGKILL';
    const left = it.files().join(' '), had = it.has('tegata.db'), again = it.init();
    const what = `killed before call ${calls + 1}, which left ${left}`;
    if (had) assert.equal(again.code, 'store_exists', `${what}: ${JSON.stringify(again)}`);
    else assert.equal(again.ok, true, `${what}: ${JSON.stringify(again)}`);
    if (had) made += 1;
    else begun += 1;
    assert.deepEqual(it.files(), whole.files(), what);
    assert.deepEqual(it.problems(), [], what);
    it.remove();
  }
  assert.ok(made >= 3 && begun >= 30, `${calls} calls: ${made} left a database, ${begun} none`);
});

test('defect: an init whose last sync failed left its database and took the key away that signs', () => {
  const it = place();
  const lastSync = ['fsync', 'EIO', 0, '/tegata.db$'];
  trouble.set(lastSync);
  const refused = it.init(failing);
  assert.equal(refused.code, 'file_not_written', JSON.stringify(refused));
  assert.match(refused.detail, /tegata\.db: cannot be synced: Input\/output error/);
  assert.deepEqual([it.files(), it.keys()],
    [['audit.key', 'config.toml', 'keys', 'tegata.db.guess-key', 'tegata.db.lock'], []]);
  // What cannot be taken away stays whole.
  trouble.set(lastSync, ['remove', 'EIO', 0, '/tegata.db$']);
  assert.equal(it.init(failing).code, 'file_not_written');
  assert.equal(it.keys().length, 1);
  assert.deepEqual(it.problems(), []);
  trouble.none();
  assert.equal(it.init().code, 'store_exists');
  assert.deepEqual(it.problems(), []);
});
