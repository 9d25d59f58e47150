// The demo record system as a person uses it, and a phone that answers it.
import assert from 'node:assert/strict';
import { readQr } from './chromium.mjs';
import { id } from './screens.mjs';

// Opens the demo's page for one facility and presses one of its ways.
export async function askAt(page, sandbox, way, { facility = 0, person } = {}) {
  await page.goto(sandbox.ehr_url);
  await page.waitForSelector(`${id('ehr-facility')} option`, { state: 'attached' });
  await page.selectOption(id('ehr-facility'), sandbox.facilities[facility].client_id);
  if (person) await page.selectOption(id('ehr-person'), person);
  await page.click(id(`ehr-way-${way}`));
}

// What a person carries from the screen to the phone: the link behind the QR, as a camera reads it, and the number.
export async function readScreen(page, names = { qr: 'ehr-qr', number: 'ehr-number' }) {
  await page.waitForSelector(id(names.qr));
  await page.waitForFunction((chosen) => document.querySelector(chosen).complete, id(names.qr));
  return { link: await readQr(page), number: (await page.textContent(id(names.number))).trim() };
}

export async function approveOn(phone, { link, number }) {
  await phone.page.goto('about:blank');
  await phone.page.goto(link);
  await phone.page.fill(id('number'), number);
  await phone.page.click(id('approve'));
  await phone.page.waitForSelector(`${id('result')}[data-state="approved"]`);
}

export const ehrState = (page, state) => page.waitForSelector(`${id('ehr-state')}[data-state="${state}"]`, { timeout: 15_000 });

// The decoded pass that the demo shows.
export async function shownPass(page) {
  await ehrState(page, 'approved');
  return JSON.parse(await page.textContent(id('ehr-pass')));
}

export async function checkAtService(page, accepted) {
  await page.click(id('ehr-check'));
  await page.waitForSelector(`${id('ehr-check-result')}[data-accepted="${accepted}"]`);
  assert.ok((await page.textContent(id('ehr-check-result'))).length > 0);
}
