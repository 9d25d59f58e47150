// A disk that gets full under the running server: grants end first, with a 503 that changes nothing; introspection goes
// on, and so does taking away; /readyz says why. With room again all goes on by itself, and nothing that was acknowledged
// is missing. The disk is a small file system in memory, which wants the right to mount: root, as everywhere here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from '../support/database.mjs';
import { operate } from '../support/operator.mjs';
import { operations } from '../support/operations.mjs';
import { Browser, enrol, fetchWith, phone, startSandbox, until } from '../support/sandbox.mjs';

const mebibyte = 1024 * 1024;
const disk = mkdtempSync(path.join(tmpdir(), 'tegata-disk-'));
let sandbox, ehr, service, kept, passes;

const mayMount = () => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192m', 'tegata-test', disk], { stdio: 'pipe' });
    return true;
  } catch {
    return false;  // a container without that right; tests/unit/store/disk_full.cpp has the rules themselves
  }
};
const mounted = mayMount();
const options = { timeout: 120_000, skip: mounted ? false : 'nobody may mount a file system here: the server on a full disk is not tried' };

const form = (client) => {
  const fetch = fetchWith(sandbox, client);
  return async (route, fields) => {
    const response = await fetch(`${sandbox.facility_origin}${route}`, { method: 'POST',
      body: new URLSearchParams({ client_id: client.client_id, ...fields }) });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : {} };
  };
};
const ok = ({ status, body }, wanted = 200) => (assert.equal(status, wanted, JSON.stringify(body)), body);
const ask = () => ehr('/device_authorization', { scope: 'openid hpki.sign', terminal_id: 't1' });
const isActive = async (token) => ok(await service('/introspect', { token })).active;

async function activate() {
  const request = ok(await ask());
  const run = phone(sandbox, ['approve', request.verification_uri_complete, '--number', request.number, '--store', kept]);
  assert.equal(await run.done, 0, run.errors);
  return until('the pass', async () => (await ehr('/token', { device_code: request.device_code,
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code' })).body.access_token, { every: 2100 });
}

// Other files on the same disk, so that so many octets are left.
const ballast = path.join(disk, 'ballast');
function leave(octets) {
  const file = openSync(ballast, 'a');
  const block = Buffer.alloc(mebibyte);
  try {
    for (let free = freeSpace(); free > octets; free = freeSpace()) writeSync(file, block, 0, Math.min(mebibyte, free - octets));
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}
const freeSpace = () => ((found) => found.bavail * found.bsize)(statfsSync(disk));
const makeRoom = () => truncateSync(ballast);

before(async () => {
  if (!mounted) return;
  sandbox = await startSandbox({ dir: disk, keep: true });
  [ehr, service] = [form(sandbox.facilities[0]), form(sandbox.signature_service)];
  kept = path.join(disk, 'phone.json');
  await enrol(sandbox, sandbox.card(), kept);
  passes = [await activate(), await activate(), await activate()];
}, { timeout: 180_000 });

after(async () => {
  await sandbox?.stop();
  if (mounted) execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

test('defect: a full disk ended revoking and answered nothing that an operator could read', options, async () => {
  assert.equal(await isActive(passes[0]), true);
  leave(60 * mebibyte);
  const refused = await ask();
  assert.deepEqual([refused.status, refused.body.error], [503, 'temporarily_unavailable']);
  const start = await new Browser(sandbox).call('POST', '/api/start', { purpose: 'enrol', method: 'card' });
  assert.deepEqual([start.status, start.body.code], [503, 'E-901']);
  const ready = await operations(sandbox, '/readyz');
  assert.equal(ready.status, 503);
  assert.match(ready.body, new RegExp(`^store_disk_full\n${disk}[^\n]*: \\d+ MiB are free, and 64 MiB are kept for revoking: free some`));
  assert.equal((await operations(sandbox, '/healthz')).status, 200);
  assert.equal(await isActive(passes[0]), true);
  ok(await ehr('/revoke', { token: passes[0] }));
  assert.equal(await isActive(passes[0]), false);
  assert.equal(operate(sandbox, 'facility', 'client', 'suspend', sandbox.facilities[1].client_id, '--reason', 'lost').ok, true);
  assert.equal(operate(sandbox, 'facility', 'client', 'resume', sandbox.facilities[1].client_id, '--reason', 'found').code, 'store_disk_full');
  makeRoom();
  ok(await ask());
  assert.equal((await operations(sandbox, '/readyz')).status, 200);
  assert.equal(operate(sandbox, 'facility', 'client', 'resume', sandbox.facilities[1].client_id, '--reason', 'found').ok, true);
});

test('not one octet left: reading goes on, an acknowledged revocation stands, and room is all that it takes', options, async () => {
  leave(0);
  assert.equal(freeSpace(), 0);
  assert.equal((await ask()).status, 503);
  assert.equal(await isActive(passes[1]), true);
  const revoked = await ehr('/revoke', { token: passes[1] });
  assert.ok([200, 503].includes(revoked.status), revoked.status);
  assert.equal(await isActive(passes[1]), revoked.status === 503);
  makeRoom();
  if (revoked.status === 503) ok(await ehr('/revoke', { token: passes[1] }));
  assert.equal(await isActive(passes[1]), false);
  const fresh = await activate();
  assert.equal(await isActive(fresh), true);
  assert.equal(await isActive(passes[2]), true);
});

test('afterwards the log verifies, and has one record for each revocation', options, () => {
  assert.ok(operate(sandbox, 'audit', 'verify').records > 0);
  const revoked = sql(sandbox, "SELECT details FROM audit WHERE kind = 'pass_revoked'").rows.length;
  assert.equal(revoked, 2);
  assert.match(readFileSync(path.join(disk, 'server.log'), 'utf8'), /"code":"store_disk_full"/);
});
