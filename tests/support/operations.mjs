// What an operator of the sandbox sees and does: the socket of health and metrics, the configuration, SIGHUP.
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { until } from './sandbox.mjs';

export const socketsOf = (sandbox) => JSON.parse(/^sockets = (".*")$/m.exec(readFileSync(path.join(sandbox.dir, 'config.toml'), 'utf8'))[1]);
const configOf = (sandbox) => path.join(sandbox.dir, 'config.toml');

export function operations(sandbox, target) {
  const sockets = socketsOf(sandbox);
  return new Promise((resolve, reject) => {
    http.get({ socketPath: path.join(sockets, 'ops.sock'), path: target }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text)).on('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject);
  });
}

// The value of one Prometheus figure, of the first label set that contains `labels`.
export async function figure(sandbox, name, labels = '') {
  const lines = (await operations(sandbox, '/metrics')).body.split('\n');
  const line = lines.find((each) => each.startsWith(`${name}{`) && each.includes(labels));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

const events = (sandbox, event) => readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8').split(`"event":"${event}"`).length - 1;

// Changes the text of the configuration and asks the server to read it; resolves to whether it took it.
export async function reload(sandbox, change) {
  writeFileSync(configOf(sandbox), change(readFileSync(configOf(sandbox), 'utf8')));
  const before = [events(sandbox, 'reloaded'), events(sandbox, 'reload_refused')];
  process.kill(Number(readFileSync(path.join(sandbox.dir, 'server.pid'), 'utf8')), 'SIGHUP');
  await until('the reload', () => events(sandbox, 'reloaded') > before[0] || events(sandbox, 'reload_refused') > before[1]);
  return events(sandbox, 'reloaded') > before[0];
}
