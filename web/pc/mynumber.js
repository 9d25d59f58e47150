// Linking a My Number card: the HPKI card says who it is, then the cards are swapped. Whoever came by another way (a
// registered phone, say) sees what is linked, and can take it away.
import { byId, call, day, onPress, say, show, showProblem, startPage, text, viewNow } from "../shared/page.js";
import { hideSecrets, secret } from "../shared/fragment.js";
import { forget, holdFor, keepSession, logOut, signedIn } from "../shared/session.js";

const code = secret("c");
if (code) hideSecrets("c");
let refused = "card";  // the card that the person is asked for again
const steps = { start: 0, swap: 1, done: 2 };

function open(view) {
  for (const list of document.querySelectorAll(".steps")) {
    [...list.children].forEach((item, index) => {
      item.classList.toggle("past", index < steps[view]);
      if (index === steps[view]) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
  }
  show(view);
}

async function toCard(problemBox, method) {
  problemBox.hidden = true;
  const answer = await call("/api/start", { purpose: "link", method });
  if (answer.ok) return location.assign(answer.body.card_url);
  // The HPKI log-in has ended meanwhile, or is too old: from the start.
  const again = answer.status === 401 || tooOld(answer.body);
  if (again) open("start");
  showProblem(again ? byId("start-problem") : problemBox, answer.body);
}

const tooOld = (problem) => problem?.cause === "devices_step_up_needed";

let home = "start";  // the view to go back to

function showPerson({ practitioner_id: id, name, mynumber, may_link: mayLink }) {
  for (const [place, what] of [["practitioner-id", id], ["now-id", id], ["name", name], ["now-name", name]]) byId(place).textContent = what;
  const until = () => (mynumber?.not_after ? day(mynumber.not_after) : "");
  for (const place of ["mynumber-now", "now-state"]) say(byId(place), `m.state.${mynumber?.state ?? "none"}`, { until });
  const linked = Boolean(mynumber) && mynumber.state !== "none";
  for (const each of document.querySelectorAll("[data-linked]")) each.hidden = !linked;
  home = mayLink ? "swap" : "now";
  open(home);
}

function showDone({ practitioner_id: id, mynumber }) {
  byId("done-id").textContent = id;
  say(byId("mynumber-until"), "as.is", { text: () => day(mynumber.not_after) });
  open("done");
  holdFor(60);  // the session ended with the link
}

// Whose session is it? Without one the link begins from the start.
async function resume() {
  const session = await call("/api/mynumber");
  if (session.ok) showPerson(session.body);
  else open("start");
  return session.ok;
}

// Whatever happens to the My Number card, the HPKI log-in stands: only that card is asked for again.
async function showRefusal(problem) {
  if (tooOld(problem)) return open("start"), showProblem(byId("start-problem"), problem);
  refused = problem.method ?? "mynumber";
  const goesOn = refused === "card" || (await resume());
  if (goesOn) open("card-error");
  showProblem(byId(goesOn ? "card-error" : "start-problem"), problem);
}

async function handOver() {
  const answer = await call("/api/handover", { code });
  // Without a connection the code is still good for a reload.
  if (answer.status !== 0) hideSecrets();
  if (!answer.ok) return showRefusal(answer.body);
  signedIn();
  return answer.body.method === "mynumber" ? showDone(answer.body) : resume();
}

function askUnlink() {
  byId("unlink-problem").hidden = true;
  open("unlink");
  byId("unlink-no").focus();
}

async function unlink() {
  const answer = await call("/api/mynumber/unlink", {});
  if (answer.ok) {
    if (answer.body.signed_out) forget();
    return open("unlinked");
  }
  if (answer.status === 401) return;  // the page has let go of the person
  // The page of phones has the buttons to prove it once more; here it is the HPKI card.
  if (tooOld(answer.body) && home === "now") return location.replace("/devices#step-up");
  if (tooOld(answer.body)) open("start");
  showProblem(byId(tooOld(answer.body) ? "start-problem" : "unlink-problem"), answer.body);
}

async function quit() {
  await logOut();
  location.replace("/");
}

function signedOut(problem) {
  const done = ["done", "unlinked"].includes(viewNow());
  open("start");
  if (problem && !done) showProblem(byId("start-problem"), problem);
}

async function main() {
  await startPage();
  document.title = text("m.title");
  await keepSession({ ask: () => call("/api/mynumber"), over: signedOut });
  onPress(byId("start-card"), () => toCard(byId("start-problem"), "card"));
  onPress(byId("retry"), () => toCard(byId("card-error"), refused));
  onPress(byId("link-mynumber"), () => toCard(byId("swap-problem"), "mynumber"));
  onPress(byId("now-card"), () => toCard(byId("now-problem"), "card"));
  for (const button of document.querySelectorAll(".unlink")) onPress(button, askUnlink);
  onPress(byId("unlink-no"), () => open(home));
  onPress(byId("unlink-yes"), unlink);
  for (const id of ["quit", "card-error-quit", "now-quit", "unlinked-end"]) onPress(byId(id), quit);
  return code ? handOver() : resume();
}

main();
