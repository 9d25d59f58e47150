// WebKitGTK, driven by plain W3C WebDriver: the engine nearest to an iPhone's that Debian has. It knows no WebAuthn.
// `keys: true` puts a stand-in where an iPhone has its own, so that the pages go on to the call: what they ask for is
// kept in the page, and answered by the test's authenticator.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { screens } from './chromium.mjs';
import { sleep, until } from './sandbox.mjs';

const program = fileURLToPath(new URL('webkit_browser.py', import.meta.url));
const element = 'element-6066-11e4-a52e-4f735466cecf';
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

// Runs before every page's own scripts.
const watch = () => {
  window.complaints = [];
  addEventListener('error', (event) => window.complaints.push(`error: ${event.message ?? event.target?.src}`), true);
  addEventListener('unhandledrejection', (event) => window.complaints.push(`rejection: ${event.reason}`));
  addEventListener('securitypolicyviolation', (event) =>
    window.complaints.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));
};
const standIn = () => {
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer.buffer ?? buffer)))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const plain = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return text(value);
    if (Array.isArray(value)) return value.map(plain);
    return value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)])) : value;
  };
  const bytes = (value) => Uint8Array.from(atob(value.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0)).buffer;
  const ask = (call) => ({ publicKey }) => new Promise((resolve, reject) => {
    if (!(publicKey.challenge instanceof ArrayBuffer)) reject(new TypeError('challenge is no buffer'));
    window.asked = { call, options: plain(publicKey), resolve, reject };
  });
  window.answerKey = (made) => {
    const { transports, ...response } = made.response;
    const there = Object.fromEntries(Object.entries(response).map(([name, value]) => [name, bytes(value)]));
    window.asked.resolve({ ...made, rawId: bytes(made.rawId), getClientExtensionResults: () => made.clientExtensionResults,
      response: { ...there, ...(transports ? { getTransports: () => transports } : {}) } });
    delete window.asked;
  };
  window.refuseKey = (name) => {
    window.asked.reject(new DOMException('', name));
    delete window.asked;
  };
  window.PublicKeyCredential = class { static async isUserVerifyingPlatformAuthenticatorAvailable() { return true; } };
  Object.defineProperty(navigator, 'credentials', { value: { create: ask('create'), get: ask('get') } });
};

const freePort = () => new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

// A screen that nobody looks at; one for all browsers of a test file.
export async function openScreen() {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  process.once('exit', () => child.kill());
  let number = '';
  child.stdio[3].on('data', (data) => (number += data));
  await until('a screen', () => number.includes('\n'));
  return { display: `:${number.trim()}`, close: () => child.kill() };
}

export async function launchWebKit(screen, { phone = false, keys = false, language = 'ja', agent } = {}) {
  const home = mkdtempSync(path.join(tmpdir(), 'tegata-webkit-'));
  const reader = path.join(home, 'card.pem');
  const wish = { reader, language, agent: agent ?? (phone ? iphone : ''), width: phone ? 390 : 1280, height: phone ? 844 : 900,
    script: `(${watch})();${keys ? `(${standIn})();` : ''}` };
  const port = await freePort();
  // Its own sandbox needs user namespaces, which a container may lack; the pages are ours.
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, HOME: home, LANG: 'C.UTF-8',
    DISPLAY: screen.display, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', LIBGL_ALWAYS_SOFTWARE: '1', TEGATA_WEBKIT: JSON.stringify(wish) } });
  process.once('exit', () => driver.kill());
  await until('the driver', () => fetch(`http://127.0.0.1:${port}/status`).then((answer) => answer.ok, () => false));
  const browser = new WebKit(`http://127.0.0.1:${port}`, { driver, reader, home });
  await browser.begin();
  return browser;
}

class WebKit {
  constructor(address, own) {
    Object.assign(this, own, { address });
  }

  async command(method, place, body) {
    const answer = await fetch(`${this.address}${place}`, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${place}: ${value.error}: ${value.message}`);
    return value;
  }

  async begin() {
    const { sessionId } = await this.command('POST', '/session', { capabilities: { alwaysMatch: { acceptInsecureCerts: true,
      'webkitgtk:browserOptions': { binary: program, args: [] } } } });
    this.session = `/session/${sessionId}`;
  }

  tell = (method, place, body) => this.command(method, `${this.session}${place}`, body);
  // Another fragment alone would load nothing.
  async goto(url) {
    await this.tell('POST', '/url', { url: 'about:blank' });
    await this.tell('POST', '/url', { url });
  }
  run = (script, ...args) => this.tell('POST', '/execute/sync', { script, args });
  url = () => this.tell('GET', '/url');
  insert(card) { writeFileSync(this.reader, readFileSync(card.cert, 'utf8') + readFileSync(card.key, 'utf8')); }
  remove() { rmSync(this.reader, { force: true }); }

  find = async (selector) => (await this.tell('POST', '/element', { using: 'css selector', value: selector }))[element];
  // Runs while a page is loading too: then there is nothing to be seen yet.
  visible = (selector) => this.run('const there = document.querySelector(arguments[0]); return Boolean(there) && there.checkVisibility();', selector).catch(() => false);
  text = (selector) => this.run('return document.querySelector(arguments[0])?.textContent ?? ""', selector);
  async wait(selector, timeout = 20_000) {
    await until(`${selector} on the page`, () => this.visible(selector), { timeout });
  }
  async click(selector) {
    await this.wait(selector);
    await this.tell('POST', `/element/${await this.find(selector)}/click`, {});
  }
  async fill(selector, value) {
    await this.wait(selector);
    const field = await this.find(selector);
    await this.tell('POST', `/element/${field}/clear`, {});
    await this.tell('POST', `/element/${field}/value`, { text: value });
  }

  // What the page asks its authenticator for, and the answers.
  async asked(call) {
    const ask = await until(`the call of ${call}`, () => this.run('return window.asked && { call: asked.call, options: asked.options }'));
    if (ask.call !== call) throw new Error(`${ask.call} was called`);
    return ask.options;
  }
  answer = (made) => this.run('answerKey(arguments[0])', made);
  refuse = (name) => this.run('refuseKey(arguments[0])', name);

  // What a camera would read off the screen.
  async readQr(selector) {
    await this.run('document.querySelector(arguments[0]).scrollIntoView({ block: "center" })', selector);
    await until('the drawn QR', () => this.run('const there = document.querySelector(arguments[0]); return there.complete && there.getBoundingClientRect().width >= 160', selector));
    await this.drawn();
    const picture = path.join(this.home, 'screen.png');
    writeFileSync(picture, Buffer.from(await this.tell('GET', '/screenshot'), 'base64'));
    return execFileSync('zbarimg', ['--quiet', '--raw', picture], { encoding: 'utf8' }).trim();
  }

  complaints = () => this.run('return window.complaints');
  // What was just shown is on the screen.
  async drawn() {
    await this.tell('POST', '/execute/async', { script: 'const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));', args: [] });
    await sleep(150);
  }
  async shoot(name) {
    await this.drawn();
    writeFileSync(path.join(screens, `webkit-${name}.png`), Buffer.from(await this.tell('GET', '/screenshot'), 'base64'));
  }
  async close() {
    await this.tell('DELETE', '').catch(() => {});  // the browser may be gone before it has answered
    this.driver.kill();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
