// The demo record system: three ways to ask for a pass, what came of it, and the pass in use.
import { byId, call, countDown, moment, onPress, passing, poll, say, show, showProblem, sleep, startPage, text } from "../shared/page.js";

const kept = (name, make) => sessionStorage.getItem(name) ?? (sessionStorage.setItem(name, make()), sessionStorage.getItem(name));
const terminal = kept("terminal", () => crypto.randomUUID());  // of this tab
let current;  // id of the request that this page waits for, or whose pass it shows

function showState(state) {
  byId("state").dataset.state = state;
  byId("state").hidden = false;
  say(byId("state"), `ehr.state.${state}`);
}

function troubled(answer) {
  showProblem(byId("problem"), answer.body);
}

function begin() {
  current = undefined;
  byId("check-result").hidden = true;
  show("ask");
}

async function ask(way) {
  byId("problem").hidden = true;
  const person = byId("person").value;
  say(byId("person-error"), way === "ciba" && !person ? "ehr.ciba.person" : "");
  if (way === "ciba" && !person) return byId("person").focus();
  const answer = await call("/api/ask", { way, client_id: byId("facility").value, practitioner_id: person, terminal_id: terminal });
  if (!answer.ok) return troubled(answer);
  if (way !== "authorize") return wait(answer.body);
  // The browser that comes back must be the one that left.
  sessionStorage.setItem("left", answer.body.id);
  showState("redirected");
  location.assign(answer.body.location);
}

function orHidden(name, value) {
  for (const part of [name, `${name}-name`]) byId(part).hidden = !value;
  byId(name).textContent = value ?? "";
}

async function wait(request) {
  current = request.id;
  byId("waiting-facility").textContent = byId("facility").selectedOptions[0].textContent;
  byId("number").textContent = request.number;
  orHidden("code", request.user_code);
  orHidden("message", request.binding_message);
  byId("qr").src = `data:image/svg+xml,${encodeURIComponent(request.qr_svg)}`;
  byId("link").href = request.verification_uri_complete ?? request.deep_link;
  const now = new Date();
  countDown(byId("time-left"), { now: now.toISOString(), expires_at: new Date(now.getTime() + request.expires_in * 1000).toISOString() });
  showState("waiting");
  show("waiting");
  await sleep(request.interval * 1000);
  let every = request.interval * 1000;
  await poll(() => call("/api/poll", { id: request.id }), async (answer) => {
    if (current !== request.id) return false;
    if (answer.body.error === "slow_down") await sleep(every += 5000);  // RFC 8628 section 3.5
    return !settle(answer);
  }, every);
}

// Whether it is over, one way or the other.
function settle(answer) {
  if (answer.ok && answer.body.state === "waiting") return false;
  showState(answer.ok ? answer.body.state : "failed");
  if (answer.ok && answer.body.state === "approved") showPass(answer.body);
  else {
    if (!answer.ok) troubled(answer);
    begin();
  }
  return true;
}

function showPass({ claims, facility_name: facility }) {
  byId("pass-facility").textContent = facility;
  byId("pass-person").textContent = claims.sub;
  say(byId("pass-role"), "as.is", { text: () => claims.hpki_role.map((role) => text(`d.role.${role}`) || role).join("・") });
  say(byId("pass-until"), "as.is", { text: () => moment(new Date(claims.exp * 1000).toISOString()) });
  byId("claims").textContent = JSON.stringify(claims, null, 2);
  byId("check-result").hidden = true;
  show("pass");
}

async function check() {
  const answer = await call("/api/check", { id: current });
  if (!answer.ok) return troubled(answer);
  const accepted = answer.body.status === 200;
  byId("check-result").dataset.accepted = accepted;
  say(byId("check-result"), accepted ? "ehr.check.accepted" : "ehr.check.refused", { status: answer.body.status });
  byId("check-result").hidden = false;
}

async function end() {
  const answer = await call("/api/end", { id: current });
  if (!answer.ok) return troubled(answer);
  byId("check-result").hidden = true;
  showState("ended");
}

async function cancel() {
  const stopped = current;
  showState("none");
  begin();
  await call("/api/end", { id: stopped });
}

// Back from /authorize with a code, or with the news that there is none.
async function comeBack(answer) {
  const left = sessionStorage.getItem("left");
  sessionStorage.removeItem("left");
  history.replaceState(null, "", "/");
  if (!left || answer.get("state") !== left) return showState("failed"), begin();
  if (!answer.get("code")) return showState(answer.get("error") === "access_denied" ? "declined" : "failed"), begin();
  current = left;
  // A code is good once: it is sent again only where nothing came back.
  for (;;) {
    const got = await call("/api/poll", { id: left, code: answer.get("code"), iss: answer.get("iss") });
    if (!passing(got) && got.body.state !== "waiting") return settle(got);
    await sleep(1000);
  }
}

async function main() {
  await startPage({ words: "ehr" });
  const { body } = await call("/api/parties");
  for (const each of body.facilities) byId("facility").add(new Option(each.name, each.client_id));
  for (const each of body.people) byId("person").add(new Option(`${each.name}（${each.practitioner_id}）`, each.practitioner_id));
  for (const button of document.querySelectorAll("[data-way]")) onPress(button, () => ask(button.dataset.way));
  for (const [name, action] of Object.entries({ check, end, cancel })) onPress(byId(name), action);
  onPress(byId("again"), () => { showState("none"); begin(); });
  showState("none");
  if (location.pathname === "/callback") return comeBack(new URLSearchParams(location.search));
  begin();
}

main();
