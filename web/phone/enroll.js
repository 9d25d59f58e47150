// The phone's side of an enrollment. Looking claims nothing; a failure keeps the page and the ticket.
import { hideSecrets, secret } from "../shared/fragment.js";
import { byId, call, countDown, day, moment, onPress, passing, poll, say, show, showProblem, startPage, viewNow } from "../shared/page.js";
import { createKey, creationFailure, useFailure, useKey, whatIsMissing } from "../shared/key.js";
import { showInApp } from "../shared/in_app.js";

const ticket = secret("t");
const ask = (what, more = {}) => call(`/api/phone/${what}`, { ticket, ...more });
const stepOf = { landing: 0, check: 0, password: 1, number: 1, approval: 1, register: 2, label: 3, prove: 3, done: 3 };
let suggested = "";
let watching = false;
let change = false;  // of phones: the new one proves itself before the old one is removed
let proven = false;

function open(view) {
  if (viewNow() === view) return;
  byId("ticket").hidden = !(view in stepOf) || !byId("practitioner-id").textContent;
  byId("time-left").hidden = ["password", "label", "prove", "done"].includes(view);
  [...document.querySelector(".steps").children].forEach((item, index) => {
    item.classList.toggle("past", index < stepOf[view]);
    if (index === stepOf[view]) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  show(view);
}

function end(problem) {
  open("error");
  showProblem(byId("phone-error"), problem);
}

// --- before the claim ------------------------------------------------------------------------------------------------

async function look() {
  await poll(() => ask("look"), (answer) => {
    if (!answer.ok) end(answer.body);
    else if (answer.body.mine) resume(answer.body);
    else if (answer.body.password) askPassword(answer.body);
    else land(answer.body);
    return false;
  });
}

function land(body) {
  byId("practitioner-id").textContent = body.practitioner_id_masked;
  countDown(byId("time-left"), body);
  open("landing");
}

async function claim() {
  byId("landing-problem").hidden = true;
  const answer = await ask("claim", { platform_authenticator: true, touch_points: navigator.maxTouchPoints ?? 0 });
  if (answer.ok) return owned(answer.body);
  if (passing(answer)) return showProblem(byId("landing-problem"), answer.body);
  if (answer.body.code === "E-301") return lacking("E-301");
  end(answer.body);
}

// --- a ticket that came by letter or portal ---------------------------------------------------------------------------

function askPassword(body) {
  byId("practitioner-id").textContent = body.practitioner_id_masked;
  byId("name").hidden = byId("name-term").hidden = true;
  say(byId("step-two"), "p.step.password");
  say(byId("password-until"), "p.password.until", { until: () => day(body.expires_at) });
  showTries(body.tries_left);
  open("password");
}

function showTries(left) {
  byId("tries-left").hidden = left === undefined;
  if (left !== undefined) say(byId("tries-left"), left > 0 ? "p.password.left" : "p.password.none_left", { tries: left });
}

// A right password is typed once; one whose answer was lost may be sent again, and counts no second time.
async function sendPassword() {
  const password = byId("password").value;
  byId("password-problem").hidden = true;
  if (!password.trim()) return showProblem(byId("password-problem"), { code: "E-221" });
  say(byId("password-checking"), "p.password.checking");
  const answer = await ask("claim", { password, platform_authenticator: true, touch_points: navigator.maxTouchPoints ?? 0 });
  say(byId("password-checking"), "as.is", { text: "" });
  byId("password").setAttribute("aria-invalid", String(answer.body.code === "E-222"));
  if (answer.ok) {
    byId("password").value = "";
    return owned(answer.body);
  }
  if (["E-205", "E-204"].includes(answer.body.code)) return end(answer.body);
  if (answer.body.code === "E-301") return lacking("E-301");
  showProblem(byId("password-problem"), answer.body);
  if ("tries_left" in answer.body) showTries(answer.body.tries_left);
  byId("password").focus();
}

// The time as owner ran out: back to the password, with the reason.
async function lapsed(problem) {
  const answer = await ask("look");
  if (!answer.ok) return end(answer.body);
  askPassword(answer.body);
  showProblem(byId("password-problem"), problem);
}

async function decline() {
  const answer = await ask("decline");
  if (answer.ok) declined();
  else if (passing(answer)) showProblem(byId("landing-problem"), answer.body);
  else end(answer.body);
}

function declined() {
  hideSecrets();
  open("declined");
}

// --- owner of the ticket ---------------------------------------------------------------------------------------------

function showOwner({ practitioner_id: id, name, match_number: number }) {
  if (id) byId("practitioner-id").textContent = id;
  if (number) byId("match-number").textContent = byId("approval-number").textContent = number;
  if (!name) return;
  byId("name").textContent = name;
  byId("name").hidden = byId("name-term").hidden = false;
}

function owned(body) {
  showOwner(body);
  if (!["confirmed", "registered", "done"].includes(body.state)) open("number");
  return watch();
}

// This browser owns the ticket already: go on where it stood.
async function resume(body) {
  if (["opened", "confirmed"].includes(body.state)) return claim();
  return watch();
}

const stopped = { other_phone: "E-203", wrong_number: "E-202", rejected_on_pc: "E-203", replaced: "E-203" };

function watch() {
  if (watching) return;
  watching = true;
  poll(() => ask("status"), (answer) => {
    watching = follow(answer);
    return watching;
  });
}

// Whether there is more to watch for. From the label on each press brings its own answer: what was asked before comes
// late, and would ask for a second challenge in place of the one that is being answered.
function follow({ ok, body }) {
  if (["label", "prove", "done"].includes(viewNow())) return false;
  if (body.code === "E-224") return lapsed(body), false;
  if (!ok) return end(body), false;
  showOwner(body);
  change = body.change ?? change;
  proven = body.proven ?? proven;
  if (body.expires_at && body.now) countDown(byId("time-left"), body);
  if (body.state === "rejected") {
    if (body.reason === "rejected_on_phone") declined();
    else end({ code: stopped[body.reason] ?? "E-203" });
  } else if (body.state === "expired") end({ code: "E-204" });
  else if (body.state === "registered") askLabel(body.label);
  else if (body.state === "done") labelled(body.label);
  else if (body.state === "confirmed" && body.approval) askApproval(body);
  else if (body.state === "confirmed" && viewNow() !== "register") askRegister();
  else if (body.state === "opened") open("number");
  return ["opened", "confirmed"].includes(body.state);
}

// Somebody's registered phone has to agree before this one may register.
function askApproval({ mark }) {
  byId("approval-mark").textContent = mark;
  byId("approval-address").textContent = `${location.origin}/devices`;
  open("approval");
}

// --- registration ----------------------------------------------------------------------------------------------------

// Options are fetched ahead: some browsers open the prompt only straight after a tap.
let ready;
const prepare = () => (ready = { at: Date.now(), answer: ask("options") });

function askRegister() {
  prepare();
  open("register");
}

function fail(problem) {
  say(byId("registering"), "");
  byId("register-ask").hidden = byId("register").hidden = true;
  // A passkey of this person is here already: it has only to show that it works.
  const bound = problem.code === "E-304";
  byId("retry").hidden = bound;
  byId("prove-bound").hidden = !bound;
  showProblem(byId("register-error"), problem);
  if (bound) prepareProof();
  else prepare();
}

async function register() {
  byId("register-error").hidden = true;
  say(byId("registering"), "p.registering");
  // What was refused ahead may be mended by now: too many phones, say.
  if (Date.now() - ready.at > 120_000 || !(await ready.answer).ok) prepare();
  const options = await ready.answer;
  if (options.body.code === "E-224") return lapsed(options.body);
  if (!options.ok) return fail(options.body);
  const started = performance.now();
  let made;
  try {
    made = await createKey(options.body.publicKey);
  } catch (error) {
    const ms = Math.round(performance.now() - started);
    ask("report", { what: error.name, after_ms: ms });
    return fail({ code: creationFailure(error, ms) });
  }
  const answer = await ask("register", { credential: made });
  if (answer.ok) askLabel(answer.body.label);
  else if (answer.body.code === "E-224") await lapsed(answer.body);
  else fail(answer.body);
}

// --- label -----------------------------------------------------------------------------------------------------------

function askLabel(label) {
  if (["label", "prove", "done"].includes(viewNow())) return;
  suggested = label ?? "";
  byId("label").value = suggested;
  open("label");
}

// An ownership that has lapsed begins again with the password, a passkey whose phone is no longer bound with registering;
// everything else is said where it happened.
function refused(box, problem) {
  if (problem.code === "E-224") return lapsed(problem);
  return problem.code === "E-607" && viewNow() === "register" ? fail(problem) : showProblem(box, problem);
}

async function confirmLabel() {
  const label = byId("label").value.trim();
  const answer = await ask("label", label && label !== suggested ? { label } : {});
  byId("label").setAttribute("aria-invalid", String(!answer.ok && !passing(answer)));
  if (answer.ok) labelled(answer.body.label);
  else refused(byId("label-problem"), answer.body);
}

// --- proof -----------------------------------------------------------------------------------------------------------

let question;
const prepareProof = () => (question = { at: Date.now(), answer: ask("prove/options") });

function labelled(label) {
  suggested = label ?? suggested;
  if (!change || proven) return finish(suggested);
  prepareProof();
  open("prove");
}

async function prove(problemBox) {
  problemBox.hidden = true;
  if (!question || Date.now() - question.at > 120_000) prepareProof();
  const options = await question.answer;
  question = null;
  if (!options.ok) return refused(problemBox, options.body), false;
  const started = performance.now();
  let made;
  try {
    made = await useKey(options.body.publicKey);
  } catch (error) {
    const ms = Math.round(performance.now() - started);
    ask("report", { what: error.name, after_ms: ms });
    return showProblem(problemBox, { code: useFailure(error, ms) }), false;
  }
  const answer = await ask("prove", { credential: made });
  if (!answer.ok) return refused(problemBox, answer.body), false;
  proven = true;
  suggested = answer.body.label;
  return true;
}

async function proveNew() {
  if (await prove(byId("prove-problem"))) finish(suggested);
}

async function proveBound() {
  if (await prove(byId("register-error"))) askLabel(suggested);
}

function finish(label) {
  const now = new Date().toISOString();
  byId("done-label").textContent = label ?? suggested;
  say(byId("done-when"), "as.is", { text: () => moment(now) });
  byId("done-change").hidden = !change;
  open("done");
}

// --- start -----------------------------------------------------------------------------------------------------------

async function begin() {
  const missing = await whatIsMissing();
  if (missing === "in-app") return showInApp();
  if (missing) return lacking(missing);
  hideSecrets("t");
  await look();
}

// The person can mend this and try again; nothing is claimed.
function lacking(code) {
  open("check");
  showProblem(byId("check-problem"), { code });
}

async function main() {
  await startPage();
  if (!ticket) return show("none");
  onPress(byId("check-again"), begin);
  onPress(byId("continue"), claim);
  onPress(byId("decline"), decline);
  onPress(byId("password-ok"), sendPassword);
  byId("password").addEventListener("keydown", (event) => { if (event.key === "Enter") byId("password-ok").click(); });
  onPress(byId("register"), register);
  onPress(byId("retry"), register);
  onPress(byId("label-ok"), confirmLabel);
  onPress(byId("prove"), proveNew);
  onPress(byId("prove-bound"), proveBound);
  await begin();
}

main();
