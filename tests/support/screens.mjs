// What the pages show, and what a person between two screens does.
import { matchNumber, readQr } from './chromium.mjs';

export const id = (name) => `[data-testid="${name}"]`;

// The screen that began an enrollment has come this far.
export const state = (page, expected, timeout = 20_000) =>
  page.waitForSelector(`${id('pc-status')}[data-state="${expected}"]`, { state: 'attached', timeout });

// `box` by its test id, or as "#id".
export const says = (page, box, text) => page.waitForFunction(
  ([selector, wanted]) => document.querySelector(selector)?.textContent.includes(wanted), [box.startsWith('#') ? box : id(box), text]);

// The link in the QR on `screen`, once it is drawn.
export async function shownQr(screen) {
  await state(screen, 'waiting');
  await screen.waitForFunction((selector) => {
    const picture = document.querySelector(selector);
    return picture.complete && picture.getBoundingClientRect().width >= 160;
  }, id('qr'));
  return readQr(screen);
}

// From the QR on `screen` to the number of `phone` typed there; resolves to the number.
export async function bring(screen, phone) {
  await phone.page.goto(await shownQr(screen));
  await phone.page.click(id('continue'));
  const number = await matchNumber(phone.page);
  await state(screen, 'opened');
  await screen.fill(id('pc-number'), number);
  await screen.click(id('pc-confirm'));
  return number;
}

// A phone that may register does, and keeps the name that it is offered.
export async function register(phone, end = 'done') {
  await phone.page.click(id('register'));
  await phone.page.click(id('label-ok'));
  await phone.page.waitForSelector(id(end));
}

// Resolves to the answer; the page shows it a moment later.
export async function sendPassword(phone, password) {
  const answered = phone.page.waitForResponse((response) => response.url().endsWith('/api/phone/claim'));
  await phone.page.fill(id('password'), password);
  await phone.page.click(id('password-ok'));
  return answered;
}
