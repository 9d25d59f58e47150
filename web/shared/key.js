// The browser's key ceremonies, and the pages' one way to navigator.credentials: JSON in, JSON out, and what a failure
// means to a person.
import { creationOptions, credentialJson, requestOptions } from "./key_json.js";

// Fails with an error that has a name, whatever was thrown: extensions refuse with texts, too, or with nothing.
async function ask(method, publicKey) {
  if (!window.PublicKeyCredential || !navigator.credentials) throw new DOMException("no WebAuthn", "NotSupportedError");
  try {
    return await navigator.credentials[method]({ publicKey });
  } catch (error) {
    throw Object.assign(new Error(), { name: String(error?.name ?? typeof error) });
  }
}

export const createKey = async (json) =>
  credentialJson(await ask("create", creationOptions(json)), ["clientDataJSON", "attestationObject"]);
export const useKey = async (json) =>
  credentialJson(await ask("get", requestOptions(json)), ["clientDataJSON", "authenticatorData", "signature"]);

export const isIos = () => /iPhone|iPad|iPod/.test(navigator.userAgent) ||
  (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
export const noLockCode = () => (isIos() ? "E-302" : "E-301");

// Only the time since the call tells a cancelled prompt from one that never came or ran out.
function notAllowed(ms, [absent, cancelled, late]) {
  if (ms < 1000) return absent;
  return ms <= 30_000 ? cancelled : late;
}

const creationFailures = { InvalidStateError: "E-304", AbortError: "E-306", SecurityError: "E-311", NotSupportedError: "E-312",
  UnknownError: "E-303", NotReadableError: "E-303", OperationError: "E-303", Unreadable: "E-313" };

export function creationFailure(error, ms) {
  if (error.name === "NotAllowedError") return notAllowed(ms, ["E-305", "E-306", "E-307"]);
  if (error.name === "ConstraintError") return noLockCode();
  return creationFailures[error.name] ?? "E-305";
}

export function useFailure(error, ms) {
  if (error.name === "NotAllowedError") return notAllowed(ms, ["E-411", "E-412", "E-413"]);
  return { AbortError: "E-412", SecurityError: "E-311", NotSupportedError: "E-414", Unreadable: "E-417" }[error.name] ?? "E-411";
}

// Browsers inside other apps cannot make keys, and their cookies are lost.
const inAppAgents = new RegExp(["\\bLine/", "Instagram", "FBAN|FBAV|FB_IAB", "YJApp|YahooMobile|Yahoo!", "\\bGSA/", "Gmail",
  "MicroMessenger", "Twitter", "TikTok|musical_ly|Bytedance", "KAKAOTALK", "Snapchat", "Pinterest", "LinkedInApp",
  "Slack", "Teams/", "; wv\\)"].join("|"), "i");
export function insideAnotherApp() {
  const agent = navigator.userAgent;
  const bareIos = /iPhone|iPad|iPod/.test(agent) && !/Safari\//.test(agent);
  return inAppAgents.test(agent) || bareIos;
}

// A class that an extension put in place of the browser's may not know: then the ceremony itself tells.
async function hasLock() {
  if (!PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable) return true;
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
}

// "", "in-app", or the code of what this phone lacks.
export async function whatIsMissing() {
  if (insideAnotherApp()) return "in-app";
  if (!window.PublicKeyCredential || !navigator.credentials?.create) return "E-312";
  return (await hasLock()) ? "" : noLockCode();
}

// What the server says about the person's passkeys, to browsers that listen: which are good, how the person is called,
// which one is good for nothing any more. Nobody answers, and nothing depends on it.
export async function signal({ accepted, details, unknown } = {}) {
  const tell = async (method, what) => {
    if (!what || !window.PublicKeyCredential?.[method]) return;
    try {
      await PublicKeyCredential[method](what);
    } catch {
      // An old one, or an extension's.
    }
  };
  await tell("signalUnknownCredential", unknown);
  await tell("signalAllAcceptedCredentials", accepted);
  await tell("signalCurrentUserDetails", details);
}
