// The phone's side of an activation: who asks, until when; the number from the other screen; yes or no.
import { hideSecrets, secret } from "../shared/fragment.js";
import { byId, call, countDown, moment, onPress, passing, poll, say, show, showProblem, startPage, twoDigits, viewNow } from "../shared/page.js";
import { useFailure, useKey, whatIsMissing } from "../shared/key.js";
import { showInApp } from "../shared/in_app.js";
import { showPasses } from "../shared/passes.js";
import { askRole } from "../shared/roles.js";

const token = secret("t");
let named = { token };  // how the calls name the request: by the QR, or by its id once the code was typed
let typedNumber = "";   // the digits at the end of that code: nobody types them twice
const ask = (what, more = {}) => call(`/api/activation/${what}`, { ...named, ...more });
const final = { approved: "approved", declined: "declined", denied: "declined", expired: "expired", failed: "failed", cancelled: "failed" };
let request;

function finish(state, problem) {
  byId("result").dataset.state = state;
  say(byId("result-heading"), `d.${state}`);
  say(byId("result-text"), `d.${state}.text`, { until: () => (request ? moment(request.pass_until, request.now) : "") });
  byId("result").className = state === "approved" ? "box good" : "box";
  if (problem) showProblem(byId("result-problem"), problem);
  byId("result-text").hidden = Boolean(problem);
  if (state !== "approved") hideSecrets();
  show("result");
  if (state === "approved") showPasses(byId("passes"), named, withdrawn);
}

// What this page had just said is true no more.
function withdrawn(pass) {
  if (!pass.here) return;
  say(byId("result-heading"), "d.passes.ended");
  say(byId("result-text"), "d.passes.ended.text");
  byId("result").className = "box";
}

// What a refusal means for the request: over, or worth another try (null).
function ending({ status }) {
  if (status === 404 || status === 410) return "expired";
  return status === 409 ? "failed" : null;
}

function opened(answer) {
  request = answer.body;
  if (final[request.state]) return finish(final[request.state]), false;
  showRequest();
  return true;
}

async function scan() {
  const answer = await ask("scan");
  if (answer.ok) return opened(answer);
  const end = ending(answer);
  if (end) finish(end, answer.body);
  else {
    show("trouble");
    showProblem(byId("trouble-problem"), answer.body);
  }
  return false;
}

function orText(id, value, key) {
  if (value) byId(id).textContent = value;
  else say(byId(id), key);
}

function showRequest() {
  byId("facility-name").textContent = request.facility_name;
  orText("terminal-name", request.terminal_name, "d.terminal.none");
  orText("practitioner-id", request.practitioner_id_masked, "d.person.none");
  byId("message").textContent = request.binding_message;
  for (const part of ["message", "message-name"]) byId(part).hidden = !request.binding_message;
  const hours = Math.round((Date.parse(request.pass_until) - Date.parse(request.now)) / 3_600_000);
  say(byId("pass-until"), "d.until.text", { hours, until: () => moment(request.pass_until, request.now) });
  say(byId("asked"), "as.is", { text: () => moment(request.requested_at, request.now) });
  countDown(byId("time-left"), request);
  byId("number-box").hidden = Boolean(typedNumber);
  if (viewNow() !== "request") show("request");
}

function watch() {
  poll(() => ask("status"), (answer) => {
    if (!["request", "role"].includes(viewNow())) return false;
    const end = answer.ok ? final[answer.body.state] : ending(answer);
    // A press of the button that is under way brings its own answer, with the words for it.
    if (!end || busy) return true;
    finish(end, answer.ok && !answer.body.code ? undefined : answer.body);
    return false;
  }, 2000);
}

let busy = false;
const exclusively = (action) => async () => {
  if (busy) return;
  busy = true;
  await action();
  busy = false;
};

// The used challenge is gone with a failure: another scan by the same phone brings a new one.
async function fail(problem) {
  if (!(await scan())) return;
  showProblem(byId("request-problem"), problem);
  byId("request-problem").scrollIntoView({ block: "nearest" });
}

// What was proved, with the number; again with the role where there are several to choose from.
async function send(proof) {
  const answer = await ask("approve", proof);
  if (answer.ok && answer.body.state === "role") {
    return askRole(answer.body.roles, (role) => exclusively(() => send({ ...proof, role }))());
  }
  if (answer.ok) {
    request.pass_until = answer.body.pass_until ?? request.pass_until;
    return finish("approved");
  }
  if (passing(answer)) {
    if (viewNow() !== "request") show("request");
    return showProblem(byId("request-problem"), answer.body);
  }
  const end = ending(answer);
  if (end) finish(end, answer.body);
  else await fail(answer.body);
}

async function approve() {
  const field = byId("number");
  const number = typedNumber || twoDigits(field.value);
  field.setAttribute("aria-invalid", String(!number));
  say(byId("number-error"), number ? "" : "d.number.bad");
  if (!number) return field.focus();
  byId("request-problem").hidden = true;
  const started = performance.now();
  let made;
  try {
    made = await useKey(request.publicKey);
  } catch (error) {
    return fail({ code: useFailure(error, performance.now() - started) });
  }
  await send({ number, credential: made });
}

async function decline() {
  const answer = await ask("decline");
  if (answer.ok) return finish("declined");
  const end = ending(answer);
  if (end) finish(end, answer.body);
  else showProblem(byId("request-problem"), answer.body);
}

// The whole code, where no camera reads the QR. Whatever the form of it is wrong is said here and counts for nothing.
async function type(event) {
  event.preventDefault();
  if (busy) return;
  const code = byId("user-code").value.normalize("NFKC").toUpperCase().replace(/[\s\-‐-―−ー]/g, "");
  const right = /^[BCDFGHJKLMNPQRSTVWXZ]{8}\d{2}$/.test(code);
  byId("user-code").setAttribute("aria-invalid", String(!right));
  say(byId("user-code-error"), right ? "" : "d.type.bad");
  if (!right) return byId("user-code").focus();
  busy = true;
  const answer = await call("/api/activation/type", { user_code: code });
  busy = false;
  if (!answer.ok) {
    const end = answer.status === 409 ? "failed" : "";
    return end ? finish(end, answer.body) : showProblem(byId("type-problem"), answer.body);
  }
  named = { request: answer.body.request };
  typedNumber = code.slice(8);
  if (opened(answer)) watch();
}

async function main() {
  await startPage();
  byId("type-form").addEventListener("submit", type);
  const missing = await whatIsMissing();
  if (missing === "in-app") return showInApp();
  onPress(byId("trouble-retry"), begin);
  onPress(byId("approve"), exclusively(approve));
  for (const name of ["decline", "role-decline"]) onPress(byId(name), exclusively(decline));
  if (!token) return show("none");
  await begin();
}

// A phone without its own authenticator may still say no, so only browsers that can do nothing are stopped above.
async function begin() {
  hideSecrets("t");
  if (await scan()) watch();
}

main();
