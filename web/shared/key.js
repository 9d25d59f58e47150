// The browser's key ceremonies: JSON in, JSON out, and what a failure means to a person.

const toBytes = (value) => {
  const padded = value.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(value.length / 4) * 4, "=");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
};
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withBytes = (list) => (list ?? []).map((each) => ({ ...each, id: toBytes(each.id) }));

function creationOptions(json) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  return { ...json, challenge: toBytes(json.challenge), user: { ...json.user, id: toBytes(json.user.id) },
    excludeCredentials: withBytes(json.excludeCredentials) };
}

function requestOptions(json) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return { ...json, challenge: toBytes(json.challenge), allowCredentials: withBytes(json.allowCredentials) };
}

function toJson(made) {
  if (made.toJSON) return made.toJSON();
  const { response } = made;
  const fields = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const encoded = Object.fromEntries(fields.filter((name) => response[name]).map((name) => [name, toText(response[name])]));
  if (response.getTransports) encoded.transports = response.getTransports();
  return { id: made.id, rawId: toText(made.rawId), type: made.type, response: encoded,
    authenticatorAttachment: made.authenticatorAttachment ?? undefined, clientExtensionResults: made.getClientExtensionResults() };
}

function needKeys() {
  if (!window.PublicKeyCredential || !navigator.credentials) throw new DOMException("no WebAuthn", "NotSupportedError");
}

export async function createKey(json) {
  needKeys();
  return toJson(await navigator.credentials.create({ publicKey: creationOptions(json) }));
}

export async function useKey(json) {
  needKeys();
  return toJson(await navigator.credentials.get({ publicKey: requestOptions(json) }));
}

export const isIos = () => /iPhone|iPad|iPod/.test(navigator.userAgent) ||
  (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
export const noLockCode = () => (isIos() ? "E-302" : "E-301");

// Only the time since the call tells a cancelled prompt from one that never came or ran out.
function notAllowed(ms, [absent, cancelled, late]) {
  if (ms < 1000) return absent;
  return ms <= 30_000 ? cancelled : late;
}

const creationFailures = { InvalidStateError: "E-304", AbortError: "E-306", SecurityError: "E-311", NotSupportedError: "E-312",
  UnknownError: "E-303", NotReadableError: "E-303", OperationError: "E-303" };

export function creationFailure(error, ms) {
  if (error.name === "NotAllowedError") return notAllowed(ms, ["E-305", "E-306", "E-307"]);
  if (error.name === "ConstraintError") return noLockCode();
  return creationFailures[error.name] ?? "E-305";
}

export function useFailure(error, ms) {
  if (error.name === "NotAllowedError") return notAllowed(ms, ["E-411", "E-412", "E-413"]);
  return { AbortError: "E-412", SecurityError: "E-311", NotSupportedError: "E-414" }[error.name] ?? "E-411";
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

// "", "in-app", or the code of what this phone lacks.
export async function whatIsMissing() {
  if (insideAnotherApp()) return "in-app";
  if (!window.PublicKeyCredential || !navigator.credentials?.create) return "E-312";
  const there = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);
  return there ? "" : noLockCode();
}

// What the server says about the person's passkeys, to browsers that listen: which are good, how the person is called,
// which one is good for nothing any more. Nobody answers, and nothing depends on it.
export async function signal({ accepted, details, unknown } = {}) {
  const tell = async (method, what) => {
    if (what && window.PublicKeyCredential?.[method]) await PublicKeyCredential[method](what).catch(() => {});
  };
  await tell("signalUnknownCredential", unknown);
  await tell("signalAllAcceptedCredentials", accepted);
  await tell("signalCurrentUserDetails", details);
}
