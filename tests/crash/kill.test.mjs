// kill -9 of the server at 50 random moments while enrollments and activations run. Afterwards: nothing that was
// acknowledged is missing, nothing was used twice, every acknowledged effect has its audit record, the chain verifies.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Authenticator } from '../support/authenticator.mjs';
import { sql } from '../support/database.mjs';
import { Browser, fetchWith, root, sleep, startSandbox, until } from '../support/sandbox.mjs';

const kills = 50;
let sandbox;
const acknowledged = { credentials: [], approvals: [], passes: [], revocations: [] };
let running = true;

before(async () => {
  sandbox = await startSandbox();
  // More phones than anybody has: an enrollment whose answer a kill cut off uses one up. Read by the server after the first kill.
  const config = path.join(sandbox.dir, 'config.toml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('[limits]\n', '[limits]\nphones = 50\n'));
});
after(() => sandbox?.stop());

const ok = (answer, status = 200) => {
  if (answer.status !== status) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};

async function enrolOnce(card, authenticator) {
  const pc = new Browser(sandbox);
  const phone = new Browser(sandbox);
  ok(await pc.logIn(card));
  const ticket = /#t=(.+)$/.exec(ok(await pc.call('POST', '/api/enrollment', {}), 201).url)[1];
  const claim = ok(await phone.call('POST', '/api/phone/claim', { ticket, platform_authenticator: true, touch_points: 5 }));
  ok(await pc.call('POST', '/api/enrollment/confirm', { number: claim.match_number }));
  const { publicKey } = ok(await phone.call('POST', '/api/phone/options', { ticket }));
  const credential = authenticator.create(publicKey);
  const answer = await phone.call('POST', '/api/phone/register', { ticket, credential });
  ok(answer);
  acknowledged.credentials.push(credential.id);
  authenticator.bound = authenticator.credentials.at(-1);
  await phone.call('POST', '/api/phone/label', { ticket });
}

async function activateOnce(facility, authenticator, terminal) {
  const ehr = fetchWith(sandbox, facility);
  const post = async (place, form) => {
    const response = await ehr(`${sandbox.facility_origin}${place}`, {
      method: 'POST', body: new URLSearchParams({ client_id: facility.client_id, ...form }) });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : null };
  };
  const request = ok(await post('/device_authorization', { scope: 'openid hpki.sign', terminal_id: terminal, terminal_name: terminal }));
  const phone = new Browser(sandbox);
  const token = /#t=(.+)$/.exec(request.verification_uri_complete)[1];
  const { publicKey } = ok(await phone.call('POST', '/api/activation/scan', { token }));
  ok(await phone.call('POST', '/api/activation/approve', {
    token, number: request.number, credential: authenticator.get(publicKey, authenticator.bound) }));
  acknowledged.approvals.push(createHash('sha256').update(request.device_code).digest('hex'));
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: request.device_code };
  const answer = ok(await post('/token', grant));
  const { jti } = JSON.parse(Buffer.from(answer.access_token.split('.')[1], 'base64url'));
  acknowledged.passes.push(jti);
  if (acknowledged.passes.length % 3 === 0) {
    ok(await post('/revoke', { token: answer.access_token }));
    acknowledged.revocations.push(jti);
  }
}

// A worker repeats its job; a request that the kill cut off, or an answer of 503, only ends that round.
async function worker(index) {
  const card = sandbox.cards.filter((each) => each.kind === 'hpki-auth' && (each.state ?? 'good') === 'good')[index % 3];
  const facility = sandbox.facilities[index % 2];
  const authenticator = new Authenticator(sandbox.public_origin);
  const refusals = [];
  while (running) {
    try {
      if (!authenticator.bound || Math.random() < 0.3) await enrolOnce(card, authenticator);
      await activateOnce(facility, authenticator, `端末${index}`);
    } catch (error) {
      refusals.push(error.message);
      await sleep(50);
    }
  }
  return refusals;
}

const pid = () => (existsSync(path.join(sandbox.dir, 'server.pid')) ? Number(readFileSync(path.join(sandbox.dir, 'server.pid'), 'utf8')) : 0);
const query = (statement) => sql(sandbox, statement).rows;

test('kill -9 at 50 random moments', { timeout: 600_000 }, async () => {
  const workers = [0, 1, 2, 3].map(worker);
  await until('the first passes', () => acknowledged.passes.length >= 4);
  // A busy machine gets through fewer enrollments between two kills: then there are more kills.
  for (let round = 0; round < kills || acknowledged.credentials.length < 10; round += 1) {
    await sleep(randomInt(20, 400));
    const victim = pid();
    process.kill(victim, 'SIGKILL');
    await until('a new server', () => pid() !== victim && pid() !== 0, { every: 10 });
    const before = acknowledged.passes.length;
    await until('work after the kill', () => acknowledged.passes.length > before, { every: 10 });
  }
  running = false;
  await Promise.all(workers);
  assert.ok(acknowledged.credentials.length >= 10 && acknowledged.passes.length >= kills, JSON.stringify({
    credentials: acknowledged.credentials.length, passes: acknowledged.passes.length }));
  console.log(`acknowledged: ${Object.entries(acknowledged).map(([what, list]) => `${list.length} ${what}`).join(', ')}`);
});

test('afterwards nothing acknowledged is missing, nothing is used twice, and the chain verifies', async () => {
  const verdict = execFileSync(path.join(root, 'build/tegata'), ['audit', 'verify', '--config', path.join(sandbox.dir, 'config.toml'), '--json'], { encoding: 'utf8' });
  assert.ok(JSON.parse(verdict).records > 0, verdict);
  const audit = query('SELECT kind, subject, details FROM audit').map(([kind, subject, details]) => ({ kind, subject, details }));
  const seen = (kind, mark) => audit.filter((record) => record.kind === kind && (record.subject + record.details).includes(mark));

  const bound = new Set(query('SELECT id FROM credential').map(([id]) => id));
  for (const id of acknowledged.credentials) {
    assert.ok(bound.has(Buffer.from(id, 'base64url').toString('hex')) || bound.has(id), `credential ${id} is missing`);
    assert.equal(seen('credential_registered', id).length, 1, `audit of credential ${id}`);
  }
  const passes = new Map(query('SELECT jti, revoked_at FROM pass'));
  for (const jti of acknowledged.passes) {
    assert.ok(passes.has(jti), `pass ${jti} is missing`);
    assert.equal(seen('pass_issued', jti).length, 1, `audit of pass ${jti}`);
  }
  for (const jti of acknowledged.revocations) {
    assert.ok(passes.get(jti) !== null, `pass ${jti} is not revoked`);
    assert.equal(seen('pass_revoked', jti).length, 1, `audit of the revocation of ${jti}`);
  }
  const twice = query("SELECT handoff_id, count(*) FROM pass GROUP BY handoff_id HAVING count(*) > 1");
  assert.deepEqual(twice, [], 'an activation was redeemed twice');
  const registered = audit.filter((record) => record.kind === 'credential_registered').length;
  assert.equal(registered, bound.size, 'one audit record for each credential');
  const activations = new Map(query('SELECT device_code, id, fulfilled_at FROM handoff WHERE device_code IS NOT NULL')
    .map(([code, id, fulfilled]) => [code, { id, fulfilled }]));
  for (const code of acknowledged.approvals) {
    assert.ok(activations.get(code)?.fulfilled, `approval of ${code} is missing`);
    assert.equal(seen('activation_approved', activations.get(code).id).length, 1, `audit of approval ${code}`);
  }
  assert.equal(audit.filter((record) => record.kind === 'pass_issued').length, passes.size);
});
