// Where a person's signature can be used now, and the end of each by one tap. The list is made again after every tap.
import { call, moment, onPress, say, showProblem } from "./page.js";

// `proof` names the request that this phone approved; empty for the session of the page of phones. `ended` hears which
// entry has ended.
export async function showPasses(box, proof = {}, ended = () => {}) {
  const part = (name) => box.querySelector(`#passes-${name}`);
  const answer = await call("/api/activation/passes", proof);
  if (!answer.ok) return;
  const { passes, now } = answer.body;
  part("none").hidden = passes.length > 0;
  part("list").replaceChildren(...passes.map((pass) => entry(pass, now, async () => {
    const stopped = await call("/api/activation/end_pass", { ...proof, pass: pass.pass });
    part("problem").hidden = true;
    if (stopped.ok) ended(pass);
    else showProblem(part("problem"), stopped.body);
    await showPasses(box, proof, ended);
  })));
  box.hidden = false;
}

function line(tag, key, values) {
  const made = document.createElement(tag);
  if (values === undefined) made.textContent = key;
  else say(made, key, values);
  return made;
}

function entry(pass, now, end) {
  const item = document.createElement("li");
  item.className = "box pass";
  item.dataset.testid = "pass";
  item.dataset.pass = pass.pass;
  const name = line("h3", pass.facility_name);
  name.dataset.testid = "pass-facility";
  name.id = `pass-${pass.pass}`;
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.testid = "pass-end";
  button.setAttribute("aria-describedby", name.id);
  say(button, "d.passes.end");
  onPress(button, end);
  const times = [line("span", "d.passes.since", { since: () => moment(pass.since, now) }), " ",
    line("span", "d.passes.until", { until: () => moment(pass.until, now) })];
  const when = document.createElement("p");
  when.append(...times);
  item.append(name, ...(pass.terminal_name ? [line("p", pass.terminal_name)] : []), when,
    ...(pass.here ? [line("p", "d.passes.this", {})] : []), button);
  return item;
}
