// What the server has acknowledged, and what it must therefore say whenever it is asked. What was asked for and not answered
// (the server was killed meanwhile) is in doubt: it may have happened, or not, but not halfway.
import { sql } from '../support/database.mjs';

const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url'));

// A bound phone or a pass: `ended` says by what, `doubts` what may have ended it, be it before that.
class Thing {
  ended = null;
  doubts = new Set();
  constructor(facts) {
    Object.assign(this, facts);
  }
  get standing() {
    return this.ended ? 'ended' : this.doubts.size > 0 ? 'in doubt' : 'there';
  }
}

export class Ledger {
  phones = new Map();      // by credential ID
  passes = new Map();      // by jti
  approvals = [];          // digests of device codes
  renames = [];            // [credential ID, label]
  withdrawnKeys = new Set();
  counts = {};
  problems = [];
  upheavals = 0;           // begun and ended: odd while one goes on, and people may be refused
  #emergencies = 0;        // that go on

  problem(sentence) {
    this.problems.push(`${new Date().toISOString()} ${sentence}`);
  }
  count(kind, by = 1) {
    this.counts[kind] = (this.counts[kind] ?? 0) + by;
  }

  bound(facts) {
    this.count('phones bound');
    const phone = new Thing(facts);
    this.phones.set(facts.id, phone);
    return phone;
  }

  // Whether what began at this number of upheavals had to do with none.
  isQuietSince(upheavals) {
    return upheavals === this.upheavals && upheavals % 2 === 0;
  }

  // `since`: the upheavals when it was asked for. One of them may have ended the pass before it was told of.
  issued({ token, phone, client, since }) {
    this.count('passes');
    const [header, claims] = token.split('.').slice(0, 2).map(decoded);
    const pass = new Thing({ token, phone, client, jti: claims.jti, kid: header.kid, expires: claims.exp * 1000 });
    this.passes.set(pass.jti, pass);
    if (this.withdrawnKeys.has(pass.kid)) pass.ended = 'store_pass_key_withdrawn';
    else if (!this.isQuietSince(since)) pass.doubts.add('facility_client_suspended');
    return pass;
  }

  // `there`, `ended` or `in doubt`, at this moment.
  standingOf(pass) {
    if (pass.expires <= Date.now()) return 'ended';
    return pass.standing === 'there' && this.#emergencies > 0 ? 'in doubt' : pass.standing;
  }

  passesOf(phone) {
    return [...this.passes.values()].filter((pass) => pass.phone === phone);
  }

  // `deed` ends these; in doubt from before it is asked for until it is acknowledged.
  async ending(things, why, deed) {
    const there = things.filter(({ ended }) => !ended);
    for (const thing of there) thing.doubts.add(why);
    const answer = await deed();
    this.count(why);
    for (const thing of there) thing.ended ??= why;
    return answer;
  }
  endingPhone(phone, why, deed) {
    return this.ending([phone, ...this.passesOf(phone)], why, deed);
  }

  // `deed` resolves to the kids that were withdrawn.
  async withdrawing(deed) {
    this.#emergencies += 1;
    try {
      for (const kid of await deed()) this.withdrawnKeys.add(kid);
      for (const pass of [...this.passes.values()].filter(({ kid }) => this.withdrawnKeys.has(kid))) {
        pass.doubts.add('store_pass_key_withdrawn');
        pass.ended ??= 'store_pass_key_withdrawn';
      }
    } finally {
      this.#emergencies -= 1;
    }
  }
}

// What has no name of its own to look for: as many records as were acknowledged, or more, where an answer was cut off.
const countedRecords = [['signed in at /devices', 'phone_login'], ['keys made', 'signing_key_published'],
  ['facility_client_suspended', 'client_suspended'], ['client suspended', 'client_resumed']];

// Everything acknowledged, looked for in the database; `live`: introspects a pass, true or false.
export async function lookForAll(sandbox, ledger, isActive) {
  const rows = (statement) => sql(sandbox, statement).rows;
  const records = new Records(rows('SELECT kind, subject, details FROM audit'));
  lookForPhones(ledger, new Set(rows('SELECT id FROM credential WHERE removed_at IS NULL').map(([id]) => Buffer.from(id, 'hex').toString('base64url'))), records);
  lookForPasses(ledger, new Map(rows('SELECT jti, revoked_at, revoked_why, handoff_id FROM pass').map(([jti, ...rest]) => [jti, rest])), records);
  lookForApprovals(ledger, new Map(rows('SELECT device_code, id, fulfilled_at FROM handoff WHERE device_code IS NOT NULL')
    .map(([code, ...rest]) => [code, rest])), records);
  for (const [id, label] of ledger.renames) records.one(ledger, 'credential_renamed', id, `"to":${JSON.stringify(label)}`);
  for (const [counted, kind] of countedRecords) {
    const [told, kept] = [ledger.counts[counted] ?? 0, records.total(kind)];
    if (kept < told) ledger.problem(`${kept} records ${kind}, ${told} were acknowledged`);
  }
  const passes = [...ledger.passes.values()];
  for (let at = 0; at < passes.length; at += 8) {
    await Promise.all(passes.slice(at, at + 8).map(async (pass) => judgeStanding(ledger, pass, await isActive(pass.token))));
  }
}

export function judgeStanding(ledger, pass, active) {
  const standing = ledger.standingOf(pass);
  if (standing === 'there' && !active) ledger.problem(`pass ${pass.jti} is inactive, and nobody ended it`);
  if (standing === 'ended' && active) ledger.problem(`pass ${pass.jti} is active after ${pass.ended ?? 'its end'}`);
}

class Records {
  #byKind = new Map();
  constructor(rows) {
    for (const [kind, subject, details] of rows) {
      if (!this.#byKind.has(kind)) this.#byKind.set(kind, []);
      this.#byKind.get(kind).push(`${subject} ${details}`);
    }
  }
  count(kind, ...marks) {
    return (this.#byKind.get(kind) ?? []).filter((text) => marks.every((mark) => text.includes(mark))).length;
  }
  total(kind) {
    return this.#byKind.get(kind)?.length ?? 0;
  }
  one(ledger, kind, ...marks) {
    const found = this.count(kind, ...marks);
    if (found !== 1) ledger.problem(`${found} records ${kind} of ${marks.join(' ')}, one expected`);
  }
}

function lookForPhones(ledger, there, records) {
  for (const phone of ledger.phones.values()) {
    records.one(ledger, 'credential_registered', phone.id);
    if (phone.standing === 'there' && !there.has(phone.id)) ledger.problem(`phone ${phone.id} is missing`);
    if (phone.standing !== 'ended') continue;
    if (there.has(phone.id)) ledger.problem(`phone ${phone.id} is there after ${phone.ended}`);
    records.one(ledger, phone.ended, phone.id);
  }
}

function lookForPasses(ledger, rows, records) {
  for (const pass of ledger.passes.values()) {
    const row = rows.get(pass.jti);
    if (!row) {
      ledger.problem(`pass ${pass.jti} is missing`);
      continue;
    }
    const [revokedAt, why] = row;
    records.one(ledger, 'pass_issued', pass.jti);
    if (pass.standing === 'there' && revokedAt !== null) ledger.problem(`pass ${pass.jti} was ended (${why}), and nobody did`);
    if (pass.standing === 'ended' && revokedAt === null) ledger.problem(`pass ${pass.jti} was not ended by ${pass.ended}`);
    if (pass.ended && why !== pass.ended && !pass.doubts.has(why)) ledger.problem(`pass ${pass.jti} ended by "${why}", not by "${pass.ended}"`);
    if (why === 'revoked_by_client') records.one(ledger, 'pass_revoked', pass.jti);
  }
  const redeemed = [...rows.values()].map(([, , handoff]) => handoff);
  if (new Set(redeemed).size !== redeemed.length) ledger.problem('a request was redeemed twice');
  if (records.total('pass_issued') !== rows.size) ledger.problem(`${records.total('pass_issued')} records pass_issued of ${rows.size} passes`);
}

function lookForApprovals(ledger, rows, records) {
  for (const code of ledger.approvals) {
    const [id, fulfilled] = rows.get(code) ?? [];
    if (!fulfilled) ledger.problem(`the approval of request ${code} is missing`);
    else records.one(ledger, 'activation_approved', id);
  }
}
