// /.well-known/security.txt as anybody gets it: through the proxy, of the public origin alone.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startSandbox } from '../support/sandbox.mjs';
import { head, portBase, ports, send } from './wire.mjs';

const target = '/.well-known/security.txt';
let sandbox;
before(async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'tegata-'));
  writeFileSync(path.join(dir, 'further.toml'), '[security]\ncontact = ["mailto:security@hospital.example"]\n');
  sandbox = await startSandbox({ portBase, dir });
});
after(() => sandbox?.stop());

test('whom to tell of a weakness, for thirty days from now', async () => {
  const { status, headers, body } = await send(sandbox, {}, [head('public', 'GET', target)]);
  assert.deepEqual([status, headers['content-type'], headers['x-content-type-options']], [200, 'text/plain; charset=utf-8', 'nosniff']);
  const fields = Object.fromEntries(body.trimEnd().split('\r\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
  assert.deepEqual({ ...fields, Expires: '' }, { Contact: 'mailto:security@hospital.example', Expires: '', 'Preferred-Languages': 'ja, en',
    Canonical: `https://localhost:${ports.public}${target}` });
  const days = (Date.parse(fields.Expires) - Date.now()) / 86_400_000;
  assert.ok(days > 28 && days <= 30, `${days} days`);
  for (const origin of ['card', 'facility']) assert.equal((await send(sandbox, { origin }, [head(origin, 'GET', target)])).status, 404);
});
