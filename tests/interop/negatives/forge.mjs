// Tokens that no library would make.
import { createHmac, createSign, sign } from 'node:crypto';

export const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

// header.payload.signature, the signature being what it is said to be.
export const compact = (header, claims, signature = '') =>
  `${part(header)}.${part(claims)}.${Buffer.isBuffer(signature) ? signature.toString('base64url') : signature}`;

// "Signed" with what everybody knows, such as the text of a public key.
export function byHmac(header, claims, key) {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

// A right signature in the wrong coat: ASN.1 instead of the two numbers side by side.
export function byDer(header, claims, key) {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createSign('sha256').update(text).sign(key).toString('base64url')}`;
}

export function byKey(header, claims, key) {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

// The same token with other claims under the old signature.
export function altered(token, changes) {
  const [header, payload, signature] = token.split('.');
  return [header, part({ ...JSON.parse(Buffer.from(payload, 'base64url')), ...changes }), signature].join('.');
}
export const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
