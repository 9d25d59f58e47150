// What the server noted about a request: the same answer may have many causes, and a row means one of them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../support/sandbox.mjs';

const text = (sandbox) => readFileSync(path.join(sandbox.dir, 'server.log'), 'utf8');
export const mark = (sandbox) => text(sandbox).length;

const lines = (sandbox, at) => text(sandbox).slice(at).split('\n').filter((line) => line.endsWith('}')).map((line) => JSON.parse(line));

// That since `at` a request was refused for `cause`; where `detail` is given, with that in the words of the log.
export async function causeSince(sandbox, at, cause, detail) {
  const seen = () => lines(sandbox, at);
  const noted = (line) => line.cause === cause || line.code === cause;
  await until(`${cause} in the log`, () => seen().some(noted), { timeout: 2000, every: 20 }).catch(() => {
    assert.fail(`no ${cause} among ${seen().map((line) => line.cause ?? line.code).filter(Boolean).join(', ')}`);
  });
  if (detail) assert.ok(seen().some((line) => noted(line) && `${line.detail}`.includes(detail)),
    `${detail} not in ${seen().filter(noted).map((line) => line.detail).join('; ')}`);
}
