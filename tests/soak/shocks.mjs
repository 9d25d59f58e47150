// What happens to a running installation: its server is killed or stopped, its configuration read again, its proxy replaced,
// its keys rotated, a client suspended. Each resolves when all is well again.
import { spawn } from 'node:child_process';
import { readFileSync, statSync, openSync, readSync, closeSync } from 'node:fs';
import path from 'node:path';
import { operateBeside } from '../support/operator.mjs';
import { operations } from '../support/operations.mjs';
import { answers, until } from '../support/sandbox.mjs';

const patience = { timeout: 120_000, every: 50 };

export function pidOf(sandbox, name) {
  try {
    return Number(readFileSync(path.join(sandbox.dir, `${name}.pid`), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
}

export async function end(sandbox, signal) {
  const victim = pidOf(sandbox, 'server');
  process.kill(victim, signal);
  await until('a new server', () => pidOf(sandbox, 'server') !== victim && pidOf(sandbox, 'server') !== 0, patience);
  await until('a server that is ready', () => operations(sandbox, '/readyz').then(({ status }) => status === 200, () => false), patience);
  await until('its answers', () => answers(sandbox), patience);
}

// What was added to a file since it had so many octets.
function addedTo(file, octets) {
  const opened = openSync(file, 'r');
  try {
    const added = Buffer.alloc(statSync(file).size - octets);
    return added.toString('utf8', 0, readSync(opened, added, 0, added.length, octets));
  } finally {
    closeSync(opened);
  }
}

async function readAgain({ sandbox }) {
  const log = path.join(sandbox.dir, 'server.log'), mark = statSync(log).size;
  process.kill(pidOf(sandbox, 'server'), 'SIGHUP');
  await until('the reload', () => addedTo(log, mark).includes('"event":"reloaded"'), patience);
}

// How many listen on a port of this machine.
const listeners = (port) => readFileSync('/proc/net/tcp', 'utf8').split('\n')
  .filter((line) => line.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`)).length;

// As a reload does: a second proxy takes over (-sf), and the first goes on for its connections until they end, which is up to
// a minute where a handshake with a card waits. Then the sandbox starts the next, and the second goes. Not too often: the
// figures of one that lives on are judged.
async function replaceProxy(soak) {
  if (soak.replacing || performance.now() < soak.proxyStaysUntil) return false;
  const { sandbox } = soak, first = pidOf(sandbox, 'haproxy');
  const second = spawn('/usr/sbin/haproxy', ['-db', '-f', path.join(sandbox.dir, 'haproxy.cfg'), '-sf', String(first)], { stdio: 'ignore' });
  const stop = () => second.kill('SIGKILL');
  process.once('exit', stop);
  soak.replacing = (async () => {
    await until('the next proxy', () => pidOf(sandbox, 'haproxy') !== first && listeners(sandbox.portBase) >= 2, patience);
    second.kill('SIGUSR1');
    await until('the end of the second proxy', () => second.exitCode !== null || second.signalCode !== null, patience);
    process.off('exit', stop);
    soak.proxyStaysUntil = performance.now() + soak.longLife * 1000;
    soak.replacing = null;
  })();
  soak.replacing.catch(() => {});  // whoever waits for it hears of it
  await until('answers through the second proxy', () => answers(sandbox), patience);
  return true;
}

async function rotateKey({ sandbox, ledger }) {
  const done = await operateBeside(sandbox, 'key', 'rotate');
  if (done.rotated) ledger.count('keys made');
  else if (done.code !== 'signing_key_rotation_waiting') ledger.problem(`key rotate: ${JSON.stringify(done)}`);
}

async function withdrawKeys({ sandbox, ledger }) {
  await ledger.withdrawing(async () => {
    const done = await operateBeside(sandbox, 'key', 'rotate', '--emergency', '--reason', 'drill');
    if (!done.ok) throw new Error(`key rotate --emergency: ${JSON.stringify(done)}`);
    ledger.count('keys made');
    return done.withdrawn;
  });
}

async function suspendClient({ sandbox, ledger }) {
  const client = sandbox.facilities[1].client_id;
  const change = async (what) => {
    const done = await operateBeside(sandbox, 'facility', 'client', what, client, '--reason', 'drill');
    if (!done.ok) throw new Error(`facility client ${what}: ${JSON.stringify(done)}`);
  };
  const passes = [...ledger.passes.values()].filter((pass) => pass.client === 'other');
  await ledger.ending(passes, 'facility_client_suspended', () => change('suspend'));
  await change('resume');
}

// Those that leave the server alive; false: not this time. `refuses`: what people do meanwhile may be refused.
export const mild = [
  { name: 'configuration read again', does: readAgain },
  { name: 'proxy replaced', does: replaceProxy },
  { name: 'key rotated', does: rotateKey },
  { name: 'keys withdrawn', does: withdrawKeys, refuses: true },
  { name: 'client suspended', does: suspendClient, refuses: true },
];
