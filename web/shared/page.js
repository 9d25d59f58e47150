// What every page shares: texts in two languages, calls, views, time, error boxes.

const languages = ["ja", "en"];
const texts = {};
let ownTexts;  // folder of a page's own words, if it has any
let shownErrors = {};

const readCookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);

function firstLanguage() {
  const chosen = readCookie("lang");
  if (languages.includes(chosen)) return chosen;
  return (navigator.language || "ja").startsWith("en") ? "en" : "ja";
}
let language = firstLanguage();

export const byId = (id) => document.getElementById(id);
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function load(file) {
  for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
    try {
      const answer = await fetch(`/assets/${file}.json`);
      if (answer.ok) return await answer.json();
    } catch {
      // Offline: the next round tries again.
    }
    await sleep(wait);
  }
}

const loadTexts = async (wanted) => Object.assign({}, ...(await Promise.all(
  ["text", ownTexts].filter(Boolean).map((folder) => load(`${folder}/${wanted}`)))));

export function text(key, values = {}) {
  const template = texts[language]?.[key] ?? texts.ja?.[key] ?? "";
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// Gives the element a text that follows the language switch. A value may be a function, asked again at each switch.
export function say(element, key, values = {}) {
  element.dataset.text = key;
  element.textValues = values;
  render(element);
}

function render(element) {
  const values = Object.fromEntries(Object.entries(element.textValues ?? {}).map(([name, value]) =>
    [name, typeof value === "function" ? value() : value]));
  const words = text(element.dataset.text, values);
  if (element.textContent !== words) element.textContent = words;
}

function renderAll() {
  document.documentElement.lang = language;
  document.querySelectorAll("[data-text]").forEach(render);
  document.querySelectorAll("[data-text-label]").forEach((each) => each.setAttribute("aria-label", text(each.dataset.textLabel)));
  document.querySelectorAll("[data-text-alt]").forEach((each) => each.setAttribute("alt", text(each.dataset.textAlt)));
  document.querySelectorAll(".problem").forEach(renderProblem);
  const button = byId("language");
  button.textContent = language === "ja" ? "English" : "日本語";
  button.lang = language === "ja" ? "en" : "ja";
}

export async function startPage({ words: folder } = {}) {
  ownTexts = folder;
  byId("language").addEventListener("click", async () => {
    language = language === "ja" ? "en" : "ja";
    document.cookie = `lang=${language}; Path=/; Max-Age=31536000; SameSite=Lax; Secure`;
    texts[language] ??= await loadTexts(language);
    renderAll();
  });
  // A QR code scanned while the page is open changes the fragment only.
  addEventListener("hashchange", () => { if (location.hash) location.reload(); });
  const [words, errors] = await Promise.all([loadTexts(language), load("text/errors")]);
  texts[language] = words;
  shownErrors = errors.shown;
  renderAll();
}

// --- views -----------------------------------------------------------------------------------------------------------

// What was typed is not left behind in a view that is left.
export function show(name) {
  for (const view of document.querySelectorAll("[data-view]")) {
    const left = !view.hidden && view.dataset.view !== name;
    view.hidden = view.dataset.view !== name;
    if (left) for (const field of view.querySelectorAll("input")) field.value = "";
  }
  const heading = document.querySelector(`[data-view="${name}"] h1`);
  if (heading && name !== "loading") {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}
export const viewNow = () => document.querySelector("[data-view]:not([hidden])")?.dataset.view;

// --- calls -----------------------------------------------------------------------------------------------------------

// What an answer means that is not the server's own: the proxy before it gave it.
function codeOf(status) {
  if ([429, 502, 503, 504].includes(status)) return "E-901";
  if (status === 413) return "E-904";
  return status >= 400 && status < 500 ? "E-903" : "E-900";
}

// What a page with a session does with each answer before anybody else sees it (web/shared/session.js).
let judge = (path, answer) => answer;
export const judgeAnswers = (by) => { judge = by; };

async function send(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    return { ok: false, status: 0, body: { code: "E-902" }, retryAfter: 2 };
  }
  const content = await answer.json().catch(() => null);
  const fallback = { code: codeOf(answer.status) };
  return { ok: answer.ok, status: answer.status, body: content ?? (answer.ok ? {} : fallback),
    retryAfter: Number(answer.headers.get("Retry-After")) || 2 };
}

// {ok, status, body, retryAfter, at}; status 0 without a connection, or where the answer took longer than `within`
// milliseconds; `at` is when it was asked, by performance.now(). POST if there is a body. Never throws.
export async function call(path, body, within) {
  const options = body === undefined ? { cache: "no-store" } : {
    method: "POST", cache: "no-store", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  if (within) options.signal = AbortSignal.timeout?.(within);
  const at = performance.now();
  return judge(path, { ...(await send(path, options)), at });
}

// Failures that pass by themselves: no connection, too busy.
export const passing = (answer) => [0, 429, 502, 503, 504].includes(answer.status);

// Shows what only some servers offer, by its name there.
let asked;
export async function showOfferedAs(way, ...ids) {
  const offers = await (asked ??= call("/api/offers"));
  if (offers.ok && offers.body[way]) for (const id of ids) byId(id).hidden = false;
}
export const showOffered = (...ids) => showOfferedAs("mynumber", ...ids);

// Asks again and again, one question at a time, until `next` returns false. While the server cannot be reached the
// element `offline` says so.
export async function poll(ask, next, every = 700) {
  for (;;) {
    const answer = await ask();
    byId("offline").hidden = !passing(answer);
    if (!passing(answer) && (await next(answer)) === false) return;
    await sleep(passing(answer) ? Math.min(answer.retryAfter, 10) * 1000 : every);
  }
}

// Runs an action of a button that must not be pressed twice.
export function onPress(button, action) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    try {
      await action();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
}

// --- errors ----------------------------------------------------------------------------------------------------------

// `problem` is what the server answered, or {code} for something that happened on this side.
export function showProblem(box, problem) {
  box.problem = { ...problem, at: new Date() };
  renderProblem(box);
  box.hidden = false;
}

function renderProblem(box) {
  if (!box.problem) return;
  const { code, title, detail, request_id: reference, at } = box.problem;
  const words = shownErrors[code]?.[language] ?? { title, detail };
  const stamp = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: "Asia/Tokyo" }).format(at);
  const parts = { title: words.title ?? "", detail: words.detail ?? "",
    code: [code, stamp, reference && text("reference", { reference })].filter(Boolean).join(" · ") };
  for (const [name, value] of Object.entries(parts)) {
    const element = box.querySelector(`.problem-${name}`);
    if (element.textContent !== value) element.textContent = value;
  }
}

// --- time ------------------------------------------------------------------------------------------------------------

let ticking, ticked;  // the one timer, and the box that it serves
// Shows the time left until `expires` (as the server's clock has it) as text and bar; speaks at 60, 20 and 0 seconds.
export function countDown(box, { expires_at: expires, now }) {
  const end = Date.now() + (Date.parse(expires) - Date.parse(now));
  if (ticked === box && Math.abs(box.end - end) < 1500) return;
  if (!box.end || end > box.end + 1500) box.total = Math.max((end - Date.now()) / 1000, 600);
  box.end = end;
  const bar = box.querySelector("progress");
  if (bar) bar.max = box.total;
  clearInterval(ticking);
  ticked = box;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    say(box.querySelector(".time-left"), "time.left", { time: `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` });
    if (bar) bar.value = left;
    if ([60, 20].includes(left)) say(byId("spoken"), "time.soon", { seconds: left });
    if (left === 0) clearInterval(ticking);
  };
  tick();
  ticking = setInterval(tick, 1000);
}

// "明日 11月22日 02:41" in Japan's time.
export function moment(iso, nowIso) {
  const locale = language === "ja" ? "ja-JP" : "en-GB";
  const zone = { timeZone: "Asia/Tokyo" };
  const day = (date) => new Intl.DateTimeFormat("sv-SE", { ...zone, dateStyle: "short" }).format(date);
  const then = new Date(iso);
  const now = new Date(nowIso ?? Date.now());
  const clock = new Intl.DateTimeFormat(locale, { ...zone, month: language === "ja" ? "long" : "short", day: "numeric",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(then);
  const near = day(then) === day(now) ? "time.today" : day(then) === day(new Date(now.getTime() + 86_400_000)) ? "time.tomorrow" : "";
  return near ? `${text(near)} ${clock}` : clock;
}

// "2027年5月21日" in Japan's time.
export const day = (iso) => new Intl.DateTimeFormat(language === "ja" ? "ja-JP" : "en-GB",
  { timeZone: "Asia/Tokyo", dateStyle: "long" }).format(new Date(iso));

// Two digits, full-width ones included; null if it is anything else.
export function twoDigits(value) {
  const digits = value.normalize("NFKC").trim();
  return /^\d{2}$/.test(digits) ? digits : null;
}
