// An operator at the command line of a running sandbox.
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { root } from './sandbox.mjs';

export const tegata = path.join(root, 'build/tegata');
const config = (sandbox) => ['--config', path.join(sandbox.dir, 'config.toml')];

// One command; its JSON answer. A refusal is an answer too. What stands behind "--" is no option.
export function operate(sandbox, ...words) {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const args = [...words.slice(0, end), ...config(sandbox), '--json', ...words.slice(end)];
  try {
    return JSON.parse(execFileSync(tegata, args,
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...sandbox.env } }));
  } catch (error) {
    if (error.status === 1 && error.stdout) return JSON.parse(error.stdout);
    throw new Error(`tegata ${args.join(' ')}: ${error.stderr}`);
  }
}

export const issueTicket = (sandbox, person, origin) =>
  operate(sandbox, 'ticket', 'issue', '--practitioner', person, '--origin', origin);

// Runs a command and kills it after so many milliseconds; resolves to whether the kill came in time.
export function runAndKill(program, args, after) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), after);
    child.on('close', (_code, signal) => {
      clearTimeout(timer);
      resolve(signal === 'SIGKILL');
    });
  });
}
