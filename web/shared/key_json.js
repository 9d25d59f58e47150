// WebAuthn's JSON (Level 3, section 5.1) for navigator.credentials, which takes and gives bytes. By hand, in every browser:
// extensions that keep passkeys replace the browser's credential by an object of their own. On it toJSON and getTransports
// throw, are missing, or answer {}. It may be a proxy, frozen, of another realm, or lack members.

const attempt = (action) => {
  try {
    return action();
  } catch {
    return undefined;
  }
};

// --- options, as the server makes them: no extension that is asked for carries bytes ----------------------------------

const toBuffer = (text) => {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0)).buffer;
};
const withBuffers = (list) => (list ?? []).map((each) => ({ ...each, id: toBuffer(each.id) }));

export const creationOptions = (json) => ({ ...json, challenge: toBuffer(json.challenge),
  user: { ...json.user, id: toBuffer(json.user.id) }, excludeCredentials: withBuffers(json.excludeCredentials) });
export const requestOptions = (json) => ({ ...json, challenge: toBuffer(json.challenge),
  allowCredentials: withBuffers(json.allowCredentials) });

// --- what came back ----------------------------------------------------------------------------------------------------

// No `instanceof`: a buffer that an extension made has the class of another realm. Messages between its scripts turn
// bytes into [1, 2], {0: 1, 1: 2} or {type: "Buffer", data: [1, 2]}.
function bytesOf(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") return new Uint8Array(value);
  const list = Object.values(value.data ?? value);
  if (!list.every((each) => Number.isInteger(each) && each >= 0 && each < 256)) throw new TypeError("no bytes");
  return list;
}

// Bytes, or text that is base64 already, as base64url. Undefined for anything else, and for none.
function toText(value) {
  const text = typeof value === "string" ? value : btoa(Array.from(bytesOf(value), (each) => String.fromCharCode(each)).join(""));
  const plain = text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return /^[\w-]+$/.test(plain) ? plain : undefined;
}

const onlyText = (value) => (typeof value === "string" ? value : undefined);

function onlyObject(value) {
  const copy = JSON.parse(JSON.stringify(value));
  return copy && typeof copy === "object" && !Array.isArray(copy) ? copy : undefined;
}

// Those members of RegistrationResponseJSON or AuthenticationResponseJSON that the server reads. `needed`: what the response
// must have. Each member is read by itself, from the object, else from what its toJSON says.
// Throws an error named Unreadable where neither has the ID, or one of `needed`.
export function credentialJson(made, needed) {
  const sources = [made, attempt(() => made.toJSON())];
  const first = (read) => sources.map((source) => attempt(() => read(source))).find((value) => value !== undefined);
  const id = first((source) => toText(source.rawId)) ?? first((source) => toText(source.id));
  const response = Object.fromEntries([...needed, "userHandle"].map((name) => [name, first((source) => toText(source.response[name]))]));
  const missing = id ? needed.find((name) => !response[name]) : "id";
  if (missing) throw Object.assign(new Error(missing), { name: "Unreadable" });
  response.transports = first(({ response: from }) =>
    Array.from(from.getTransports ? from.getTransports() : from.transports).filter(onlyText));
  return { id, rawId: id, type: first((source) => onlyText(source.type)) ?? "public-key", response,
    authenticatorAttachment: first((source) => onlyText(source.authenticatorAttachment)),
    clientExtensionResults: first((source) =>
      onlyObject(source.getClientExtensionResults ? source.getClientExtensionResults() : source.clientExtensionResults)) ?? {} };
}
