// Starts the verification environment for a test file and ends it afterwards; makes the requests of a person at a
// PC with a card, and of an EHR with a facility certificate.
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, fetch as undiciFetch } from 'undici';
import { operations } from './operations.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
// Another build's programs (ThreadSanitizer's, say) where the environment names their folder.
export const program = path.resolve(root, process.env.TEGATA_PROGRAMS ?? 'build', 'tegata-sandbox');

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what, check, { timeout = 20_000, every = 100 } = {}) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await sleep(every);
  }
}

// Listens on a port for as long as it is wanted, or the process lives: which no two can. Null where another does.
const holdPort = (port) => new Promise((resolve) => {
  const server = createServer();
  server.once('error', () => resolve(null));
  server.listen(port, '127.0.0.1', () => resolve(server.unref()));
});

// The first of 20 ports that are this process's own: whoever listens on the last one has them all, so that test files and
// checkouts may run at once. A sandbox takes the first six; a test that needs more finds them from the seventh on.
export async function leasePorts() {
  // Above 10080, the last port that browsers and fetch refuse to call, and below those that the system gives out itself.
  for (let base = 10_100; base < 32_000; base += 20) {
    const lease = await holdPort(base + 19);
    if (!lease) continue;
    const probes = await Promise.all(Array.from({ length: 19 }, (_, index) => holdPort(base + index)));
    for (const probe of probes) await new Promise((resolve) => (probe ? probe.close(resolve) : resolve()));
    if (probes.every(Boolean)) return base;
    lease.close();
  }
  throw new Error('no 20 ports are free');
}

// Authorities, cards and keys are eight seconds of arithmetic: the first sandbox of a day and build makes them, the others
// of the tests get a copy.
const day = new Date().toISOString().slice(0, 10);
const samplesFor = (host) => path.join(root, 'build/test-samples', `${day}-${Math.round(statSync(program).mtimeMs)}-${host}`);
const copySamples = async (from, to) => {
  for (const name of ['pki', 'samples.json', 'signing.key']) await cp(path.join(from, name), path.join(to, name), { recursive: true });
};

async function keepSamples(home, samples) {
  const folder = path.dirname(samples);
  await mkdir(folder, { recursive: true });
  for (const old of (await readdir(folder)).map((name) => path.join(folder, name))) {
    const since = statSync(old, { throwIfNoEntry: false })?.mtimeMs;
    if (Date.now() - since > 24 * 3600_000) await rm(old, { recursive: true, force: true });
  }
  const half = await mkdtemp(`${samples}-`);
  await copySamples(home, half);
  await rename(half, samples).catch(() => rm(half, { recursive: true }));  // another process was first
}

// `env` is what this sandbox's programs find in their environment besides: a clock of their own, say. `host` is the name of
// its origins.
export async function startSandbox({ portBase, dir, keep = false, env = {}, host = 'localhost' } = {}) {
  const home = dir ?? (await mkdtemp(path.join(tmpdir(), 'tegata-')));
  const samples = samplesFor(host);
  // Of a folder that began already the database knows its own: another file's, made in the same moment, would be strangers.
  const begun = existsSync(path.join(home, 'pki')), there = existsSync(samples);
  if (there && !begun) await copySamples(samples, home);
  const sandbox = await startIn(home, portBase ?? (await leasePorts()), keep, env, host);
  if (!there && !begun) await keepSamples(home, samples);
  return sandbox;
}

async function startIn(home, portBase, keep, env, host) {
  const child = spawn(program, ['up', '--dir', home, '--port-base', String(portBase), '--host', host],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  process.once('exit', () => child.kill('SIGTERM'));  // also when a test file dies before its end
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (output += data));
  const file = path.join(home, 'sandbox.json');
  await until('sandbox.json', () => {
    if (child.exitCode !== null) throw new Error(`the sandbox ended:\n${output}`);
    return existsSync(file) && /ready/i.test(output);
  }, { timeout: 120_000 });
  const facts = JSON.parse(await readFile(file, 'utf8'));
  return {
    ...facts,
    host,
    dir: home,
    portBase,
    env,
    ca: readFileSync(facts.tls_ca),
    pid: child.pid,
    output: () => output,
    card: (state = 'good', kind = 'hpki-auth', index = 0) =>
      facts.cards.filter((card) => card.kind === kind && (card.state ?? 'good') === state)[index],
    async stop() {
      child.kill('SIGTERM');
      await until('the end of the sandbox', () => child.exitCode !== null || child.signalCode !== null);
      if (!keep) await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

// Every host of a sandbox is this machine, whatever the resolver says.
const lookup = (_host, options, callback) =>
  options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);

export function fetchWith(sandbox, { cert, key, localAddress } = {}) {
  const dispatcher = new Agent({
    localAddress,
    connect: { ca: sandbox.ca, lookup, ...(cert ? { cert: readFileSync(cert), key: readFileSync(key) } : {}) },
  });
  return (url, options = {}) => undiciFetch(url, { ...options, dispatcher });
}

// A browser without a screen: cookies of the public origin, JSON calls as the pages make them.
export class Browser {
  constructor(sandbox, { localAddress } = {}) {
    this.sandbox = sandbox;
    this.fetch = fetchWith(sandbox, { localAddress });
    this.cookies = new Map();
  }

  async call(method, url, body) {
    const response = await this.fetch(new URL(url, this.sandbox.public_origin), {
      method,
      headers: {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(method === 'POST' ? { origin: this.sandbox.public_origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' } : {}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await response.text();
    const json = text && /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : null };
  }

  // The card log-in: start, card origin with the card's key, hand-over.
  async logIn(card, { purpose = 'enrol', method = 'card' } = {}) {
    const start = await this.call('POST', '/api/start', { purpose, method });
    if (start.status !== 200) throw new Error(`${start.status} ${JSON.stringify(start.body)}`);
    const withCard = fetchWith(this.sandbox, card ?? {});
    const answer = await withCard(start.body.card_url, { redirect: 'manual' });
    const code = /[#&]c=(.+)$/.exec(answer.headers.get('location') ?? '')?.[1];
    if (!code) throw new Error(`card origin answered ${answer.status}: ${await answer.text()}`);
    return this.call('POST', '/api/handover', { code });
  }
}

// Whether the server answers: a test may have killed it.
export async function answers(sandbox) {
  const status = (url) => fetchWith(sandbox)(url).then((answer) => answer.status, () => 503);
  // Its origins begin to listen one after the other, the operators' socket at the end of a start.
  return (await status(`${sandbox.public_origin}/api/offers`)) === 200 && (await status(`${sandbox.facility_origin}/`)) !== 503 &&
    operations(sandbox, '/healthz').then((answer) => answer.status === 200, () => false);
}

// The software phone, as a program: lines of JSON on its standard output. `typed`: what its person types.
export function phone(sandbox, args, typed = '') {
  const child = spawn(program, ['phone', ...args, '--sandbox', sandbox.dir, '--json'],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...sandbox.env } });
  child.stdin.on('error', () => {});  // it ended without reading
  child.stdin.end(typed);
  const run = { lines: [], errors: '', code: null };
  let rest = '';
  child.stdout.on('data', (data) => {
    rest += data;
    const parts = rest.split('\n');
    rest = parts.pop();
    for (const line of parts.filter(Boolean)) run.lines.push(JSON.parse(line));
  });
  child.stderr.on('data', (data) => (run.errors += data));
  run.done = new Promise((resolve) => child.on('close', (code) => resolve((run.code = code))));
  return run;
}

// The whole card enrollment with the software phone; resolves to the label. `store` null: its key is no file.
export async function enrol(sandbox, card, store, more = [], typed = '') {
  const pc = new Browser(sandbox);
  const session = await pc.logIn(card);
  if (session.status !== 200) throw new Error(JSON.stringify(session.body));
  const ticket = await pc.call('POST', '/api/enrollment', {});
  const run = phone(sandbox, ['enroll', ticket.body.url, ...(store ? ['--store', store] : []), ...more], typed);
  const line = await until('match number', () => run.lines.find((each) => each.match_number) ?? (run.code !== null && (() => { throw new Error(run.errors); })()));
  await pc.call('POST', '/api/enrollment/confirm', { number: line.match_number });
  await run.done;
  if (run.code !== 0) throw new Error(`phone enroll: ${run.errors}`);
  const state = (await pc.call('GET', '/api/enrollment')).body;
  return { state: state.state, label: state.label, practitioner_id: session.body.practitioner_id };
}
