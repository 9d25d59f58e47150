// The example clients as their first lines say: built and started as a vendor would, with a settings file, against the
// sandbox. One ends with a pass that a signature service takes and that is then over, one with a no.
import assert from 'node:assert/strict';
import { execSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { enrol, phone, root, startSandbox, until } from '../support/sandbox.mjs';

let sandbox, store, settings, work, linked = false;
const example = (name) => path.join(root, 'examples', name);
const modules = example('js/node_modules');

before(async () => {
  work = mkdtempSync(path.join(tmpdir(), 'tegata-examples-'));
  // What `npm install` would bring is here already.
  if (!existsSync(modules)) {
    symlinkSync(path.join(root, 'tests/node_modules'), modules);
    linked = true;
  }
  sandbox = await startSandbox();
  store = path.join(sandbox.dir, 'phone.json');
  assert.equal((await enrol(sandbox, sandbox.card(), store)).state, 'done');
  const { client_id, cert, key } = sandbox.facilities[0];
  settings = path.join(work, 'settings.json');
  writeFileSync(settings, JSON.stringify({ issuer: sandbox.issuer, client_id, cert, key, tls_ca: sandbox.tls_ca,
    signature_service: sandbox.signature_service.url }));
});
after(async () => {
  await sandbox?.stop();
  if (linked) rmSync(modules);
  rmSync(work, { recursive: true, force: true });
});

const programs = {
  'C++': () => {
    // The command that the file itself names.
    const command = /^\/\/ {3}(g\+\+ .*)$/m.exec(readFileSync(example('cpp/ehr.cpp'), 'utf8'))[1];
    execSync(command.replace('ehr.cpp -o ehr', `-O0 ${example('cpp/ehr.cpp')} -o ${work}/ehr`), { shell: '/bin/sh' });
    return [path.join(work, 'ehr'), []];
  },
  JavaScript: () => [process.execPath, [example('js/ehr.mjs')]],
};

function start([program, args], person) {
  const child = spawn(program, [...args, settings, person], { stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { text: '', errors: '', code: null };
  child.stdout.on('data', (data) => (run.text += data));
  child.stderr.on('data', (data) => (run.errors += data));
  run.done = new Promise((resolve) => child.on('close', (code) => resolve((run.code = code))));
  run.shown = () => until('link and number', () => {
    assert.equal(run.code, null, run.errors);
    return /number: \d\d/.test(run.text) && { link: /^link: (.+)$/m.exec(run.text)[1], number: /^number: (\d\d)$/m.exec(run.text)[1] };
  });
  return run;
}

for (const [language, make] of Object.entries(programs)) {
  test(`${language}: under 100 lines; a pass, its use, its end; and a no`, async () => {
    const file = example(language === 'C++' ? 'cpp/ehr.cpp' : 'js/ehr.mjs');
    assert.ok(readFileSync(file, 'utf8').split('\n').length <= 100);
    const program = make();
    const run = start(program, sandbox.card().practitioner_id);
    const { link, number } = await run.shown();
    const approved = phone(sandbox, ['approve', link, '--number', number, '--store', store]);
    assert.equal(await approved.done, 0, approved.errors);
    assert.equal(await run.done, 0, run.errors + run.text);
    assert.match(run.text, /^pass: .*\d+ s$/m);
    assert.match(run.text, /^signature service: 200$/m);
    assert.match(run.text, /^ended$/m);

    const refused = start(program, sandbox.card().practitioner_id);
    const declined = phone(sandbox, ['decline', (await refused.shown()).link, '--store', store]);
    assert.equal(await declined.done, 0, declined.errors);
    assert.equal(await refused.done, 1);
    assert.match(refused.text, /^refused: access_denied$/m);
  });
}
