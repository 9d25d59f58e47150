// Mixed load against the real programs, while they are killed, stopped and reloaded, and slow clients hold connections.
// Everything acknowledged is looked for after each stop and at the end; what the processes use is judged by its slope.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { operate } from '../support/operator.mjs';
import { operations } from '../support/operations.mjs';
import { sleep, startSandbox, until } from '../support/sandbox.mjs';
import { Chance } from './chance.mjs';
import { Figures } from './figures.mjs';
import { Ledger, lookForAll } from './ledger.mjs';
import { Person } from './person.mjs';
import { end, mild } from './shocks.mjs';
import { slowClients } from './slow.mjs';
import { judge } from './slopes.mjs';
import { SoakDesk } from './soak_desk.mjs';

// One address stands for many; a rotated key signs soon.
const further = '[[limits.network]]\naddresses = ["127.0.0.0/8"]\nfactor = 1000\n\n[signing_keys]\nahead_seconds = 5\n';

// In a minute, too, one life is long enough for its threads, descriptors and files to be judged by their slope.
const longLife = (seconds) => Math.min(600, Math.max(seconds / 3, Math.min(40, (seconds * 2) / 3)));

// The lives of the server: long ones, of which figures are judged, and short ones in turn; how each ends.
export function plan(seconds, longLife, chance) {
  const lives = [];
  for (let left = seconds; left > 0;) {
    const long = lives.length % 2 === 0;
    const length = Math.min(left, long ? longLife : chance.between(5, Math.min(20, seconds / 6)));
    left -= length;
    lives.push({ seconds: length, signal: lives.length % 2 ? 'SIGTERM' : 'SIGKILL' });
  }
  return lives;
}

class Soak {
  over = false;
  stumbles = {};
  replacing = null;     // the change of proxies that goes on
  proxyStaysUntil = 0;

  constructor(sandbox, seed, say) {
    Object.assign(this, { sandbox, say, chance: new Chance(seed), ledger: new Ledger() });
    this.desk = new SoakDesk(sandbox);
    this.people = [0, 1, 2, 3].map((index) => new Person(this.desk, index, this.chance.of(`person ${index}`), this.ledger));
  }

  // What happened when, beside the logs of the programs.
  #note(line) {
    appendFileSync(path.join(this.sandbox.dir, 'soak.log'), `${new Date().toISOString()} ${line}\n`);
  }

  async run(seconds) {
    this.longLife = longLife(seconds);
    const lived = this.people.map((person) => this.#live(person));
    try {
      for (const life of plan(seconds, this.longLife, this.chance.of('lives'))) {
        await this.#disturb(life.seconds * 1000);
        await this.#end(life.signal);
      }
      await until('each kind of work', () => this.#missing().length === 0, { timeout: 120_000 })
        .catch(() => this.ledger.problem(`never done: ${this.#missing().join(', ')}`));
    } finally {
      this.over = true;
      await Promise.all(lived);
    }
  }

  async #live(person) {
    let begun;
    await person.live(() => {
      begun = this.ledger.upheavals;
      return this.over;
    }, (who, job, error) => this.#stumbled(who, job, error, begun));
  }

  // A 503 or a connection that broke only ends that work. Anything else is refused for a reason that we must have given.
  #stumbled(person, job, error, begun) {
    const text = `${error.message} ${error.cause?.code ?? ''}`.trim();
    const kind = /^503\b|answered 503/.test(text) ? '503' : /^(fetch failed|terminated)/.test(text) ? 'connection' : 'refused';
    this.#note(`${person.id}, ${job}: ${text}`);
    this.stumbles[kind] = (this.stumbles[kind] ?? 0) + 1;
    if (kind === 'refused' && this.ledger.isQuietSince(begun)) this.ledger.problem(`${person.id}, ${job}: ${text}`);
  }

  // One mild shock after the other, each kind in its turn, as long as this life is to last.
  async #disturb(milliseconds) {
    const until = Date.now() + milliseconds, chance = this.chance.of('mild');
    while (Date.now() < until) {
      this.mild = this.mild?.length > 0 ? this.mild : chance.shuffled(mild);
      const shock = this.mild.shift();
      if (shock.refuses) this.ledger.upheavals += 1;
      this.#note(shock.name);
      if ((await shock.does(this)) !== false) this.ledger.count(shock.name);
      if (shock.refuses) this.ledger.upheavals += 1;
      await sleep(Math.max(0, Math.min(chance.between(500, 4000), until - Date.now())));
    }
  }

  // After it everybody looks for what he knows, and gets on.
  async #end(signal) {
    this.#note(signal);
    await end(this.sandbox, signal);
    this.ledger.count(signal === 'SIGKILL' ? 'killed' : 'stopped');
    for (const person of this.people) person.mustCheck = true;
    const finished = this.people.map((person) => person.finished);
    await until('everybody at work again', () => this.people.every((person, i) => !person.mustCheck && person.finished > finished[i] + 1),
      { timeout: 120_000 }).catch(() => this.ledger.problem(`not everybody got on after ${signal}`));
  }

  #missing() {
    return ['phones bound', 'tickets used', 'approvals', 'passes', 'introspections', 'polls', 'signed in at /devices', 'credential_removed',
      'credential_revoked', 'revoked_by_client', 'killed', 'stopped', ...mild.map(({ name }) => name)].filter((kind) => !this.ledger.counts[kind])
      .concat(this.ledger.renames.length === 0 ? ['phones renamed'] : []);
  }

  // Resolves to the figures of each life.
  async whole(seconds) {
    await this.desk.joinService();
    const slow = slowClients(this.sandbox, 2);
    const taken = new Figures(this.sandbox, () => this.ledger.counts['keys made'] ?? 0);
    let lives, closed;
    // Whatever it ends with: what goes on of itself would keep the program from ending.
    try {
      await this.run(seconds);
      await this.replacing;
    } finally {
      closed = slow.stop();
      lives = await taken.stop();
    }
    this.say(`acknowledged: ${told(this.ledger.counts)}, ${this.ledger.renames.length} phones renamed`);
    this.say(`work that a stop, a reload or a withdrawal ended: ${told(this.stumbles)}; slow connections closed: ${closed}`);
    await this.lookForAll();
    return lives;
  }

  async lookForAll() {
    await lookForAll(this.sandbox, this.ledger, (token) => this.desk.isActive(token, 'certificate'));
    const verdict = operate(this.sandbox, 'audit', 'verify');
    if (!verdict.ok) this.ledger.problem(`audit verify: ${JSON.stringify(verdict)}`);
    const ready = await operations(this.sandbox, '/readyz');
    if (ready.status !== 200) this.ledger.problem(`/readyz: ${ready.status} ${ready.body}`);
    this.say(`audit: ${verdict.records} records verify`);
  }
}

const told = (counts) => Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(', ') || 'none';

// Resolves to the sentences of what is wrong. `seed`: the same one, the same choices; `figures`: whether they are judged.
export async function soak({ minutes, seed, say, figures = true }) {
  const dir = mkdtempSync(path.join(tmpdir(), 'tegata-soak-'));
  writeFileSync(path.join(dir, 'further.toml'), further);
  const sandbox = await startSandbox({ dir, keep: true });
  const soaked = new Soak(sandbox, seed, say);
  let judged = [];
  try {
    const lives = await soaked.whole(minutes * 60);
    if (figures) judged = lives.map(judge);
  } finally {
    await sandbox.stop();
  }
  for (const line of judged.flatMap(({ lines }) => lines)) say(line);
  const problems = [...soaked.ledger.problems, ...judged.flatMap((each) => each.problems)];
  if (problems.length === 0) rmSync(dir, { recursive: true, force: true });
  else say(`logs and database are kept in ${dir}; soak.log says what happened when`);
  return problems;
}
