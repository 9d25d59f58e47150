// A second software authenticator, written apart from the one in C++: ES256, attestation "none", discoverable.
// Two that agree by accident are less likely than one that agrees with itself.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const sha256 = (data) => createHash('sha256').update(data).digest();
const b64u = (data) => Buffer.from(data).toString('base64url');

// The few shapes of CBOR that an attestation object needs, in canonical form.
function head(major, value) {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 256) return Buffer.from([(major << 5) | 24, value]);
  return Buffer.from([(major << 5) | 25, value >> 8, value & 255]);
}
const integer = (value) => (value >= 0 ? head(0, value) : head(1, -1 - value));
const bytes = (data) => Buffer.concat([head(2, data.length), data]);
const text = (value) => Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
const map = (...pairs) => Buffer.concat([head(5, pairs.length), ...pairs.flat()]);

export class Authenticator {
  constructor(origin) {
    this.origin = origin;
    this.credentials = [];
  }

  create(options) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const credential = { id: randomBytes(32), privateKey, userHandle: options.user.id, rpId: options.rp.id, count: 0 };
    const cose = map([integer(1), integer(2)], [integer(3), integer(-7)], [integer(-1), integer(1)],
      [integer(-2), bytes(Buffer.from(jwk.x, 'base64url'))], [integer(-3), bytes(Buffer.from(jwk.y, 'base64url'))]);
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([credential.id.length >> 8, credential.id.length & 255]), credential.id, cose]);
    const authData = Buffer.concat([this.#authenticatorData(credential, 0x45), attested]);
    this.credentials.push(credential);
    return {
      id: b64u(credential.id), rawId: b64u(credential.id), type: 'public-key', authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: b64u(this.#clientData('webauthn.create', options.challenge)),
        attestationObject: b64u(map([text('fmt'), text('none')], [text('attStmt'), map()], [text('authData'), bytes(authData)])),
        transports: ['internal'],
      },
    };
  }

  get(options, credential = this.credentials.at(-1)) {
    credential.count += 1;
    const authData = this.#authenticatorData(credential, 0x05);
    const clientData = this.#clientData('webauthn.get', options.challenge);
    return {
      id: b64u(credential.id), rawId: b64u(credential.id), type: 'public-key', authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: b64u(clientData),
        authenticatorData: b64u(authData),
        signature: b64u(sign('sha256', Buffer.concat([authData, sha256(clientData)]), credential.privateKey)),
        userHandle: credential.userHandle,
      },
    };
  }

  #authenticatorData(credential, flags) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(credential.count);
    return Buffer.concat([sha256(credential.rpId), Buffer.from([flags]), count]);
  }

  #clientData(type, challenge) {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
  }
}
