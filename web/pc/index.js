// The PC's side of an enrollment: card, QR code, the number of the phone, done.
import { byId, call, countDown, day, onPress, passing, poll, say, show, showOffered, showOfferedAs, showProblem, startPage, twoDigits, viewNow } from "../shared/page.js";
import { hideSecrets, secret } from "../shared/fragment.js";
import { keepSession, logOut, logOutBehind, signedIn } from "../shared/session.js";

const stepOf = { start: 0, card: 0, number: 0, letter: 0, "card-error": 0, waiting: 1, elsewhere: 1, "on-phone": 2, expired: 1, rejected: 1, opened: 2, confirmed: 2, registered: 3, done: 3 };
const code = secret("c");
if (code) hideSecrets("c");
let state = "";
let ticketId;  // of the ticket on this screen: every call names it, as another tab may have begun another
let method = "card";  // the card that the person chose: HPKI or My Number
let change = false;  // begun on the page of phones, which goes on afterwards
let watching = 0;  // counts the watches; only the newest goes on

function markStep(step) {
  for (const list of document.querySelectorAll(".steps")) {
    [...list.children].forEach((item, index) => {
      item.classList.toggle("past", index < step);
      if (index === step) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
  }
}

function open(view) {
  watching++;
  state = "";
  if (view !== "ticket") ticketId = undefined;
  markStep(stepOf[view] ?? 0);
  show(view);
}

// The purpose outlives the way to the card and back.
function toCardPage(purpose) {
  sessionStorage.setItem("purpose", purpose);
  byId("start-problem").hidden = true;
  open("card");
}

async function toCard(problemBox, chosen = method) {
  method = chosen;
  problemBox.hidden = true;
  say(byId("card-reading"), "card.reading");
  const answer = await call("/api/start", { purpose: sessionStorage.getItem("purpose") ?? "enrol", method });
  if (answer.ok) return location.assign(answer.body.card_url);
  say(byId("card-reading"), "");
  showProblem(problemBox, answer.body);
}

async function handOver() {
  const answer = await call("/api/handover", { code });
  // Without a connection the code is still good for a reload.
  if (answer.status !== 0) hideSecrets();
  if (answer.ok) {
    signedIn();
    if (answer.body.purpose === "devices") return location.replace("/devices");
    showReminder(answer.body.mynumber);
    return freshQr();
  }
  method = answer.body.method ?? "card";
  open("card-error");
  showProblem(byId("card-error"), answer.body);
}

// A linked My Number card is linked again at its renewal: said in time.
function showReminder(mynumber) {
  const due = ["ending", "ended"].includes(mynumber?.state);
  byId("mynumber-reminder").hidden = !due;
  if (due) say(byId("mynumber-reminder"), `m.reminder.${mynumber.state}`, { until: () => day(mynumber.not_after) });
}

function showPerson({ practitioner_id: id, name }) {
  if (id) byId("practitioner-id").textContent = id;
  if (name) byId("name").textContent = name;
}

// A new ticket of the same card session; an older open one is cancelled by the server.
async function freshQr() {
  watching++;  // what becomes of the old one is our own doing
  const answer = await call("/api/enrollment", { ticket_id: ticketId });
  if (answer.status === 401) return backToStart(answer.body);
  // The page of phones has the buttons to prove it once more.
  if (answer.body.cause === "devices_step_up_needed") return location.replace("/devices#step-up");
  if (viewNow() !== "ticket") open("ticket");
  if (!answer.ok) {
    if (!state) showState("rejected", {});
    showProblem(byId("ticket-problem"), answer.body);
    return ticketId && watch();
  }
  byId("ticket-problem").hidden = true;
  showPerson(answer.body);
  ticketId = answer.body.ticket_id;
  byId("qr").src = `data:image/svg+xml,${encodeURIComponent(answer.body.qr_svg)}`;
  byId("pc-number").value = "";
  showState("waiting", answer.body);
  watch();
}

// Tabs ask each other who shows the QR of a ticket. One that was closed or loaded anew does not answer.
const tabs = new BroadcastChannel("tickets");
tabs.addEventListener("message", ({ data }) => {
  if (data.who && data.who === ticketId && byId("qr").src) tabs.postMessage({ here: ticketId });
});
const hasQr = (id) => new Promise((resolve) => {
  tabs.addEventListener("message", ({ data }) => { if (data.here === id) resolve(true); });
  setTimeout(() => resolve(false), 500);
  tabs.postMessage({ who: id });
});

// The session is over. What its holder has confirmed goes on without it.
function sessionOver(problem) {
  if (viewNow() !== "ticket" && viewNow() !== "log-out") return;
  if (["confirmed", "registered"].includes(state)) return showState("on-phone", {});
  backToStart(state === "done" ? null : problem);
}

function backToStart(problem) {
  open("start");
  if (problem) showProblem(byId("start-problem"), problem);
}

function watch() {
  const mine = ++watching;
  poll(() => call(`/api/enrollment?ticket_id=${encodeURIComponent(ticketId)}`), (answer) => {
    if (mine !== watching) return false;
    if (answer.status === 401) return state === "on-phone" || sessionOver(answer.body), false;
    if (!answer.ok) return true;
    showState(answer.body.state, answer.body);
    return !["done", "expired", "rejected"].includes(answer.body.state);
  });
}

// A phone that is registered already has to agree: the page says where, until it has.
function showApproval({ approval, mark }) {
  byId("approval").hidden = !(state === "confirmed" && approval);
  if (state !== "confirmed") return;
  byId("confirmed-text").hidden = Boolean(approval);
  const now = approval ? "approval" : state;
  say(byId("pc-status"), `pc.s.${now}`);
  say(byId("ticket-heading"), `pc.h.${now}`);
  byId("approval-mark").textContent = mark ?? "";
  if (approval) say(byId("approval-text"), "approval.pc", { address: `${location.origin}/devices` });
}

// --- registration number and card ID, where this server takes them ----------------------------------------------------

function askNumber() {
  byId("start-problem").hidden = byId("number-problem").hidden = true;
  open("number");
  byId("registration-number").focus();
}

async function sendNumber() {
  byId("number-problem").hidden = true;
  say(byId("number-checking"), "rn.checking");
  const answer = await call("/api/registration-number",
    { registration_number: byId("registration-number").value, card_id: byId("card-id").value });
  say(byId("number-checking"), "as.is", { text: "" });
  if (!answer.ok) return showProblem(byId("number-problem"), answer.body);
  byId("registration-number").value = byId("card-id").value = "";
  if (answer.body.next === "letter") return open("letter");
  signedIn();
  await freshQr();
}

const reasons = ["other_phone", "approval_declined", "wrong_number", "rejected_on_pc", "rejected_on_phone", "replaced"];
const reasonKey = (now, reason) => (now === "expired" ? "reason.expired" : `reason.${reasons.includes(reason) ? reason : "none"}`);

// A ticket that waits without its picture on this screen has it on another.
const onThisScreen = (now) => (now === "waiting" && !byId("qr").src ? "elsewhere" : now);

function showState(now, body) {
  const next = onThisScreen(now);
  if (body.expires_at && body.now) countDown(byId("qr-expires"), body);
  if (next === "opened") showDevice(body.device);
  change = body.change ?? change;
  for (const id of ["another", "end"]) byId(id).hidden = change;
  byId("to-devices").hidden = !change;
  if (body.label) byId("done-label").textContent = body.label;
  if (next === state) return showApproval(body);
  state = next;
  byId("ticket-problem").hidden = true;
  for (const part of document.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(next);
  if (now !== "on-phone") byId("pc-status").dataset.state = now;
  say(byId("pc-status"), `pc.s.${next}`);
  say(byId("ticket-heading"), `pc.h.${next}`);
  say(byId("reason"), reasonKey(next, body.reason));
  markStep(stepOf[next] ?? 1);
  showApproval(body);
  byId("person").hidden = next === "on-phone";  // which nobody is signed in to any more
  if (next === "opened") byId("pc-number").focus();
  else byId("pc-number").value = "";
}

function showDevice(device) {
  if (!device) say(byId("pc-device"), "number.unknown");
  else {
    delete byId("pc-device").dataset.text;
    byId("pc-device").textContent = device;
  }
}

async function confirmNumber() {
  const field = byId("pc-number");
  const number = twoDigits(field.value);
  field.setAttribute("aria-invalid", String(!number));
  say(byId("number-error"), number ? "" : "number.bad");
  if (!number) return field.focus();
  const answer = await call("/api/enrollment/confirm", { number, ticket_id: ticketId });
  if (answer.ok) showState("confirmed", answer.body);
  else if (answer.status === 401) backToStart(answer.body);
  // Others wait already: the ticket stays as it is, and the number may be typed again.
  else if (answer.status === 409 && answer.body.cause !== "ticket_too_many_waiting") watch();
  else showProblem(byId("ticket-problem"), answer.body);
}

async function reject() {
  const answer = await call("/api/enrollment/reject", { ticket_id: ticketId });
  if (answer.ok) showState("rejected", { reason: "rejected_on_pc", ...answer.body });
  else if (answer.status === 401) backToStart(answer.body);
  else showProblem(byId("ticket-problem"), answer.body);
}

async function endSession() {
  watching++;
  if (change) {
    const answer = await call("/api/enrollment/reject", { ticket_id: ticketId });
    if (passing(answer)) return showProblem(byId("ticket-problem"), answer.body), watch();
    return location.assign("/devices");
  }
  await logOut(ticketId);
  open("start");
}

async function main() {
  await startPage();
  await keepSession({ ask: () => call(`/api/enrollment${ticketId ? `?ticket_id=${encodeURIComponent(ticketId)}` : ""}`), over: sessionOver, ticket: () => ticketId });
  showOffered("start-mynumber", "login-mynumber");
  showOfferedAs("registration_number", "start-number");
  for (const [id, purpose] of [["start-phone", "enrol"], ["start-devices", "devices"]]) onPress(byId(id), () => toCardPage(purpose));
  onPress(byId("start-card"), () => toCard(byId("card-problem"), "card"));
  onPress(byId("login-mynumber"), () => toCard(byId("card-problem"), "mynumber"));
  onPress(byId("retry"), () => toCard(byId("card-error")));
  for (const id of ["again", "fresh-qr", "here-qr", "another"]) onPress(byId(id), freshQr);
  for (const id of ["quit", "stopped-quit", "end"]) onPress(byId(id), endSession);
  onPress(byId("start-number"), askNumber);
  onPress(byId("number-ok"), sendNumber);
  byId("registration-form").addEventListener("submit", (event) => event.preventDefault());
  // These end nothing: there is no session, or another tab or the phone goes on with it.
  for (const id of ["card-quit", "card-error-quit", "number-quit", "letter-end", "elsewhere-quit", "on-phone-end"]) onPress(byId(id), () => open("start"));
  onPress(byId("pc-confirm"), confirmNumber);
  for (const id of ["pc-reject", "confirmed-reject"]) onPress(byId(id), reject);
  byId("number-form").addEventListener("submit", (event) => {
    event.preventDefault();
    byId("pc-confirm").click();
  });
  // The card log-in ends with the page, once its work is done.
  addEventListener("pagehide", () => {
    if (state === "done" && !change) logOutBehind(ticketId);
  });

  if (code) return handOver();
  if (location.hash === "#new") {
    history.replaceState(null, "", location.pathname);
    return freshQr();
  }
  const session = await call("/api/enrollment");
  if (!session.ok || session.body.state === "done") return open("start");
  // A reloaded page has lost the picture of its QR code; before a phone came, a new one costs nothing. Where another tab
  // shows it, it would end that one.
  const { state: now, ticket_id: id } = session.body;
  if (now === "none" || (now === "waiting" && !(await hasQr(id)))) return freshQr();
  open("ticket");
  ticketId = id;
  showPerson(session.body);
  showState(session.body.state, session.body);
  watch();
}

main();
