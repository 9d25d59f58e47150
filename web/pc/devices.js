// The page of a person's phones, on a PC after a card log-in or on one of the phones themselves.
import { byId, call, day, moment, onPress, passing, poll, say, show, showOffered, showProblem, startPage, twoDigits, viewNow } from "../shared/page.js";
import { forget, keepSession, logOut, signedIn } from "../shared/session.js";
import { signal, useFailure, useKey } from "../shared/key.js";
import { showPasses } from "../shared/passes.js";

let shown = "";    // what the list was made of
let busy = false;  // somebody is typing or deciding: the list stays as it is
let watching = false;

const ways = ["card", "mynumber", "bound-phone", "mailed", "portal", "registration-number"];
const kinds = ["credential_registered", "credential_renamed", "credential_removed", "credential_revoked", "credential_proven",
  "phone_login", "card_login", "mynumber_login", "mynumber_linked", "mynumber_replaced", "mynumber_unlinked"];
const byOperators = ["mynumber_linked", "mynumber_replaced", "mynumber_unlinked"];  // events that say so

// --- signing in --------------------------------------------------------------------------------------------------------

async function byCard(problemBox, method) {
  problemBox.hidden = true;
  sessionStorage.setItem("purpose", "devices");
  const answer = await call("/api/start", { purpose: "devices", method });
  if (answer.ok) return location.assign(answer.body.card_url);
  showProblem(problemBox, answer.body);
}

// Options are fetched ahead: some browsers open the prompt only straight after a tap.
let ready;
const prepare = () => (ready = { at: Date.now(), answer: call("/api/devices/login/options", {}) });

async function byPhone(problemBox) {
  problemBox.hidden = true;
  if (!ready || Date.now() - ready.at > 120_000) prepare();
  const options = await ready.answer;
  ready = null;
  if (!options.ok) return showProblem(problemBox, options.body);
  const started = performance.now();
  let made;
  try {
    made = await useKey(options.body.publicKey);
  } catch (error) {
    return showProblem(problemBox, { code: useFailure(error, performance.now() - started) });
  }
  const answer = await call("/api/devices/login", { credential: made });
  if (answer.ok) return signedIn(), load();
  signal(answer.body.signals);
  showProblem(problemBox, answer.body);
}

function signIn(problem) {
  show("sign-in");
  if (problem) showProblem(byId("sign-in-problem"), problem);
}

// --- the list ----------------------------------------------------------------------------------------------------------

async function load() {
  await poll(() => call("/api/devices"), (answer) => {
    if (answer.status === 401) signIn();
    else if (answer.ok) render(answer.body);
    else signIn(answer.body);
    return false;
  });
}

function render(body) {
  const { now, ...rest } = body;
  const parts = JSON.stringify(rest);
  if (viewNow() !== "list") show("list");
  if (busy || parts === shown) return watch(body.change);
  shown = parts;
  byId("step-up").hidden = true;
  byId("list-problem").hidden = true;
  byId("practitioner-id").textContent = body.practitioner_id;
  byId("name").textContent = body.name;
  const list = byId("devices");
  list.replaceChildren(...body.devices.map((device) => card(device, body)));
  byId("none").hidden = body.devices.length > 0;
  say(byId("room"), "dev.room", { count: body.devices.length, most: body.most_phones });
  renderChange(body);
  renderApprovals(body);
  byId("events").replaceChildren(...body.events.map((event) => entry(event, now)));
  signal(body.signals);
  showPasses(byId("passes"));
  watch(body.change);
}

function card(device, { now, devices, change }) {
  const item = byId("device-template").content.firstElementChild.cloneNode(true);
  const part = (name) => item.querySelector(`.${name}`);
  for (const each of item.querySelectorAll("[data-text]")) say(each, each.dataset.text);
  item.dataset.credentialId = device.credential_id;
  part("device-label").textContent = device.label;
  part("this-phone").hidden = !device.this_phone;
  part("stopped").hidden = !device.stopped;
  if (device.provider) part("device-provider").textContent = device.provider;
  else say(part("device-provider"), "dev.unknown");
  say(part("device-synced"), device.synced ? "dev.synced.yes" : "dev.synced.no");
  say(part("device-added"), "as.is", { text: () => day(device.added) });
  say(part("device-last-used"), lastUsed(device), { time: () => moment(device.last_used, now), place: device.last_used_at });
  say(part("device-way"), ways.includes(device.way) ? `dev.way.${device.way}` : "dev.unknown");
  item.classList.toggle("offered", change?.removable.includes(device.credential_id) ?? false);
  part("warn-last").hidden = devices.length > 1;
  part("warn-synced").hidden = !device.synced;
  part("warn-this").hidden = !device.this_phone;
  wire(item, device);
  return item;
}

function lastUsed(device) {
  if (!device.last_used) return "dev.never";
  return device.last_used_at ? "dev.used.at" : "dev.used.here";
}

// One phone's buttons: rename, and remove after a warning.
function wire(item, device) {
  const part = (name) => item.querySelector(`.${name}`);
  const open = (name) => {
    busy = Boolean(name);
    for (const each of ["actions", "rename-form", "remove-box"]) part(each).hidden = each !== (name || "actions");
  };
  const field = part("new-label");
  field.setAttribute("aria-label", device.label);
  onPress(part("rename"), () => { field.value = device.label; open("rename-form"); field.focus(); });
  onPress(part("remove"), () => { open("remove-box"); part("remove-cancel").focus(); });
  for (const name of ["rename-cancel", "remove-cancel"]) onPress(part(name), () => open(""));
  onPress(part("remove-ok"), () => remove(device, open));
  part("rename-form").addEventListener("submit", (event) => {
    event.preventDefault();
    rename(device, field, open);
  });
}

async function rename(device, field, open) {
  const answer = await call("/api/devices/rename", { credential_id: device.credential_id, label: field.value.trim() });
  field.setAttribute("aria-invalid", String(!answer.ok && !passing(answer)));
  if (!answer.ok) return refused(answer);
  open("");
  tell("dev.told.renamed", { label: answer.body.label });
  await load();
}

async function remove(device, open) {
  const answer = await call("/api/devices/remove", { credential_id: device.credential_id });
  if (!answer.ok) return refused(answer, open);
  signal(answer.body.signals);
  busy = false;
  if (answer.body.signed_out) return forget(), show("ended");
  tell("dev.told.removed", { label: device.label });
  await load();
}

function tell(key, values) {
  byId("told").hidden = false;
  say(byId("told"), key, values);
}

function refused(answer, open) {
  if (answer.status === 401) return signIn(answer.body);
  byId("step-up").hidden = answer.body.cause !== "devices_step_up_needed";
  if (!byId("step-up").hidden) prepare();
  open?.("");
  shown = "";
  byId("told").hidden = true;
  showProblem(byId("list-problem"), answer.body);
  byId("list-problem").scrollIntoView({ block: "center" });
}

// --- a change of phones ------------------------------------------------------------------------------------------------

function renderChange({ change }) {
  const going = change && ["registered", "done"].includes(change.state);
  byId("change").hidden = !going;
  if (!going) return;
  const step = !change.proven ? "wait" : change.already_bound ? "bound" : "proven";
  say(byId("change-title"), `dev.change.${step}`, { label: change.label });
  say(byId("change-text"), change.removable.length ? "dev.change.remove" : `dev.change.${step}.text`);
}

// --- new phones that ask this one ------------------------------------------------------------------------------------

function renderApprovals({ approvals, now }) {
  byId("approvals").hidden = approvals.length === 0;
  byId("approval-several").hidden = approvals.length < 2;
  say(byId("approval-several"), "approval.several", { count: approvals.length });
  byId("approval-by-phone").hidden = approvals.every((one) => one.by_this_session);
  byId("approval-list").replaceChildren(...approvals.map((one) => approvalEntry(one, now)));
}

function approvalEntry(one, now) {
  const item = byId("approval-template").content.firstElementChild.cloneNode(true);
  const part = (name) => item.querySelector(`.${name}`);
  for (const each of item.querySelectorAll("[data-text]")) say(each, each.dataset.text);
  item.dataset.ticket = one.ticket_id;
  part("approval-mark").textContent = one.mark;
  for (const name of ["device", "pc"]) {
    if (one[name]) part(`approval-${name}`).textContent = one[name];
    else say(part(`approval-${name}`), "dev.unknown");
  }
  say(part("approval-begun"), "as.is", { text: () => moment(one.begun_at, now) });
  const field = part("digits"), error = part("field-error");
  field.id = `approval-${one.ticket_id}`;
  error.id = `${field.id}-error`;
  field.setAttribute("aria-describedby", error.id);
  item.querySelector("label").htmlFor = field.id;
  part("approval-ask").hidden = part("approval-yes").hidden = !one.by_this_session;
  onPress(part("approval-no"), () => answerApproval(false, { ticket_id: one.ticket_id }));
  onPress(part("approval-yes"), () => approve(one.ticket_id, field, error));
  item.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  return item;
}

async function approve(ticket_id, field, error) {
  const number = twoDigits(field.value);
  field.setAttribute("aria-invalid", String(!number));
  say(error, number ? "as.is" : "approval.bad", { text: "" });
  if (!number) return field.focus();
  await answerApproval(true, { ticket_id, number });
}

// The answer names the ticket that it means: another one that waits is not touched.
async function answerApproval(yes, what) {
  const answer = await call(`/api/devices/${yes ? "approve" : "decline"}`, what);
  shown = "";
  await load();
  if (answer.ok) tell(`approval.told.${yes ? "yes" : "no"}`);
  else refused(answer);
}

// Until the new phone has proven itself, the page follows what it does.
function watch(change) {
  const open = change && !change.proven && ["registered", "done"].includes(change.state);
  if (!open || watching) return;
  watching = true;
  poll(() => call("/api/devices"), (answer) => {
    watching = false;
    if (answer.status === 401) signIn();
    else if (answer.ok) setTimeout(() => render(answer.body), 1500);
    return false;
  });
}

function entry({ at, kind, label, from, by }, now) {
  const item = document.createElement("li");
  const time = document.createElement("span");
  time.className = "small";
  say(time, "as.is", { text: () => moment(at, now) });
  const what = document.createElement("span");
  const whose = by === "operator" && byOperators.includes(kind) ? ".operator" : "";
  say(what, kinds.includes(kind) ? `dev.event.${kind}${whose}` : "dev.unknown", { label, from: from ?? "" });
  item.append(time, what);
  return item;
}

async function leave() {
  await logOut();
  location.replace("/");
}

// Whatever was open on the list is over with the session.
function signedOut(problem) {
  busy = false;
  shown = "";
  signIn(problem);
  prepare();
}

async function main() {
  await startPage();
  await keepSession({ ask: () => call("/api/devices"), over: signedOut });
  showOffered("sign-in-mynumber", "step-up-mynumber", "to-mynumber");
  for (const [step, problem] of [["sign-in", "sign-in-problem"], ["step-up", "list-problem"]]) {
    onPress(byId(`${step}-card`), () => byCard(byId(problem), "card"));
    onPress(byId(`${step}-mynumber`), () => byCard(byId(problem), "mynumber"));
    onPress(byId(`${step}-phone`), () => byPhone(byId(problem)));
  }
  onPress(byId("add"), () => location.assign("/enroll#new"));
  onPress(byId("leave"), leave);
  await load();
  if (viewNow() === "sign-in") prepare();
  if (location.hash !== "#step-up") return;
  history.replaceState(null, "", location.pathname);
  if (viewNow() === "list") refused({ status: 403, body: { code: "E-605", cause: "devices_step_up_needed" } });
}

main();
