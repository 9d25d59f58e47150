// A record that is put into the log of a running server by SQL: nothing more is written, operators are told, reading goes on;
// an acceptance lets writing go on, and the log names it from then on.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as oidc from 'openid-client';
import { sql } from '../support/database.mjs';
import { operations } from '../support/operations.mjs';
import { issueTicket, operate } from '../support/operator.mjs';
import { enrol, fetchWith, phone, startSandbox, until } from '../support/sandbox.mjs';

let sandbox, person, service, pass;
const file = (name) => path.join(sandbox.dir, name);
const log = () => readFileSync(file('server.log'), 'utf8');
const stopped = async () => /^tegata_audit_stopped (\d)$/m.exec((await operations(sandbox, '/metrics')).body)[1];

before(async () => {
  sandbox = await startSandbox();
  await enrol(sandbox, sandbox.card(), file('phone.json'));
  const config = (party) => oidc.discovery(new URL(sandbox.issuer), party.client_id, { use_mtls_endpoint_aliases: true },
    oidc.TlsClientAuth(), { [oidc.customFetch]: fetchWith(sandbox, party) });
  service = await config(sandbox.signature_service);
  const facility = await config(sandbox.facilities[0]);
  const request = await oidc.initiateDeviceAuthorization(facility, { scope: 'openid hpki.sign' });
  const run = phone(sandbox, ['approve', request.verification_uri_complete, '--number', request.number, '--store', file('phone.json')]);
  assert.equal(await run.done, 0, run.errors);
  pass = (await oidc.pollDeviceAuthorizationGrant(facility, request)).access_token;
  person = operate(sandbox, 'credential', 'list').credentials[0].practitioner_id;
});
after(() => sandbox?.stop());

// As anybody can compute it: the right hash, and the MAC of the record before.
function forge() {
  const [number, at, previous, mac] = sql(sandbox, 'SELECT number, at, hash, mac FROM audit ORDER BY number DESC LIMIT 1').rows[0];
  const record = { actor: `practitioner:${person}`, at, code: '', details: {}, kind: 'activation_approved',
    number: number + 1, request_id: '', subject: 'handoff:x' };
  const hash = createHash('sha256').update(Buffer.from(previous, 'hex')).update(JSON.stringify(record)).digest();
  sql(sandbox, `INSERT INTO audit (number, at, kind, actor, subject, code, details, request_id, previous, hash, mac)
    VALUES (?, ?, ?, ?, ?, '', '{}', '', ?, ?, ?)`, record.number, at, record.kind, record.actor, record.subject,
  Buffer.from(previous, 'hex'), hash, Buffer.from(mac, 'hex'));
  return record.number;
}

test('defect: a record that was added by SQL became a signed one', async () => {
  assert.equal(operate(sandbox, 'audit', 'verify').ok, true);
  assert.equal(await stopped(), '0');
  const forged = forge();
  const wrong = `record ${forged} has no right MAC`;
  await until('the alarm', async () => (await stopped()) === '1');
  await until('the log', () => log().includes('"event":"audit_stopped"'));
  const ready = await operations(sandbox, '/readyz');
  assert.equal(ready.status, 503);
  assert.match(ready.body, new RegExp(`^store_audit_stopped\n${wrong}: .*tegata audit accept`));
  const refused = issueTicket(sandbox, person, 'mailed');
  assert.equal(refused.code, 'store_audit_stopped');
  const before = sql(sandbox, 'SELECT COUNT(*) FROM audit').rows[0][0];
  assert.equal((await oidc.tokenIntrospection(service, pass)).active, true);
  const found = operate(sandbox, 'audit', 'verify');
  assert.equal(found.code, 'store_audit_broken');
  assert.equal(found.detail, wrong);
  assert.equal(operate(sandbox, 'audit', 'accept', '--reason', 'x', '--dry-run').first, forged);
  assert.equal(await stopped(), '1');

  const accepted = operate(sandbox, 'audit', 'accept', '--reason', 'a test');
  assert.deepEqual([accepted.first, accepted.last, accepted.record], [forged, forged, forged + 1]);
  await until('that it goes on', async () => (await stopped()) === '0');
  await until('the log', () => log().includes('"event":"audit_goes_on"'));
  assert.equal((await operations(sandbox, '/readyz')).status, 200);
  assert.equal(issueTicket(sandbox, person, 'mailed').code, undefined);
  const verdict = operate(sandbox, 'audit', 'verify');
  assert.equal(verdict.ok, true);
  assert.ok(verdict.records > before);
  assert.deepEqual(verdict.accepted.map((each) => [each.first, each.last, each.what, each.reason]),
    [[forged, forged, wrong, 'a test']]);
  assert.equal(operate(sandbox, 'audit', 'accept', '--reason', 'again').code, 'store_audit_right');
});
