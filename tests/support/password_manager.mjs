// A password manager as pages meet it: an extension that puts itself before navigator.credentials, and answers with an object
// of its own in place of the browser's. Behind it is the phone's real passkey.

// What it answers with; `passwordManager` makes them.
export const readable = ['own object of the class', 'proxy that hands on', 'frozen, toJSON says {}', 'toJSON says half',
  'members missing', 'buffers of another realm', 'views into a larger buffer', 'bytes as messages carry them', 'base64 texts',
  'getters that throw'];
export const unreadable = ['bare proxy', 'nothing', 'no bytes in it'];
// It refuses, and throws no error.
export const refusing = ['a text thrown', 'nothing thrown'];

// Runs before a page's own scripts. `window.manager.shape` says what the next answer looks like; "" is the browser's own.
export function passwordManager(shape) {
  const fail = () => { throw new TypeError('Illegal invocation'); };
  const throwing = (...names) => Object.fromEntries(names.map((name) => [name, { get: fail, enumerable: true }]));
  const list = (buffer) => [...new Uint8Array(buffer)];
  const base64 = (buffer) => btoa(String.fromCharCode(...list(buffer)));

  // Everything that a page may ask for but toJSON, each buffer as `as` makes it.
  function copy(made, as = (buffer) => buffer) {
    const response = {};
    for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
      if (made.response[name]) response[name] = as(made.response[name]);
    }
    if (made.response.getTransports) response.getTransports = () => made.response.getTransports();
    return { id: made.id, rawId: as(made.rawId), type: made.type, authenticatorAttachment: made.authenticatorAttachment, response,
      getClientExtensionResults: () => made.getClientExtensionResults() };
  }

  function inOtherRealm(buffer) {
    const frame = document.body.appendChild(document.createElement('iframe'));
    const { ArrayBuffer: Other, Uint8Array: View } = frame.contentWindow;
    const there = new Other(buffer.byteLength);
    new View(there).set(list(buffer));
    if (there instanceof ArrayBuffer) throw new Error('the realm of this page');
    return there;
  }

  function inLargerBuffer(buffer) {
    const larger = new Uint8Array(buffer.byteLength + 16).fill(7);
    larger.set(list(buffer), 5);
    return new DataView(larger.buffer, 5, buffer.byteLength);
  }

  const handsOn = { get: (target, name) => (name === 'response' ? new Proxy(target.response, handsOn) : target[name]) };
  const shapes = {
    '': (made) => made,
    // toJSON and getTransports are those of the classes, and throw on an object that the browser has not made.
    'own object of the class': (made) => {
      const object = copy(made);
      delete object.response.getTransports;
      Object.setPrototypeOf(object.response, Object.getPrototypeOf(made.response));
      return Object.setPrototypeOf(object, PublicKeyCredential.prototype);
    },
    'proxy that hands on': (made) => new Proxy(made, handsOn),
    'frozen, toJSON says {}': (made) => {
      const object = copy(made);
      Object.freeze(object.response);
      return Object.freeze({ ...object, toJSON: () => ({}) });
    },
    'toJSON says half': (made) => {
      const object = { ...copy(made), toJSON: () => ({ id: made.id, type: made.type, response: { attestationObject: null } }) };
      object.response.getTransports = fail;
      return object;
    },
    'members missing': (made) => {
      const { rawId, response: { getTransports, ...response } } = copy(made);
      return { rawId, response };
    },
    'buffers of another realm': (made) => ({ ...copy(made, inOtherRealm), toJSON: fail }),
    'views into a larger buffer': (made) => copy(made, inLargerBuffer),
    'bytes as messages carry them': (made) => {
      const object = copy(made, (buffer) => Object.assign({}, list(buffer)));
      object.response.clientDataJSON = { type: 'Buffer', data: list(made.response.clientDataJSON) };
      return { ...object, rawId: list(made.rawId), id: crypto.randomUUID() };
    },
    'base64 texts': (made) => copy(made, base64),
    'getters that throw': (made) => {
      const { id, rawId, response: { getTransports, ...response } } = copy(made);
      return Object.defineProperties({ id, rawId, response: Object.defineProperties(response, throwing('getTransports')) },
        throwing('toJSON', 'type', 'authenticatorAttachment', 'getClientExtensionResults'));
    },
    'no user handle': (made) => {
      const object = copy(made);
      object.response.userHandle = null;
      return object;
    },
    'toJSON alone': (made) => Object.defineProperties({ toJSON: () => made.toJSON() },
      throwing('id', 'rawId', 'type', 'response', 'authenticatorAttachment', 'getClientExtensionResults')),
    // Each getter of the browser is asked for the proxy, which it does not know.
    'bare proxy': (made) => new Proxy(made, {}),
    nothing: () => null,
    'no bytes in it': (made) => copy(made, () => ({})),
  };

  window.manager = { shape };
  for (const call of ['create', 'get']) {
    navigator.credentials[call] = async function (options) {
      const { shape: asked } = window.manager;
      if (asked === 'a text thrown') throw 'cancelled';
      if (asked === 'nothing thrown') throw undefined;
      const made = await CredentialsContainer.prototype[call].call(this, options);
      return shapes[asked](made);
    };
  }
}

// The browser's class, replaced by one whose ways from JSON throw, or which lacks them and says nothing of the screen lock.
export function replacedClass(lacking) {
  const own = window.PublicKeyCredential;
  window.PublicKeyCredential = class extends own {
    static parseCreationOptionsFromJSON() { throw new TypeError('Illegal invocation'); }
    static parseRequestOptionsFromJSON() { throw new TypeError('Illegal invocation'); }
  };
  if (!lacking) return;
  for (const name of ['parseCreationOptionsFromJSON', 'parseRequestOptionsFromJSON', 'isUserVerifyingPlatformAuthenticatorAvailable']) {
    Object.defineProperty(window.PublicKeyCredential, name, { value: undefined });
  }
}
