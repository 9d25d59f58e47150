// A sample person with a session at the PC and a phone that is bound, by the calls that the pages make.
import assert from 'node:assert/strict';
import { Authenticator } from './authenticator.mjs';
import { Browser } from './sandbox.mjs';

const ok = ({ status, body }, expected = 200) => {
  assert.equal(status, expected, JSON.stringify(body));
  return body;
};

// `index`: which of the sample cards.
export async function bindPhone(sandbox, index = 0) {
  const pc = new Browser(sandbox), phone = new Browser(sandbox), authenticator = new Authenticator(sandbox.public_origin);
  const card = sandbox.card('good', 'hpki-auth', index);
  const session = ok(await pc.logIn(card));
  const ticket = /#t=(.+)$/.exec(ok(await pc.call('POST', '/api/enrollment', {}), 201).url)[1];
  const { match_number: number } = ok(await phone.call('POST', '/api/phone/claim', { ticket, platform_authenticator: true, touch_points: 5 }));
  ok(await pc.call('POST', '/api/enrollment/confirm', { number }));
  const { publicKey } = ok(await phone.call('POST', '/api/phone/options', { ticket }));
  const credential = authenticator.create(publicKey);
  ok(await phone.call('POST', '/api/phone/register', { ticket, credential }));
  ok(await phone.call('POST', '/api/phone/label', { ticket }));
  return { person: session.practitioner_id, card, pc, phone, authenticator, id: credential.id };
}
