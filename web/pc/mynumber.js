// Linking a My Number card: the HPKI card says who it is, then the cards are swapped.
import { byId, call, day, onPress, say, show, showProblem, startPage, text, viewNow } from "../shared/page.js";
import { hideSecrets, secret } from "../shared/fragment.js";
import { holdFor, keepSession, logOut, signedIn } from "../shared/session.js";

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
  // The HPKI log-in has ended meanwhile: from the start.
  if (answer.status === 401) open("start");
  showProblem(answer.status === 401 ? byId("start-problem") : problemBox, answer.body);
}

function showPerson({ practitioner_id: id, name, mynumber }) {
  byId("practitioner-id").textContent = id;
  byId("name").textContent = name;
  say(byId("mynumber-now"), `m.state.${mynumber?.state ?? "none"}`, { until: () => (mynumber?.not_after ? day(mynumber.not_after) : "") });
  open("swap");
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

async function quit() {
  await logOut();
  location.replace("/");
}

function signedOut(problem) {
  const done = viewNow() === "done";
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
  for (const id of ["quit", "card-error-quit"]) onPress(byId(id), quit);
  return code ? handOver() : resume();
}

main();
