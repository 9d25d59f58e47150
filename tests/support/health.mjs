// A server that is ill: what operators see of it, and effects that were acknowledged, to be looked for afterwards.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { operations } from './operations.mjs';
import { answers, fetchWith, program, until } from './sandbox.mjs';

// What the server logged from now on.
export function logFrom(sandbox) {
  const file = path.join(sandbox.dir, 'server.log');
  const begun = readFileSync(file).length;
  const text = () => readFileSync(file).subarray(begun).toString();
  return {
    text,
    events: (name) => text().split('\n').filter((line) => line.includes(`"event":"${name}"`)).map((line) => JSON.parse(line)),
  };
}

export const serverPid = (sandbox) => Number(readFileSync(path.join(sandbox.dir, 'server.pid'), 'utf8'));

// An operations socket that nobody serves is no answer.
const asked = (sandbox, target) => operations(sandbox, target).catch(() => ({ status: 0, body: '' }));

// Until /readyz is 503 by this name, or one of these; gives its lines.
export const untilNotReady = (sandbox, names, options) => until(`not ready: ${names}`, async () => {
  const { status, body } = await asked(sandbox, '/readyz');
  return status === 503 && [names].flat().some((name) => body.split('\n').includes(name)) && body;
}, options);
export const untilReady = (sandbox, options) =>
  until('ready', async () => (await asked(sandbox, '/readyz')).status === 200, options);

// One request at the token, device and introspection endpoints, in a connection of its own.
export const form = (sandbox, client) => async (route, fields) => {
  const response = await fetchWith(sandbox, client)(`${sandbox.facility_origin}${route}`, { method: 'POST',
    body: new URLSearchParams({ client_id: client.client_id, ...fields }) });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : {} };
};

// A facility that begins requests, and knows which ones it was told have begun.
export function facilityOf(sandbox) {
  const ehr = form(sandbox, sandbox.facilities[0]);
  const acknowledged = [];
  let terminals = 0;  // a newer request of one takes the place of the one before
  return {
    ehr,
    async ask() {
      const answer = await ehr('/device_authorization', { scope: 'openid hpki.sign', terminal_id: `t${(terminals += 1)}` });
      if (answer.status === 200) acknowledged.push(answer.body.device_code);
      return answer;
    },
    async asks() {
      const answer = await this.ask();
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    },
    async isRefused() {
      const { status, body } = await this.ask();
      assert.deepEqual([status, body.error], [503, 'temporarily_unavailable']);
    },
    // Each is there, or sixty of many: it waits for its person, whoever asks too often.
    async verifyAll() {
      const step = Math.max(1, Math.floor(acknowledged.length / 60));
      for (const device_code of acknowledged.filter((_, index) => index % step === 0)) {
        const { body } = await ehr('/token', { device_code, grant_type: 'urn:ietf:params:oauth:grant-type:device_code' });
        assert.ok(['authorization_pending', 'slow_down'].includes(body.error), JSON.stringify(body));
      }
      return acknowledged.length;
    },
  };
}

// A fresh server on the same files, after one that was killed.
export async function restart(sandbox, signal = 'SIGKILL') {
  const before = serverPid(sandbox);
  process.kill(before, signal);
  await until('another server', () => serverPid(sandbox) !== before);
  await until('its answers', () => answers(sandbox));
}

// While nobody starts it again: servers on these files that the test starts by itself. `prefix`: a command before it.
export async function alone(sandbox, work) {
  const supervisor = sandbox.pid;
  const before = serverPid(sandbox);
  process.kill(supervisor, 'SIGSTOP');
  try {
    process.kill(before, 'SIGTERM');
    await until('its end', async () => (await asked(sandbox, '/healthz')).status === 0);
    await work((prefix = [], env = {}) => {
      const words = [...prefix, program, 'serve', '--config', path.join(sandbox.dir, 'config.toml')];
      const child = spawn(words[0], words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...sandbox.env, ...env } });
      const run = { child, errors: '' };
      child.stderr.on('data', (data) => (run.errors += data));
      run.done = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, errors: run.errors })));
      return run;
    });
  } finally {
    process.kill(supervisor, 'SIGCONT');
  }
  await until('the server of the sandbox', () => serverPid(sandbox) !== before);
  await until('its answers', () => answers(sandbox));
}
