// The phone's side of an activation: who asks, until when; the number from the other screen; yes or no.
import { byId, call, countDown, moment, onPress, passing, poll, say, show, showProblem, startPage, twoDigits, viewNow } from "../shared/page.js";
import { useFailure, useKey, whatIsMissing } from "../shared/key.js";
import { showInApp } from "../shared/in_app.js";

const token = new URLSearchParams(location.hash.slice(1)).get("t");
const ask = (what, more = {}) => call(`/api/activation/${what}`, { token, ...more });
const final = { approved: "approved", declined: "declined", denied: "declined", expired: "expired", failed: "failed", cancelled: "failed" };
let request;

function finish(state, problem) {
  byId("result").dataset.state = state;
  say(byId("result-heading"), `d.${state}`);
  say(byId("result-text"), `d.${state}.text`, { until: () => (request ? moment(request.pass_until, request.now) : "") });
  byId("result").className = state === "approved" ? "box good" : "box";
  if (problem) showProblem(byId("result-problem"), problem);
  byId("result-text").hidden = Boolean(problem);
  show("result");
}

// What a refusal means for the request: over, or worth another try (null).
function ending({ status }) {
  if (status === 404 || status === 410) return "expired";
  return status === 409 ? "failed" : null;
}

async function scan() {
  const answer = await ask("scan");
  if (answer.ok) {
    request = answer.body;
    if (final[request.state]) return finish(final[request.state]);
    showRequest();
    return true;
  }
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
  if (viewNow() !== "request") show("request");
}

function watch() {
  poll(() => ask("status"), (answer) => {
    if (viewNow() !== "request") return false;
    const end = answer.ok ? final[answer.body.state] : ending(answer);
    // A press of the button that is under way brings its own answer, with the words for it.
    if (!end || busy) return true;
    finish(end, answer.ok ? undefined : answer.body);
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

async function approve() {
  const field = byId("number");
  const number = twoDigits(field.value);
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
  const answer = await ask("approve", { number, credential: made });
  if (answer.ok) {
    request.pass_until = answer.body.pass_until ?? request.pass_until;
    return finish("approved");
  }
  if (passing(answer)) return showProblem(byId("request-problem"), answer.body);
  const end = ending(answer);
  if (end) finish(end, answer.body);
  else await fail(answer.body);
}

async function decline() {
  const answer = await ask("decline");
  if (answer.ok) return finish("declined");
  const end = ending(answer);
  if (end) finish(end, answer.body);
  else showProblem(byId("request-problem"), answer.body);
}

async function main() {
  await startPage();
  if (!token) return show("none");
  const missing = await whatIsMissing();
  if (missing === "in-app") return showInApp();
  onPress(byId("trouble-retry"), begin);
  onPress(byId("approve"), exclusively(approve));
  onPress(byId("decline"), exclusively(decline));
  await begin();
}

// A phone without its own authenticator may still say no, so only browsers that can do nothing are stopped above.
async function begin() {
  if (await scan()) watch();
}

main();
