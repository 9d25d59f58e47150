// The parties of a soak: those of the sandbox, and a second signature service that proves itself by a key.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { operateBeside } from '../support/operator.mjs';
import { jwtBearer, ok } from '../interop/negatives/client.mjs';
import { Desk } from '../interop/negatives/desk.mjs';

const byKey = 'signature-service-key', kid = 'soak';

export class SoakDesk extends Desk {
  doctor = { id: undefined };  // everybody names himself

  // Parties with a certificate are there from the beginning.
  async joinService() {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.serviceKey = pair.privateKey;
    const file = path.join(this.sandbox.dir, 'service-keys.json');
    writeFileSync(file, JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }] }));
    const done = await operateBeside(this.sandbox, 'facility', 'client', 'add', byKey, '--signature-service', '--audience', this.audience,
      '--auth-method', 'private_key_jwt', '--jwks', file);
    if (!done.ok) throw new Error(`facility client add: ${JSON.stringify(done)}`);
    this.join('service by key', { client_id: byKey });
    this.parties['service by key'].origin = this.issuer;
  }

  // Introspected by a service that proves itself by its `certificate` or by an `assertion`.
  async isActive(token, how) {
    if (how === 'certificate') return ok(await this.introspect(token)).active;
    const assertion = await this.assertion({ iss: byKey, sub: byKey }, { kid }, this.serviceKey);
    return ok(await this.introspect(token, { client_assertion: assertion, client_assertion_type: jwtBearer }, { as: 'service by key' })).active;
  }
}
