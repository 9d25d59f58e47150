// A PC that people leave to each other: what one of them has left behind there.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { shell } from './chromium.mjs';
import { Browser, answers, until } from './sandbox.mjs';

// Everything that a page holds, seen or not.
export const contents = () => [document.documentElement.outerHTML, document.title, location.href, JSON.stringify(history.state),
  JSON.stringify(sessionStorage), JSON.stringify(localStorage), ...[...document.querySelectorAll('input, textarea')].map((field) => field.value)].join('\n');

// A desk whose browser keeps its profile, so that it can be closed and opened again.
export const profiled = (profile) => ({
  desk: ({ locale }) => chromium.launchPersistentContext(profile, { executablePath: shell, locale, ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 900 }, args: ['--no-sandbox', '--disable-gpu'] }),
});

const pidOf = (sandbox) => Number(readFileSync(path.join(sandbox.dir, 'server.pid'), 'utf8'));

// The server is gone, the proxy before it stands, and nobody starts it again until the function that this gives is called.
export function stopServer(sandbox) {
  const server = pidOf(sandbox);
  const keeper = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${server}/status`, 'utf8'))[1]);
  process.kill(keeper, 'SIGSTOP');
  process.kill(server, 'SIGKILL');
  return async () => {
    process.kill(keeper, 'SIGCONT');
    await until('the server', () => answers(sandbox));
  };
}

// Whether these cookies still open anything at the server.
export async function opensNothing(sandbox, cookies) {
  const thief = new Browser(sandbox);
  for (const { name, value } of cookies) thief.cookies.set(name, value);
  const statuses = [];
  for (const place of ['/api/devices', '/api/enrollment', '/api/mynumber']) statuses.push((await thief.call('GET', place)).status);
  return statuses.every((status) => status === 401);
}
