// Lessons of advisories about signed tokens: what once passed for a client's assertion, a DPoP proof, or a pass.
import * as jose from 'jose';
import { jwtBearer, secret } from './client.mjs';
import { altered, byDer, byHmac, claimsOf, compact, part } from './forge.mjs';

const refused = (detail) => [401, 'invalid_client', { cause: 'activation_assertion_refused', detail }];
const seconds = (away) => Math.floor(Date.now() / 1000) + away;
const claims = (x, changes) => ({ iss: x.parties.key.client_id, sub: x.parties.key.client_id, aud: x.issuer, jti: secret(), iat: seconds(0), exp: seconds(60), ...changes });
const asserted = (x, client_assertion) => x.par({ client_assertion });
const changed = async (x, changes, head) => asserted(x, await x.assertion(changes, head));
const ownKey = async (x, head) => asserted(x, await x.assertion({}, head, (await x.stranger).privateKey));
const jwkOf = async (pair) => jose.exportJWK((await pair).publicKey);

const proofRefused = (detail) => [400, 'invalid_dpop_proof', { cause: 'activation_dpop_refused', detail }];
const proofClaims = (x) => ({ jti: secret(), htm: 'POST', htu: `${x.issuer}/token`, iat: seconds(0) });
const proven = (x, proof) => x.redeem(secret(), {}, { proof });

const inactive = [200, null, { body: { active: false } }];
const forged = async (x, make) => x.introspect(make(await x.pass()));

export default { plan: 'advisories: signed tokens', rows: [
  ['client assertion', 'alg none', (x) => asserted(x, compact({ alg: 'none' }, claims(x))), refused('jws')],
  ['client assertion', 'alg nOnE', (x) => asserted(x, compact({ alg: 'nOnE' }, claims(x), 'AA')), refused('jws_algorithm')],
  ['client assertion', 'HS256 with the public key in PEM', (x) => asserted(x, byHmac({ alg: 'HS256', kid: x.key.kid }, claims(x), x.publicPem())), refused('jws_algorithm')],
  ['client assertion', 'HS256 with the public key as JWK', (x) => asserted(x, byHmac({ alg: 'HS256', kid: x.key.kid }, claims(x), JSON.stringify(x.key.jwk))), refused('jws_algorithm')],
  ['client assertion', 'HS256 with nothing', (x) => asserted(x, byHmac({ alg: 'HS256' }, claims(x), '')), refused('jws_algorithm')],
  ['client assertion', 'no alg', (x) => asserted(x, compact({}, claims(x), 'AA')), refused('jws_algorithm')],
  ['client assertion', 'alg that is a list', (x) => asserted(x, compact({ alg: ['ES256'] }, claims(x), 'AA')), refused('jws_algorithm')],
  ['client assertion', 'two algs in one header', (x) => asserted(x, `${part('{"alg":"ES256","alg":"none"}')}.${part(claims(x))}.AA`), refused('jws_malformed')],
  ['client assertion', 'r and s of zero', (x) => asserted(x, compact({ alg: 'ES256', kid: x.key.kid }, claims(x), Buffer.alloc(64))), refused('jws_signature')],
  ['client assertion', 'a signature in ASN.1', (x) => asserted(x, byDer({ alg: 'ES256', kid: x.key.kid }, claims(x), x.key.secret)), refused('jws_signature')],
  ['client assertion', 'an empty signature', (x) => asserted(x, compact({ alg: 'ES256', kid: x.key.kid }, claims(x))), refused('jws_malformed')],
  ['client assertion', 'four parts', async (x) => asserted(x, `${await x.assertion()}.AA`), refused('jws_malformed')],
  ['client assertion', 'JSON serialization', async (x) => {
    const [header, payload, signature] = (await x.assertion()).split('.');
    return asserted(x, JSON.stringify({ protected: header, payload, signature }));
  }, refused('jws_malformed')],
  ['client assertion', 'other claims under the old signature', async (x) => asserted(x, altered(await x.assertion(), { exp: seconds(120) })), refused('jws_signature')],
  ['client assertion', 'a padded part', async (x) => asserted(x, (await x.assertion()).replace('.', '=.')), refused('jws')],
  ['key in the header', 'jwk of one\'s own', async (x) => ownKey(x, { jwk: await jwkOf(x.stranger) }), refused('jws_signature')],
  ['key in the header', 'jwk of one\'s own, and no kid', async (x) => ownKey(x, { kid: undefined, jwk: await jwkOf(x.stranger) }), refused('jws_signature')],
  ['key in the header', 'jku', (x) => ownKey(x, { jku: 'https://evil.example/jwks' }), refused('jws_signature')],
  ['key in the header', 'x5u', (x) => ownKey(x, { x5u: 'https://evil.example/x' }), refused('jws_signature')],
  ['key in the header', 'x5c', (x) => ownKey(x, { x5c: ['AAAA'] }), refused('jws_signature')],
  ['key in the header', 'a kid that nobody registered', (x) => ownKey(x, { kid: 'mine' }), refused('assertion_key_unknown')],
  ['key in the header', 'a kid that is a path', (x) => ownKey(x, { kid: '../../../dev/null' }), refused('assertion_key_unknown')],
  ['key in the header', 'a kid with a quote', (x) => ownKey(x, { kid: "' OR 1=1 --" }), refused('assertion_key_unknown')],
  ['key in the header', 'crit', (x) => asserted(x, compact({ alg: 'ES256', crit: ['exp'] }, claims(x), 'AA')), refused('jws_header_member')],
  ['key in the header', 'b64', (x) => asserted(x, compact({ alg: 'ES256', b64: false }, claims(x), 'AA')), refused('jws_header_member')],
  ['aud confusion', 'this issuer and another', (x) => changed(x, { aud: [x.issuer, 'https://other.example'] }), refused('assertion_other_audience')],
  ['aud confusion', 'this issuer with a slash', (x) => changed(x, { aud: `${x.issuer}/` }), refused('assertion_other_audience')],
  ['aud confusion', 'the facility origin', (x) => changed(x, { aud: x.sandbox.facility_origin }), refused('assertion_other_audience')],
  ['aud confusion', 'none', (x) => changed(x, { aud: undefined }), refused('assertion_other_audience')],
  ['aud confusion', 'an empty list', (x) => changed(x, { aud: [] }), refused('assertion_other_audience')],
  ['assertion claims', 'iss of another', (x) => changed(x, { iss: x.parties.ehr.client_id }), refused('assertion_other_client')],
  ['assertion claims', 'sub of another', async (x) => x.par({ client_id: undefined, client_assertion: await x.assertion({ sub: x.parties.ehr.client_id }) }), [401, 'invalid_client', { cause: 'activation_client_method' }]],
  ['assertion claims', 'no exp', (x) => changed(x, { exp: undefined }), refused('assertion_claims_malformed')],
  ['assertion claims', 'exp in words', (x) => changed(x, { exp: 'tomorrow' }), refused('assertion_claims_malformed')],
  ['assertion claims', 'exp below zero', (x) => changed(x, { exp: -1 }), refused('assertion_claims_malformed')],
  ['assertion claims', 'exp in a day', (x) => changed(x, { exp: seconds(86_400) }), refused('assertion_lives_too_long')],
  ['assertion claims', 'no jti', (x) => changed(x, { jti: undefined }), refused('assertion_claims_malformed')],
  ['assertion claims', 'an empty jti', (x) => changed(x, { jti: '' }), refused('assertion_claims_malformed')],
  ['assertion claims', 'a jti of 257 letters', (x) => changed(x, { jti: 'j'.repeat(257) }), refused('assertion_claims_malformed')],
  ['assertion claims', 'twice', async (x) => {
    const client_assertion = await x.assertion();
    await x.par({ client_assertion });
    return x.par({ client_assertion });
  }, [401, 'invalid_client', { cause: 'activation_assertion_replayed' }]],
  ['assertion claims', 'twice, at two endpoints', async (x) => {
    const client_assertion = await x.assertion();
    await x.par({ client_assertion });
    return x.device({ client_assertion }, { as: 'key' });
  }, [401, 'invalid_client', { cause: 'activation_assertion_replayed' }]],
  ['token of another kind', 'typ of a pass', (x) => changed(x, {}, { typ: 'at+jwt' }), refused('jws_type')],
  ['token of another kind', 'a pass', async (x) => x.par({ client_id: undefined, client_assertion: await x.pass() }), [401, 'invalid_client']],
  ['token of another kind', 'a DPoP proof', async (x) => x.par({ client_assertion: await x.proof('/par') }), refused('assertion_claims_malformed')],
  ['two authentications', 'an assertion and a Basic header', (x) => x.par({}, { headers: { authorization: 'Basic eDp5' } }), [400, 'invalid_request', { description: /client authentication/ }]],
  ['two authentications', 'an assertion and a client_secret', (x) => x.par({ client_secret: 's' }), [400, 'invalid_request', { description: /client authentication/ }]],
  ['two authentications', 'Basic is told in kind', (x) => x.par({}, { unsigned: true, headers: { authorization: 'Basic eDp5' } }), [401, 'invalid_client', { header: { 'www-authenticate': /^Basic / }, cause: 'activation_client_secret' }]],
  ['two authentications', 'an assertion of the wrong type', (x) => x.par({ client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }), [401, 'invalid_client', { cause: 'activation_assertion_refused' }]],
  ['two authentications', 'a type and no assertion', (x) => x.par({ client_assertion: undefined }), [401, 'invalid_client', { cause: 'activation_assertion_refused' }]],
  ['two authentications', 'an assertion and no type', (x) => x.par({ client_assertion_type: undefined }), [401, 'invalid_client', { cause: 'activation_assertion_refused' }]],
  ['two authentications', 'a client of certificates by an assertion', async (x) => x.par({ client_id: undefined, client_assertion_type: jwtBearer,
    client_assertion: await x.assertion({ iss: x.parties.ehr.client_id, sub: x.parties.ehr.client_id }) }), [401, 'invalid_client', { cause: 'activation_client_method' }]],
  ['two authentications', 'an assertion of nobody', async (x) => x.par({ client_id: undefined, client_assertion: await x.assertion({ iss: 'nobody', sub: 'nobody' }) }), [401, 'invalid_client', { cause: 'activation_client_inactive' }]],
  ['two authentications', 'Client-Cert by the client itself', async (x) => x.device({ client_id: x.parties.ehr.client_id }, { as: 'nobody',
    headers: { 'client-cert': `:${derOf(x, x.parties.ehr.cert)}:` } }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['DPoP', 'alg none', async (x) => proven(x, compact({ alg: 'none', typ: 'dpop+jwt', jwk: await jwkOf(x.dpop) }, proofClaims(x), 'AA')), proofRefused('jws_algorithm')],
  ['DPoP', 'HS256 with the key beside it', async (x) => proven(x, byHmac({ alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: 'AAAA' } }, proofClaims(x), Buffer.alloc(3))), proofRefused('jws_algorithm')],
  ['DPoP', 'a symmetric jwk', async (x) => proven(x, compact({ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty: 'oct', k: 'AAAA' } }, proofClaims(x), Buffer.alloc(64))), proofRefused('jwk_secret')],
  ['DPoP', 'a point off the curve', async (x) => proven(x, compact({ alg: 'ES256', typ: 'dpop+jwt', jwk: { ...await jwkOf(x.dpop), y: part(Buffer.alloc(32, 1).toString('latin1')) } }, proofClaims(x), Buffer.alloc(64, 1))), proofRefused('jwk_unusable')],
  ['DPoP', 'a curve that is not announced', async (x) => proven(x, await x.proof('/token', {}, { alg: 'ES384' }, jose.generateKeyPair('ES384'))), proofRefused('jws_algorithm')],
  ['DPoP', 'RSA of 1,024 bit', async (x) => proven(x, compact({ alg: 'RS256', typ: 'dpop+jwt', jwk: { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 0xff).toString('base64url') } }, proofClaims(x), Buffer.alloc(128, 1))), proofRefused('jwk_unusable')],
  ['DPoP', 'r and s of zero', async (x) => proven(x, compact({ alg: 'ES256', typ: 'dpop+jwt', jwk: await jwkOf(x.dpop) }, proofClaims(x), Buffer.alloc(64))), proofRefused('jws_signature')],
  ['DPoP', 'crit', async (x) => proven(x, await x.proof('/token', {}, { crit: ['b64'], b64: true })), proofRefused('jws_header_member')],
  ['DPoP', 'htu of the same path elsewhere', async (x) => proven(x, await x.proof('/token', { htu: 'https://evil.example/token' })), proofRefused('dpop_other_request')],
  ['DPoP', 'htu of a longer path', async (x) => proven(x, await x.proof('/token', { htu: `${x.issuer}/token/` })), proofRefused('dpop_other_request')],
  ['DPoP', 'iat in words', async (x) => proven(x, await x.proof('/token', { iat: 'now' })), proofRefused('dpop_claims_malformed')],
  ['DPoP', 'a jti that is a number', async (x) => proven(x, await x.proof('/token', { jti: 7 })), proofRefused('dpop_claims_malformed')],
  ['pass', 'other claims under the old signature', (x) => forged(x, (token) => altered(token, { sub: 'ZZ99999999' })), inactive],
  ['pass', 'a later exp under the old signature', (x) => forged(x, (token) => altered(token, { exp: seconds(1e6) })), inactive],
  ['pass', 'alg none', (x) => forged(x, (token) => compact({ alg: 'none', typ: 'at+jwt' }, claimsOf(token))), inactive],
  ['pass', 'HS256 with our public key', async (x) => {
    const { keys: [jwk] } = await (await x.plain(`${x.issuer}/jwks`)).json();
    return forged(x, (token) => byHmac({ alg: 'HS256', typ: 'at+jwt', kid: jwk.kid }, claimsOf(token), JSON.stringify(jwk)));
  }, inactive],
  ['pass', 'a key of one\'s own in the header', async (x) => {
    const { publicKey, privateKey } = await x.stranger;
    const jwk = await jose.exportJWK(publicKey), payload = claimsOf(await x.pass());
    return x.introspect(await new jose.SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', jwk }).sign(privateKey));
  }, inactive],
  ['pass', 'an ID token', async (x) => x.introspect((await x.poll(await x.approved())).body.id_token), inactive],
  ['pass', 'a device_code', async (x) => x.introspect((await x.approved()).device_code), inactive],
  ['pass', 'no token at all', (x) => x.introspect('garbage'), inactive],
  ['pass', 'without its signature', (x) => forged(x, (token) => token.slice(0, token.lastIndexOf('.') + 1)), inactive],
  ['pass', 'with a space at its end', (x) => forged(x, (token) => `${token} `), inactive],
  ['pass', 'revoked', async (x) => {
    const token = await x.pass();
    await x.revoke(token);
    return x.introspect(token);
  }, inactive],
  ['pass', 'past its end', async (x) => {
    const token = await x.pass();
    x.sql('UPDATE pass SET expires_at = 1 WHERE jti = ?', claimsOf(token).jti);
    return x.introspect(token);
  }, inactive],
  ['pass', 'shown with another certificate', async (x) => x.introspect(await x.pass(), { presented_x5t_s256: 'A'.repeat(43) }), [...inactive.slice(0, 2), { ...inactive[2], cause: 'activation_presented_certificate_mismatch' }]],
  ['pass', 'shown with a certificate that is none', async (x) => x.introspect(await x.pass(), { presented_x5t_s256: 'x' }), [400, 'invalid_request', { description: /x5t#S256/, cause: 'activation_request_malformed' }]],
  ['pass', 'of a key, shown with a certificate', async (x) => {
    const { body } = await x.poll(await x.approved({}, { as: 'key' }), {}, { as: 'key', proof: true });
    return x.introspect(body.access_token, { presented_x5t_s256: x.thumbprint(x.parties.ehr.cert).toString('base64url') });
  }, [...inactive.slice(0, 2), { ...inactive[2], cause: 'activation_presented_certificate_mismatch' }]],
  ['strangers', 'an EHR introspects', async (x) => x.introspect(await x.pass(), {}, { as: 'ehr' }), [400, 'unauthorized_client', { cause: 'activation_client_not_allowed' }]],
  ['strangers', 'a revoked pass, introspected by another EHR', async (x) => {
    const token = await x.pass();
    await x.revoke(token);
    return x.introspect(token, {}, { as: 'other' });
  }, [400, 'unauthorized_client', { cause: 'activation_client_not_allowed' }]],
  ['strangers', 'without a certificate', async (x) => x.introspect(await x.pass(), { client_id: x.parties.service.client_id }, { as: 'nobody' }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['strangers', 'revocation by another EHR: the pass stays', async (x) => {
    const token = await x.pass();
    const answer = await x.revoke(token, {}, { as: 'other' });
    const { body } = await x.introspect(token);
    return { ...answer, error: `active: ${body.active}` };
  }, [200, 'active: true']],
  ['strangers', 'revocation without a token', (x) => x.revoke(undefined), [400, 'invalid_request', { description: /token/ }]],
  ['strangers', 'introspection without a token', (x) => x.introspect(undefined), [400, 'invalid_request', { description: /token/ }]],
  ['strangers', 'revocation by nobody', async (x) => x.revoke(await x.pass(), { client_id: x.parties.ehr.client_id }, { as: 'nobody' }), [401, 'invalid_client']],
  ['strangers', "a pass at the service with another facility's certificate", async (x) => x.check(await x.pass(), 'other'), [401, 'invalid_token']],
  ['strangers', 'a pass at the service without a certificate', async (x) => x.check(await x.pass(), 'nobody'), [401, 'invalid_token']],
] };

function derOf(x, file) {
  return x.pem(file).replace(/-----[^-]+-----|\s/g, '');
}
