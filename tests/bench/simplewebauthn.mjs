// The same ceremonies through @simplewebauthn/server: "name<TAB>per second", one line each.
import { readFileSync } from 'node:fs';
import { SettingsService, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';

const { origin, rp_id, ceremonies } = JSON.parse(readFileSync(process.argv[2]));
const seconds = 1.5;

const pem = (der) => `-----BEGIN CERTIFICATE-----\n${Buffer.from(der, 'base64url').toString('base64').match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`;

function register(ceremony) {
  SettingsService.setRootCertificates({ identifier: 'packed', certificates: ceremony.anchor ? [pem(ceremony.anchor)] : [] });
  return () => verifyRegistrationResponse({
    response: ceremony.response, expectedChallenge: ceremony.challenge, expectedOrigin: origin, expectedRPID: rp_id,
    requireUserVerification: true, supportedAlgorithmIDs: [-7],
  });
}

function authenticate(ceremony) {
  const publicKey = new Uint8Array(Buffer.from(ceremony.public_key, 'base64url'));
  return () => verifyAuthenticationResponse({
    response: ceremony.response, expectedChallenge: ceremony.challenge, expectedOrigin: origin, expectedRPID: rp_id,
    credential: { id: ceremony.response.id, publicKey, counter: 0 }, requireUserVerification: true,
  });
}

for (const ceremony of ceremonies) {
  const once = ceremony.public_key ? authenticate(ceremony) : register(ceremony);
  for (let i = 0; i < 200; i++) {
    const { verified } = await once();
    if (!verified) throw new Error(`${ceremony.name}: not verified`);
  }
  const start = process.hrtime.bigint();
  let done = 0;
  while (Number(process.hrtime.bigint() - start) < seconds * 1e9) {
    for (let i = 0; i < 50; i++) await once();
    done += 50;
  }
  console.log(`${ceremony.name}\t${(done / (Number(process.hrtime.bigint() - start) / 1e9)).toFixed(1)}`);
}
