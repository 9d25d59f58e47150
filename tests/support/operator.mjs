// An operator at the command line of a running sandbox.
import { execFile, execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { program } from './sandbox.mjs';

export const tegata = path.join(path.dirname(program), 'tegata');
const config = (sandbox) => ['--config', path.join(sandbox.dir, 'config.toml')];

function commandLine(sandbox, words) {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return [...words.slice(0, end), ...config(sandbox), '--json', ...words.slice(end)];
}

function refusal(args, status, { stdout, stderr }) {
  if (status === 1 && stdout) return JSON.parse(stdout);
  throw new Error(`tegata ${args.join(' ')}: ${stderr}`);
}

// One command; its JSON answer. A refusal is an answer too. What stands behind "--" is no option.
export function operate(sandbox, ...words) {
  const args = commandLine(sandbox, words);
  try {
    return JSON.parse(execFileSync(tegata, args,
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...sandbox.env } }));
  } catch (error) {
    return refusal(args, error.status, error);
  }
}

// The same, while other work of the test goes on.
export async function operateBeside(sandbox, ...words) {
  const args = commandLine(sandbox, words);
  try {
    const { stdout } = await promisify(execFile)(tegata, args, { env: { ...process.env, ...sandbox.env }, maxBuffer: 1 << 28 });
    return JSON.parse(stdout);
  } catch (error) {
    return refusal(args, error.code, error);
  }
}

export const issueTicket = (sandbox, person, origin, by = operate) =>
  by(sandbox, 'ticket', 'issue', '--practitioner', person, '--origin', origin);

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
