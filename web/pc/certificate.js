// The file of a facility's certificate, fetched once. Opening the link takes nothing: the button does.
import { hideSecrets, secret } from "../shared/fragment.js";
import { byId, call, onPress, show, showProblem, startPage } from "../shared/page.js";

const token = secret("t") ?? "";
hideSecrets("t");
let taken;

function save() {
  const bytes = Uint8Array.from(atob(taken.file), (letter) => letter.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/x-pkcs12" }));
  link.download = taken.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

onPress(byId("take"), async () => {
  byId("problem").hidden = true;
  const answer = await call("/api/certificate", { token });
  if (!answer.ok) return showProblem(byId("problem"), answer.body);
  hideSecrets();
  taken = answer.body;
  byId("name").textContent = taken.name;
  byId("thumbprint").textContent = taken.thumbprint.match(/.{1,8}/g).join(" ");
  show("done");
  save();
});
onPress(byId("again"), async () => save());

await startPage();
show("start");
