// The page of /authorize: who asks, by which method to say yes, or no; then back to the record system.
import { byId, call, countDown, moment, onPress, passing, poll, say, show, showOffered, showProblem, startPage, viewNow } from "../shared/page.js";
import { hideSecrets, secret } from "../shared/fragment.js";
import { useFailure, useKey } from "../shared/key.js";
import { askRole } from "../shared/roles.js";
import { holdFor, keepSession, logOutBehind, signedIn } from "../shared/session.js";

const id = secret("x"), code = secret("c");
hideSecrets("x", "c");
const ask = (what, more = {}) => call(`/api/authorize/${what}`, { id, ...more });
const over = ["declined", "expired", "failed"];
let leaving = false;
let unused = false;  // a card signed in, and has approved nothing
let watching = 0;  // counts the watches; only the newest goes on

function stop(state, problem) {
  byId("result").dataset.state = state;
  say(byId("result-heading"), `a.${state}`);
  say(byId("result-text"), `a.${state}.text`);
  if (problem) showProblem(byId("result-problem"), problem);
  if (state !== "leaving") hideSecrets();
  byId("result-text").hidden = Boolean(problem);
  show("result");
}

// The last step: the browser goes back with a code, or with the news that there is none. If the answer is lost it asks
// again: the newest code is the one that counts.
async function leave() {
  if (leaving) return;
  leaving = true;
  watching++;
  stop("leaving");
  await poll(() => ask("finish"), (answer) => {
    leaving = answer.ok;
    if (answer.ok) location.replace(answer.body.location);
    else stop("failed", answer.body);
    return false;
  });
}

function orText(name, value, key) {
  if (value) byId(name).textContent = value;
  else say(byId(name), key);
}

function showRequest(request) {
  byId("facility-name").textContent = request.facility_name;
  orText("terminal-name", request.terminal_name, "d.terminal.none");
  orText("practitioner-id", request.practitioner_id_masked, "d.person.none");
  // A client of the deployed profile stands for one method.
  const ways = { key: ["method-phone", "method-passkey"], card: ["method-card"], mynumber: ["method-mynumber"] }[request.method];
  for (const way of document.querySelectorAll("[data-testid^='method-']")) way.parentElement.hidden = Boolean(ways) && !ways.includes(way.id);
  const hours = Math.round((Date.parse(request.pass_until) - Date.parse(request.now)) / 3_600_000);
  say(byId("pass-until"), "d.until.text", { hours, until: () => moment(request.pass_until, request.now) });
  countDown(byId("time-left"), request);
  holdFor((Date.parse(request.expires_at) - Date.parse(request.now)) / 1000);
  show("request");
}

// Looks, shows, and says whether there is anything to decide.
async function look() {
  let open = false;
  await poll(() => ask("look"), (answer) => {
    if (!answer.ok) stop("failed", answer.body);
    else if (answer.body.state === "approved" || over.includes(answer.body.state)) leave();
    else {
      showRequest(answer.body);
      open = true;
    }
    return false;
  });
  return open;
}

// After a step whose answer may have been lost on its way: where things stand comes before what went wrong.
async function unlessOver(answer) {
  if (await look()) refused(answer);
}

function refused(answer) {
  show("request");
  showProblem(byId("request-problem"), answer.body);
  byId("request-problem").scrollIntoView({ block: "nearest" });
}

async function byPhone() {
  byId("request-problem").hidden = true;
  const answer = await ask("phone");
  if (!answer.ok) return refused(answer);
  byId("qr").src = `data:image/svg+xml,${encodeURIComponent(answer.body.qr_svg)}`;
  byId("number").textContent = answer.body.number;
  showScanned(false);
  show("phone");
  watch();
}

function showScanned(scanned) {
  byId("phone-state").dataset.state = scanned ? "scanned" : "waiting";
  say(byId("phone-state"), scanned ? "a.scanned" : "a.waiting");
}

function watch() {
  const mine = ++watching;
  poll(() => ask("look"), (answer) => {
    if (mine !== watching) return false;
    if (!answer.ok) return stop("failed", answer.body), false;
    if (answer.body.state === "approved" || over.includes(answer.body.state)) return leave(), false;
    if (viewNow() === "phone") countDown(byId("phone-time"), answer.body);
    showScanned(answer.body.scanned);
    return true;
  }, 1500);
}

async function byPasskey() {
  byId("request-problem").hidden = true;
  const asked = await ask("options");
  if (!asked.ok) return refused(asked);
  const started = performance.now();
  let made;
  try {
    made = await useKey(asked.body.publicKey);
  } catch (error) {
    return refused({ body: { code: useFailure(error, performance.now() - started) } });
  }
  await approve("passkey", { credential: made });
}

// What was proved; again with the role where there are several to choose from.
async function approve(how, proof) {
  const answer = await ask(how, proof);
  if (answer.ok && answer.body.state === "role") {
    watching++;
    return askRole(answer.body.roles, (role) => approve(how, { ...proof, role }));
  }
  if (answer.ok) unused = false;
  return answer.ok ? leave() : unlessOver(answer);
}

async function byCard(method) {
  byId("request-problem").hidden = true;
  const answer = await call("/api/start", { purpose: `authorize:${id}`, method });
  if (answer.ok) location.assign(answer.body.card_url);
  else refused(answer);
}

// Back from the card origin with a one-time code.
async function handOver() {
  const answer = await call("/api/handover", { code });
  if (!passing(answer)) hideSecrets("x");
  unused = answer.ok;
  if (answer.ok) signedIn();
  return answer.ok ? approve("card", {}) : unlessOver(answer);
}

async function decline() {
  const answer = await ask("decline");
  if (passing(answer)) return unlessOver(answer);
  if (!answer.ok) return refused(answer);
  watching++;
  stop("leaving");
  location.replace(answer.body.location);
}

async function main() {
  await startPage();
  if (!id) return stop("failed");
  await keepSession({ ask: () => ask("look"), over: look });
  showOffered("method-mynumber");
  onPress(byId("method-phone"), byPhone);
  onPress(byId("method-passkey"), byPasskey);
  onPress(byId("method-card"), () => byCard("card"));
  onPress(byId("method-mynumber"), () => byCard("mynumber"));
  for (const name of ["decline", "phone-decline", "role-decline"]) onPress(byId(name), decline);
  onPress(byId("back"), look);  // and keeps watching: the phone may have scanned already
  addEventListener("pagehide", () => { if (unused) logOutBehind(); });
  if (code) return handOver();
  await look();
}

main();
