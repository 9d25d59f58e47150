// The notice for browsers inside other apps: how to get out of there.
import { byId, onPress, say, show } from "./page.js";
import { isIos } from "./key.js";

export function showInApp() {
  say(byId("in-app-how"), isIos() ? "in_app.ios" : "in_app.android");
  const link = byId("in-app-open");
  // LINE leaves its own browser when the address asks for it.
  if (/\bLine\//i.test(navigator.userAgent)) {
    link.href = `${location.pathname}?openExternalBrowser=1${location.hash}`;
    link.hidden = false;
  }
  byId("in-app-address").value = location.href;
  onPress(byId("in-app-copy"), copyAddress);
  show("in-app");
}

async function copyAddress() {
  const field = byId("in-app-address");
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select();
    document.execCommand("copy");
  }
  say(byId("in-app-copied"), "in_app.copied");
}
