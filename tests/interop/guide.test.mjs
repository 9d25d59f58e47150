// Every request of the integration guide is run against the sandbox, in the guide's order and in one shell, and its
// answer is compared with the one that the guide shows; the guides in both languages show the same.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Browser, enrol, leasePorts, phone, root, startSandbox } from '../support/sandbox.mjs';

const portBase = await leasePorts();
const guide = (name) => readFileSync(path.join(root, 'docs', name), 'utf8');

// The blocks to run, each with the answer that stands below it, if one does.
function blocksOf(text) {
  const blocks = [];
  for (const [, kind, status, body] of text.matchAll(/^```(sh try|json (\d+))\n(.*?)^```$/gms)) {
    if (kind === 'sh try') blocks.push({ script: body });
    else Object.assign(blocks.at(-1), { status: Number(status), shown: JSON.parse(body) });
  }
  return blocks;
}

const blocks = blocksOf(guide('integration.md'));
let sandbox, outputs, desk;

// What the guide says with the verification environment's default ports, folder and programs.
const here = (script) => script.replace(/localhost:84(4[3-7])/g, (_all, port) => `localhost:${portBase + Number(port) - 43}`)
  .replace('BOX=mybox', `BOX='${sandbox.dir}'`).replaceAll('build/tegata-sandbox', path.join(root, 'build/tegata-sandbox'));

// A person at a browser, as xdg-open's address finds one: approves by phone, and leaves in callback.txt where the
// browser was sent back to.
async function approveInTheBrowser(url) {
  const browser = new Browser(sandbox);
  const sent = await browser.fetch(url, { redirect: 'manual' });
  const id = /#x=(.+)$/.exec(sent.headers.get('location'))[1];
  const [, name, secret] = /^([^=]+)=([^;]+)/.exec(sent.headers.getSetCookie()[0]);
  browser.cookies.set(name, secret);
  const { number } = (await browser.call('POST', '/api/authorize/phone', { id })).body;
  const token = createHmac('sha256', secret).update('scan token').digest().subarray(0, 16).toString('base64url');
  const run = phone(sandbox, ['approve', `${sandbox.public_origin}/d#t=${token}`, '--number', number,
    '--store', path.join(sandbox.dir, 'phone.json')]);
  assert.equal(await run.done, 0, run.errors);
  const { location } = (await browser.call('POST', '/api/authorize/finish', { id })).body;
  writeFileSync(path.join(sandbox.dir, 'work/callback.txt'), location);
}

function openDesk() {
  desk = createServer(async (request, response) => {
    try {
      await approveInTheBrowser(decodeURIComponent(request.url.slice(1)));
      response.end();
    } catch (error) {
      response.writeHead(500).end(error.stack);
    }
  });
  return new Promise((resolve) => desk.listen(0, '127.0.0.1', resolve));
}

function writeXdgOpen() {
  const bin = path.join(sandbox.dir, 'bin');
  mkdirSync(bin);
  const file = path.join(bin, 'xdg-open');
  writeFileSync(file, `#!${process.execPath}
fetch('http://127.0.0.1:${desk.address().port}/' + encodeURIComponent(process.argv[2]))
  .then(async (answer) => { if (!answer.ok) { console.error(await answer.text()); process.exit(1); } });\n`);
  chmodSync(file, 0o755);
  return bin;
}

// All blocks in one shell, which says after each that it came through; what each of them wrote.
async function runAll(bin) {
  const mark = '@@ block done @@';
  const script = `set -euo pipefail\n${blocks.map((block) => `${here(block.script)}\necho; echo '${mark}'\n`).join('')}`;
  const shell = spawn('bash', ['-c', script], { cwd: path.join(sandbox.dir, 'work'),
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', errors = '';
  shell.stdout.on('data', (data) => (out += data));
  shell.stderr.on('data', (data) => (errors += data));
  const code = await new Promise((resolve) => shell.on('close', resolve));
  const done = out.split(mark);
  assert.equal(code, 0, `the shell ended in block ${done.length}:\n${blocks[done.length - 1]?.script}\n${done.at(-1)}${errors}`);
  return done;
}

before(async () => {
  sandbox = await startSandbox({ portBase });
  mkdirSync(path.join(sandbox.dir, 'work'));
  assert.equal((await enrol(sandbox, sandbox.card(), path.join(sandbox.dir, 'phone.json'))).state, 'done');
  await openDesk();
  outputs = await runAll(writeXdgOpen());
});
after(async () => {
  desk?.close();
  await sandbox?.stop();
});

test('both languages show the same requests and answers', () => {
  assert.ok(blocks.length > 25, `${blocks.length}`);
  assert.deepEqual(blocksOf(guide('integration.ja.md')), blocks);
});

test('every request is run, and every answer is what the guide shows', () => {
  blocks.forEach(({ script, status, shown }, index) => {
    if (status === undefined) return;
    const [, got, body] = [...outputs[index].matchAll(/^(\d{3}) (\{.*\})$/gm)].at(-1) ?? assert.fail(`${script}\n${outputs[index]}`);
    const answer = JSON.parse(body);
    assert.equal(Number(got), status, `${script}\n${body}`);
    assert.deepEqual(Object.keys(answer).sort(), Object.keys(shown).sort(), `${script}\n${body}`);
    for (const fixed of ['error', 'error_description', 'active', 'token_type', 'expires_in', 'interval', 'sub', 'acr', 'client_id']) {
      // A pass that was begun a moment ago has a second less.
      if (typeof shown[fixed] === 'number') assert.ok(Math.abs(answer[fixed] - shown[fixed]) < 60, `${fixed}: ${body}`);
      else assert.deepEqual(answer[fixed], shown[fixed], `${script}\n${body}`);
    }
  });
});

test('every error that an EHR can meet stands in the table of both guides', () => {
  const document = JSON.parse(guide('openapi.json'));
  for (const name of ['integration.md', 'integration.ja.md']) {
    const table = guide(name);
    for (const answer of ['Refused', 'InvalidClient', 'TooMany', 'Unavailable']) {
      for (const error of document.components.responses[answer].content['application/json'].schema.properties.error.enum) {
        assert.ok(table.includes(`\`${error}\``), `${name}: ${error}`);
      }
    }
  }
});
