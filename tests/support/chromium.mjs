// Chromium as people have it. The PC has its own TLS: an NSS database with the card's certificate and the test
// authority, and the managed policy that picks the certificate (there is nobody to click in the dialog). The phone is a
// context with a virtual authenticator, in Chromium's headless shell: the same engine without windows, at half the work.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { Browser, root } from './sandbox.mjs';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
// Chromium reads all files of this folder. Each test process has one of its own, and they say the same: whoever ends takes
// nothing from the others.
const policies = '/etc/chromium/policies/managed';
const policyFile = path.join(policies, `tegata-test-${process.pid}.json`);

export const shell = '/usr/bin/chromium-headless-shell';

const agents = {
  iphone: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  android: 'Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  line: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/15.9.0',
};

export const screens = path.join(root, 'screenshots');
mkdirSync(screens, { recursive: true });

// `more`: further words of its command line.
export async function launchPhone(more = []) {
  const browser = await chromium.launch({ executablePath: shell, args: [...flags, '--ignore-certificate-errors', ...more] });
  return {
    // A phone: its own cookie jar; `authenticator` false leaves the page without a platform authenticator.
    async phone({ agent = 'iphone', authenticator = true, locale = 'ja-JP' } = {}) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 390, height: 844 }, locale,
        userAgent: agents[agent], hasTouch: true, isMobile: true });
      const page = await context.newPage();
      const cdp = await context.newCDPSession(page);
      await cdp.send('WebAuthn.enable');
      // As if its owner had set a screen lock; until then there is nowhere to keep a passkey.
      const setLock = async () => (await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
        protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
        isUserVerified: true, automaticPresenceSimulation: true, defaultBackupEligibility: true, defaultBackupState: true } })).authenticatorId;
      const id = authenticator ? await setLock() : undefined;
      return { context, page, cdp, authenticatorId: id, setLock };
    },
    // A PC without a reader: whoever tests its pages answers for the card's origins.
    desk: ({ locale = 'ja-JP', storageState } = {}) =>
      browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 }, locale, storageState }),
    close: () => browser.close(),
  };
}

function writePolicy() {
  mkdirSync(policies, { recursive: true });
  for (const name of readdirSync(policies)) {
    const pid = /^tegata-test-(\d+)\.json$/.exec(name)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(path.join(policies, name), { force: true });  // of a test that was killed
  }
  if (existsSync(policyFile)) return;
  writeFileSync(policyFile, JSON.stringify({ AutoSelectCertificateForUrls:
    ['[*.]card.localhost', '[*.]mynumber.localhost', 'localhost'].map((host) => JSON.stringify({ pattern: `https://${host}`, filter: {} })) }));
  process.once('exit', () => rmSync(policyFile, { force: true }));
}

// A PC whose reader holds `card` (or none); `insert` and `remove` change that while the browser runs.
export async function launchPc(sandbox, card, { width = 1280, height = 900, more = [] } = {}) {
  const home = mkdtempSync(path.join(tmpdir(), 'tegata-pc-'));
  const database = path.join(home, '.pki/nssdb');
  mkdirSync(database, { recursive: true });
  const nss = (program, ...args) => execFileSync(program, ['-d', `sql:${database}`, ...args], { stdio: 'pipe' });
  nss('certutil', '-N', '--empty-password');
  nss('certutil', '-A', '-n', 'sandbox', '-t', 'C,,', '-i', sandbox.tls_ca);
  const insert = (put) => nss('pk12util', '-i', put.p12, '-W', put.p12_password, '-K', '');
  const remove = (taken) => nss('certutil', '-F', '-n', path.basename(taken.p12, '.p12'));
  if (card) insert(card);
  writePolicy();
  const context = await chromium.launchPersistentContext(path.join(home, 'profile'), {
    executablePath: '/usr/bin/chromium', args: [...flags, ...more], env: { ...process.env, HOME: home }, locale: 'ja-JP', viewport: { width, height } });
  const page = context.pages()[0] ?? (await context.newPage());
  return {
    context,
    page,
    insert,
    remove,
    async close() {
      await context.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

// What a camera would read off the screen: zbar on a screenshot.
export async function readQr(page) {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'tegata-qr-')), 'screen.png');
  await page.screenshot({ path: file, fullPage: true });
  try {
    return execFileSync('zbarimg', ['--quiet', '--raw', file], { encoding: 'utf8' }).trim();
  } finally {
    rmSync(path.dirname(file), { recursive: true, force: true });
  }
}

// The page as it stands, at desk and phone width.
export async function shoot(page, name) {
  const size = page.viewportSize();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    await page.screenshot({ path: path.join(screens, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize(size);
}

// The two digits on the phone's screen, once they are there.
export async function matchNumber(page) {
  await page.waitForFunction(() => /\d\d/.test(document.querySelector('[data-testid="match-number"]')?.textContent ?? ''));
  return (await page.textContent('[data-testid="match-number"]')).replace(/\D/g, '');
}

// Binds `phone` by its page, with the PC's part done by requests.
export async function bindPhone(sandbox, phone, card) {
  const pc = new Browser(sandbox);
  const session = await pc.logIn(card);
  if (session.status !== 200) throw new Error(JSON.stringify(session.body));
  const { url } = (await pc.call('POST', '/api/enrollment', {})).body;
  await phone.page.goto(url);
  await phone.page.click('[data-testid="continue"]');
  const confirmed = await pc.call('POST', '/api/enrollment/confirm', { number: await matchNumber(phone.page) });
  if (confirmed.status !== 200) throw new Error(JSON.stringify(confirmed.body));
  await phone.page.click('[data-testid="register"]');
  await phone.page.click('[data-testid="label-ok"]');
  await phone.page.waitForSelector('[data-testid="done"]');
}

// From now on `call` ("create" or "get") ends with that DOMException, and the page's clock says that it took so long.
export const endProof = (page, call, error, after_ms) => page.evaluate(([what, name, ms]) => {
  navigator.credentials[what] = async () => {
    const then = Performance.prototype.now.call(performance) + ms;
    performance.now = () => then;
    throw new DOMException('test', name);
  };
}, [call, error, after_ms]);
