// A restore rehearsed with the real programs, from each kind of loss: what came back, what ended, what stays revoked.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bindPhone } from '../support/bound_person.mjs';
import { form } from '../support/health.mjs';
import { operate } from '../support/operator.mjs';
import { Browser, startSandbox } from '../support/sandbox.mjs';

const reason = ['--reason', '復旧訓練'];
let sandbox, home;
const world = {};

const ok = (answer, status = 200) => {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer.body;
};
const secretOf = (url) => /#t=(.+)$/.exec(url)[1];
const at = (name) => path.join(home, name);
async function ask(who) {
  return ok(await form(sandbox, sandbox.facilities[0])('/device_authorization', { scope: 'openid hpki.sign', terminal_id: '1', login_hint: who.person }));
}

async function approve(who, request) {
  const token = secretOf(request.verification_uri_complete);
  const { publicKey } = ok(await who.phone.call('POST', '/api/activation/scan', { token }));
  return who.phone.call('POST', '/api/activation/approve', { token, number: request.number, credential: who.authenticator.get(publicKey) });
}

const redeem = (request) => form(sandbox, sandbox.facilities[0])('/token',
  { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: request.device_code });
const isActive = async (token) => ok(await form(sandbox, sandbox.signature_service)('/introspect', { token })).active;
const kidOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid;

async function fetchPass(who) {
  const request = await ask(who);
  ok(await approve(who, request));
  return ok(await redeem(request)).access_token;
}

async function logsInByPhone(who) {
  const browser = new Browser(sandbox);
  const { publicKey } = ok(await browser.call('POST', '/api/devices/login/options', {}));
  return (await browser.call('POST', '/api/devices/login', { credential: who.authenticator.get(publicKey) })).status;
}

// What would stop a start. JPKI's test authorities are good in the sandbox's own edition of the program alone.
function check() {
  const { problems = [] } = operate(sandbox, 'check');
  const found = problems.filter(({ code }) => code !== 'mynumber_authority_malformed');
  return { ok: found.length === 0, ...found[0] };
}
const restore = (...words) => operate(sandbox, 'restore', ...reason, ...words);
const refused = (answer, code, sentence) => {
  assert.equal(answer.ok, false, JSON.stringify(answer));
  assert.equal(answer.code, code, JSON.stringify(answer));
  assert.match(answer.detail, sentence);
};
const stop = () => sandbox.stop();
const start = async () => { sandbox = await startSandbox({ dir: home, portBase: sandbox.portBase, keep: true }); };

// The state as it was after the first restore, for one loss after the other.
const files = ['tegata.db', 'tegata.db.audit-head', 'tegata.db.epoch', 'audit.key'];
const keep = (to) => files.forEach((name) => copyFileSync(at(name), at(path.join(to, name))));
const bring = (from) => {
  for (const name of readdirSync(home).filter((each) => each.startsWith('tegata.db'))) {
    if (!/guess|webhook|lock/.test(name)) rmSync(at(name));
  }
  files.forEach((name) => copyFileSync(at(path.join(from, name)), at(name)));
};

before(async () => {
  sandbox = await startSandbox({ keep: true });
  home = sandbox.dir;
});
after(async () => {
  await sandbox?.stop();
  rmSync(home, { recursive: true, force: true });
});

test('work, a backup, more work, an export, and more work that no export holds', { timeout: 120_000 }, async () => {
  world.kept = await bindPhone(sandbox, 0);
  world.lost = await bindPhone(sandbox, 1);
  world.suspended = await bindPhone(sandbox, 2);
  world.pass = await fetchPass(world.kept);
  world.approved = await ask(world.kept);
  ok(await approve(world.kept, world.approved));
  world.mailed = operate(sandbox, 'ticket', 'issue', '--practitioner', world.kept.person, '--origin', 'mailed');
  assert.ok(world.mailed.url, JSON.stringify(world.mailed));
  const copy = operate(sandbox, 'backup', '--to', at('copy.db'));
  assert.equal(copy.ok, true, JSON.stringify(copy));
  world.copied = copy.records;  // of the copy: the server goes on writing

  assert.equal(operate(sandbox, 'credential', 'revoke', ...reason, '--', world.lost.id).revoked, true);
  assert.equal(operate(sandbox, 'practitioner', 'suspend', world.suspended.person, ...reason).state, 'suspended');
  const [, facility] = sandbox.facilities;
  assert.equal(operate(sandbox, 'facility', 'suspend', facility.code ?? facility.facility_code, ...reason).ok, true);
  assert.equal(operate(sandbox, 'key', 'rotate', '--emergency', ...reason).rotated, true);
  world.late = await bindPhone(sandbox, 0);
  world.latePass = await fetchPass(world.late);
  assert.notEqual(kidOf(world.latePass), kidOf(world.pass));
  assert.equal(operate(sandbox, 'audit', 'export', '--to', at('export.jsonl')).ok, true);
  assert.equal(operate(sandbox, 'ticket', 'issue', '--practitioner', world.kept.person, '--origin', 'portal').ok !== false, true);
});

test('over a running server nothing is restored', () => {
  const answer = restore('--from', at('copy.db'));
  assert.equal(answer.ok, false);
  assert.ok(['store_in_use', 'store_restore_refused'].includes(answer.code), JSON.stringify(answer));
});

test('defect: a copy that is merely put in its place started, and gave the revoked phone and the withdrawn key back', async () => {
  await stop();
  mkdirSync(at('before'));
  keep('before');
  copyFileSync(at('copy.db'), at('tegata.db'));
  copyFileSync(at('copy.db.audit-head'), at('tegata.db.audit-head'));
  refused(check(), 'store_put_back', /is a copy that `tegata backup` made.*`tegata restore --reason TEXT`/);
  rmSync(at('tegata.db.epoch'));
  refused(check(), 'store_put_back', /is a copy/);
  refused(operate(sandbox, 'key', 'list'), 'store_put_back', /is a copy/);
  bring('before');
});

test('the disk is lost: backup and export bring back what they can', { timeout: 120_000 }, async () => {
  for (const name of files.slice(0, 3)) rmSync(at(name));
  const would = restore('--from', at('copy.db'), '--export', at('export.jsonl'), '--dry-run');
  assert.deepEqual([would.ok, would.dry_run, existsSync(at('tegata.db'))], [true, true, false], JSON.stringify(would));
  const done = restore('--from', at('copy.db'), '--export', at('export.jsonl'));
  assert.equal(done.ok, true, JSON.stringify(done));
  assert.equal(done.copy.records, world.copied);
  assert.equal(done.replayed.first, world.copied + 1);
  assert.equal(done.record, done.replayed.last + 1);
  assert.deepEqual(done.ended, { sessions: 3, sign_ins: 3, codes: 3, tickets: 1, activations: 1, passes: 1, downloads: 0 });
  assert.deepEqual(done.replayed.done.map(({ kind, changed }) => [kind, changed]), [['credential_revoked', true],
    ['practitioner_suspended', true], ['facility_suspended', true], ['signing_key_withdrawn', true]]);
  assert.deepEqual(done.replayed.missing.map(({ kind }) => kind), ['signing_key_published', 'credential_registered']);
  assert.ok(done.unknown.some((each) => /whatever happened between .* and the loss/.test(each)), done.unknown.join('\n'));
  assert.equal(done.moved_to, '');
  refused(check(), 'signing_key_unusable', /withdrawn|key/);
  assert.equal(operate(sandbox, 'key', 'rotate', '--emergency', ...reason).rotated, true);
  assert.equal(check().ok, true, JSON.stringify(check()));
});

test('and the server that starts on it holds to what was taken away', { timeout: 120_000 }, async () => {
  await start();
  const phones = operate(sandbox, 'credential', 'list').credentials.map((each) => each.credential_id);
  assert.ok(phones.includes(world.kept.id), 'a phone of the copy');
  assert.ok(!phones.includes(world.lost.id), 'the revoked phone');
  assert.ok(!phones.includes(world.late.id), 'a phone registered since');
  assert.equal(await logsInByPhone(world.kept), 200);
  assert.notEqual(await logsInByPhone(world.lost), 200);
  for (const pass of [world.pass, world.latePass]) assert.equal(await isActive(pass), false);
  assert.equal((await world.kept.pc.call('GET', '/api/enrollment')).status, 401);
  const approved = await redeem(world.approved);
  assert.notEqual(approved.status, 200, 'a request that was approved before');
  const look = await new Browser(sandbox).call('POST', '/api/phone/look', { ticket: secretOf(world.mailed.url) });
  assert.ok(look.status !== 200 || look.body.state !== 'created', JSON.stringify(look.body));
  const keys = operate(sandbox, 'key', 'list').keys;
  assert.equal(keys.find((each) => each.kid === kidOf(world.pass)).state, 'withdrawn');
  const pass = await fetchPass(world.kept);
  assert.ok(![kidOf(world.pass), kidOf(world.latePass)].includes(kidOf(pass)), 'neither the withdrawn key nor one that is unknown signs');
  assert.equal(await isActive(pass), true);
  assert.equal(operate(sandbox, 'practitioner', 'show', world.suspended.person).state, 'suspended');
});

test('the log goes on across it: verified, exported, acknowledged', () => {
  assert.equal(operate(sandbox, 'audit', 'verify').ok, true);
  assert.equal(operate(sandbox, 'audit', 'export', '--to', at('whole.jsonl')).ok, true);
  const records = readFileSync(at('whole.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const restored = records.find((each) => each.kind === 'restored');
  assert.equal(restored.details.reason, reason[1]);
  assert.equal(restored.details.ended.passes, 1);
  assert.equal(operate(sandbox, 'audit', 'acknowledge', '--file', at('whole.jsonl')).changed, true);
  assert.equal(operate(sandbox, 'audit', 'acknowledge', '--file', at('export.jsonl')).ok, true);
});

test('the state from before the restore is refused, whoever finds it again', async () => {
  await stop();
  mkdirSync(at('after'));
  keep('after');
  for (const name of files.slice(0, 2)) copyFileSync(at(path.join('before', name)), at(name));
  refused(check(), 'store_put_back', /an older state was put there/);
  bring('after');
  assert.equal(check().ok, true);
});

test('the head is lost', () => {
  rmSync(at('tegata.db.audit-head'));
  refused(check(), 'store_audit_stopped', /the signed head is missing.*`tegata restore --reason TEXT`/);
  const done = restore();
  assert.equal(done.ok, true, JSON.stringify(done));
  assert.ok(done.unknown.some((each) => /audit-head is missing: records may have been cut off/.test(each)), done.unknown.join('\n'));
  assert.ok(done.moved_to.startsWith(`${at('tegata.db')}.before-restore-`), done.moved_to);
  assert.equal(check().ok, true);
  bring('after');
});

test('the epoch is lost', () => {
  rmSync(at('tegata.db.epoch'));
  refused(check(), 'store_put_back', /epoch is missing/);
  assert.equal(restore().ok, true);
  assert.equal(check().ok, true);
  bring('after');
});

test('the guess key is lost: what was kept under it is given up', () => {
  const guess = readdirSync(home).find((name) => name.includes('guess'));
  renameSync(at(guess), at('lost.guess'));
  assert.match(check().code, /guess_key/);
  assert.equal(operate(sandbox, 'guess-key', 'renew').ok, true);
  assert.equal(check().ok, true);
  renameSync(at('lost.guess'), at(guess));
  bring('after');
});

test('the audit key is lost: no backup can be verified, and the way out accepts the log as it stands', () => {
  renameSync(at('audit.key'), at('lost.key'));
  refused(restore('--from', at('copy.db')), 'store_restore_refused', /audit\.key: the audit key is missing/);
  for (const name of ['tegata.db.audit-head', 'tegata.db.epoch']) renameSync(at(name), at(`${name}.of-lost-key`));
  const accepted = operate(sandbox, 'audit', 'accept', ...reason);
  assert.equal(accepted.first, 1, JSON.stringify(accepted));
  refused(check(), 'store_put_back', /epoch is missing/);
  assert.equal(restore().ok, true);
  assert.equal(check().ok, true, JSON.stringify(check()));
  assert.equal(operate(sandbox, 'audit', 'verify').accepted.length, 1);
  // The backup alone is left, too.
  for (const name of files) rmSync(at(name));
  copyFileSync(at('copy.db'), at('tegata.db'));
  assert.equal(operate(sandbox, 'audit', 'accept', ...reason).last, world.copied);
  assert.equal(restore().ok, true);
  assert.equal(check().ok, true, JSON.stringify(check()));
  bring('after');
});

test('half a copy: refused, and what lies there stays', () => {
  copyFileSync(at('copy.db'), at('half.db'));
  copyFileSync(at('copy.db.audit-head'), at('half.db.audit-head'));
  truncateSync(at('half.db'), Math.floor(readFileSync(at('copy.db')).length / 2));
  const answer = restore('--from', at('half.db'));
  assert.equal(answer.ok, false);
  assert.match(answer.code, /^store_(damaged|unavailable)$/, JSON.stringify(answer));
  assert.equal(check().ok, true);
  // Its head alone is half a copy too: nothing is there to be restored.
  rmSync(at('half.db'));
  refused(restore('--from', at('half.db')), 'store_restore_refused', /half\.db is not there/);
  assert.equal(check().ok, true);
});
