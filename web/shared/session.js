// A PC has many people, a browser one session. How a page lets go of a person: when they log out, when the session's time
// is over, when another tab ends it, when the page is left, and when the PC wakes up.
//
// The server says how many seconds are left (`session_ends_in`). They are counted by performance.now(), which nobody sets.
import { byId, call, judgeAnswers, onPress, passing, say, show, sleep, viewNow } from "./page.js";

// In localStorage: a log-out that the server has not answered yet; something new with each sign-in.
const mark = "log-out", begun = "sign-in";
let page = {};           // what keepSession was told
let ends;                // by performance.now(); undefined without a session
let whose;               // the person whom the page shows
let forgotten = 0;       // what was asked before then is about somebody who is gone
let seen = { now: 0, date: 0 };
let checking = false;

// --- what the page shows of a person -----------------------------------------------------------------------------------

function empty(element) {
  delete element.dataset.text;
  delete element.textValues;
  if (element.matches("img")) element.removeAttribute("src");
  else element.replaceChildren();
}

export function forget() {
  forgotten = performance.now();
  ends = whose = undefined;
  document.querySelectorAll("[data-personal]").forEach(empty);
  for (const field of document.querySelectorAll("main input")) field.value = "";
}

function letGo(problem) {
  forget();
  page.over(problem);
}

// A page that shows a person for so many seconds more.
export function holdFor(seconds, since = performance.now()) {
  ends = since + seconds * 1000;
}

function judge(path, answer) {
  if (["/api/offers", "/api/session/end"].includes(path)) return answer;
  if (answer.at < forgotten) return { ...answer, ok: false, status: 401, body: { code: "E-201" } };
  if (answer.status === 401 && ends !== undefined) letGo(answer.body);
  else if (answer.ok && answer.body.session_ends_in !== undefined) {
    whose = answer.body.practitioner_id;
    holdFor(answer.body.session_ends_in, answer.at);
  }
  return answer;
}

// --- time, and a PC that slept -----------------------------------------------------------------------------------------

const cover = (covered) => document.documentElement.classList.toggle("covered", covered);

// Nobody knows who was here meanwhile: the server is asked before anything is seen again.
async function check() {
  if (checking || ends === undefined) return;
  checking = true;
  cover(true);
  const before = whose;
  for (let answer; ends !== undefined; await sleep(Math.min(answer.retryAfter, 10) * 1000)) {
    answer = await page.ask();
    byId("offline").hidden = !passing(answer);
    if (!passing(answer)) break;
  }
  if (ends !== undefined && whose !== before) {
    forget();
    location.reload();
  }
  byId("offline").hidden = true;
  cover(false);
  checking = false;
}

function tick() {
  const now = performance.now(), date = Date.now();
  const gap = Math.max(now - seen.now, Math.abs(date - seen.date));
  seen = { now, date };
  if (ends === undefined) return;
  if (now >= ends) letGo({ code: "E-201" });
  else if (gap > 5000 && document.visibilityState === "visible") check();
}

// --- logging out -------------------------------------------------------------------------------------------------------

// Without storage, as where a browser forbids it, this page alone knows.
function stored(act) {
  try {
    return act(localStorage);
  } catch {
    return null;
  }
}
const marked = () => stored((storage) => JSON.parse(storage.getItem(mark)));
const setMark = (ticket) => stored((storage) => storage.setItem(mark, JSON.stringify({ ticket })));
const dropMark = () => stored((storage) => storage.removeItem(mark));

function made(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// The view of a log-out, made when it is first wanted.
function logOutView() {
  if (byId("log-out")) return byId("log-out");
  const again = made("button", { type: "button", className: "main", id: "log-out-again" });
  again.dataset.testid = "log-out-again";
  say(again, "retry");
  onPress(again, () => press());
  const failed = made("div", { id: "log-out-failed", role: "alert" }, made("p", { className: "note", id: "log-out-text" }),
    made("p", { className: "small", id: "log-out-code" }), made("div", { className: "buttons" }, again));
  const view = made("section", { id: "log-out", hidden: true }, made("h1", { id: "log-out-title" }), failed);
  view.dataset.view = view.dataset.testid = "log-out";
  document.querySelector("main").append(view);
  return view;
}

function showLogOut(state, problem) {
  const view = logOutView();
  view.dataset.state = state;
  say(byId("log-out-title"), `out.${state}`);
  say(byId("log-out-text"), "out.failed.text");
  byId("log-out-code").textContent = [problem?.code, problem?.request_id].filter(Boolean).join(" · ");
  byId("log-out-failed").hidden = state !== "failed";
  if (viewNow() !== "log-out") show("log-out");
}

let press = () => {};
const pressed = () => new Promise((resolve) => { press = resolve; });

// Whether the server says that it is so. It may take its time, and expires the cookie even then: nobody waits in the dark.
async function askToEnd(ticket) {
  const slow = setTimeout(() => showLogOut("failed"), 3000);
  const answer = await Promise.race([pressed(), call("/api/session/end", ticket === undefined ? {} : { ticket_id: ticket }, 15_000)]);
  clearTimeout(slow);
  if (!answer || answer.status === 204) return Boolean(answer);
  showLogOut("failed", answer.body);
  await Promise.race([pressed(), sleep(Math.max(answer.retryAfter, 2) * 1000)]);
  return false;
}

// A log-out is never over because nobody heard of it.
async function finishLogOut(ticket) {
  forget();
  showLogOut("leaving");
  while (!(await askToEnd(ticket)));
  dropMark();
  forget();
}

// The one way to log out. Resolves once the session is over; till then the page says that it is not, and shows nobody.
// `ticket`: of the screen, which speaks for itself alone where another tab has a newer one.
export async function logOut(ticket) {
  setMark(ticket);
  await finishLogOut(ticket);
}

// Of a page that goes away: it cannot wait for the answer, so the next page of this browser asks again.
export function logOutBehind(ticket) {
  setMark(ticket);
  fetch("/api/session/end", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" },
    body: JSON.stringify(ticket === undefined ? {} : { ticket_id: ticket }) }).catch(() => {});
}

// Somebody has signed in here: what other tabs show may be of somebody else.
export const signedIn = () => stored((storage) => storage.setItem(begun, String(Math.random())));

// At the start of a page: `ask` asks the server for what the page shows, `over(problem)` shows what a page without a
// session shows, `ticket` names the one on this screen. A log-out that another page could not finish comes first.
export async function keepSession({ ask, over, ticket = () => undefined }) {
  page = { ask, over, ticket };
  judgeAnswers(judge);
  seen = { now: performance.now(), date: Date.now() };
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  addEventListener("pagehide", forget);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  addEventListener("storage", async ({ key, newValue }) => {
    if (key === begun) return check();
    if (key !== mark || !newValue) return;
    const left = JSON.parse(newValue).ticket;
    if (left !== undefined && left !== page.ticket()) return;
    await finishLogOut(left);
    page.over(null);
  });
  const unfinished = marked();
  if (unfinished) await finishLogOut(unfinished.ticket);
}
