// Where the FAPI 2.0 security profile's conformance plan says no.
import * as jose from 'jose';
import { callback, secret } from './client.mjs';

const refused = (cause) => [401, 'invalid_client', { cause: 'activation_assertion_refused', detail: cause }];
const proof = (detail) => [400, 'invalid_dpop_proof', { cause: 'activation_dpop_refused', detail }];
const seconds = (away) => Math.floor(Date.now() / 1000) + away;
const byAssertion = async (x, changes, head, signer) => x.par({ client_assertion: await x.assertion(changes, head, signer) });
const byProof = async (x, changes, head) => x.redeem(secret(), {}, { proof: await x.proof('/token', changes, head) });
const rsa = jose.generateKeyPair('RS256');
// A pushed request, and the browser that brings its name.
const pushed = async (x, form, options) => (await x.par(form, options)).body.request_uri;
const bring = (x, request_uri, as = 'key') => x.authorize([['client_id', x.parties[as].client_id], ['request_uri', request_uri]]);

export default { plan: 'fapi2-security-profile-final-test-plan', rows: [
  ['FAPI2SPFinalUserRejectsAuthentication', 'the person says no', async (x) => {
    const { call } = await x.opened();
    const { body } = await call('decline');
    const back = new URL(body.location).searchParams;
    return { status: 303, error: back.get('error'), location: body.location, back, headers: new Headers({ 'cache-control': 'no-store' }) };
  }, [303, 'access_denied']],
  ['FAPI2SPFinalEnsureMismatchedDpopJktFails', 'dpop_jkt of another key than the proof', async (x) => x.par({ dpop_jkt: await x.jkt(x.stranger) }, { proof: true }), [400, 'invalid_dpop_proof', { cause: 'activation_dpop_refused', detail: 'dpop_jkt' }]],
  ['FAPI2SPFinalEnsureTokenEndpointFailsWithMismatchedDpopProofJkt', 'another key than the proof at PAR', async (x) => {
    const code = await codeOfPushed(x, {}, { proof: true });
    return x.redeem(code, {}, { proof: await x.proof('/token', {}, {}, x.stranger) });
  }, [400, 'invalid_grant', { cause: 'activation_dpop_other_key' }]],
  ['FAPI2SPFinalEnsureTokenEndpointFailsWithMismatchedDpopJkt', 'another key than dpop_jkt', async (x) => {
    const code = await x.code({ dpop_jkt: await x.jkt(x.stranger) });
    return x.redeem(code);
  }, [400, 'invalid_grant', { cause: 'activation_dpop_other_key' }]],
  ['FAPI2SPFinalEnsureAuthorizationRequestWithLongNonce', 'a nonce of 513 bytes', (x) => x.par({ nonce: 'n'.repeat(513) }), [400, 'invalid_request', { description: /nonce/ }]],
  ['FAPI2SPFinalEnsureAuthorizationRequestWithLongState', 'a state of 513 bytes', (x) => x.par({ state: 's'.repeat(513) }), [400, 'invalid_request', { description: /state/ }]],
  ['FAPI2SPFinalEnsureRegisteredRedirectUri', 'at PAR, a redirect_uri that is not registered', (x) => x.par({ redirect_uri: `${callback}2` }), [400, 'invalid_request', { cause: 'activation_redirect_uri' }]],
  ['FAPI2SPFinalEnsureRedirectUriInAuthorizationRequest', 'at PAR, no redirect_uri', (x) => x.par({ redirect_uri: undefined }), [400, 'invalid_request', { cause: 'activation_redirect_uri' }]],
  ['FAPI2SPFinalEnsureResponseTypeCodeIdTokenFails', 'at PAR, code id_token', (x) => x.par({ response_type: 'code id_token' }), [400, 'unsupported_response_type']],
  ['FAPI2SPFinalEnsureResponseTypeTokenFails', 'at PAR, token', (x) => x.par({ response_type: 'token' }), [400, 'unsupported_response_type']],
  ['FAPI2SPFinalEnsureResponseTypeTokenFails', 'at /authorize, token', (x) => x.authorize({ response_type: 'token' }), [303, 'unsupported_response_type']],
  ['FAPI2SPFinalEnsureClientIdInTokenEndpoint', "another client's client_id with one's own certificate", (x) => x.redeem(secret(), { client_id: x.parties.other.client_id }, { as: 'ehr', proof: undefined }), [401, 'invalid_client', { cause: 'activation_client_id_mismatch' }]],
  ['FAPI2SPFinalEnsureClientIdInTokenEndpoint', 'no client_id with a certificate', (x) => x.redeem(secret(), { client_id: undefined }, { as: 'ehr', proof: undefined }), [401, 'invalid_client', { cause: 'activation_client_id_mismatch' }]],
  ['FAPI2SPFinalEnsureHolderOfKeyRequired', 'no certificate', (x) => x.redeem(secret(), { client_id: x.parties.ehr.client_id }, { as: 'nobody', proof: undefined }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['FAPI2SPFinalEnsureHolderOfKeyRequired', 'neither certificate nor DPoP', async (x) => x.redeem(await x.code(), {}, { proof: undefined }), [400, 'invalid_request', { cause: 'activation_dpop_missing' }]],
  ['FAPI2SPFinalEnsureAuthorizationCodeIsBoundToClient', "another client's code", async (x) => x.redeem(await x.code(), {}, { as: 'ehr', proof: undefined }), [400, 'invalid_grant', { cause: 'activation_code_of_another_client' }]],
  ['FAPI2SPFinalAttemptReuseAuthorizationCodeAfterOneSecond', 'a code again after a second', async (x) => {
    const code = await x.code();
    await x.redeem(code);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return x.redeem(code);
  }, [400, 'invalid_grant', { cause: 'activation_code_reused' }]],
  ['FAPI2SPFinalAttemptToUseExpiredAuthCode', 'a code after its minute', async (x) => {
    const code = await x.code();
    x.expire(code);
    return x.redeem(code);
  }, [400, 'invalid_grant', { cause: 'activation_code_expired' }]],
  ['FAPI2SPFinalEnsureSignedClientAssertionWithRS256Fails', 'an assertion by RS256', async (x) => byAssertion(x, {}, { alg: 'RS256' }, (await rsa).privateKey), refused('assertion_key_unknown')],
  ['FAPI2SPFinalEnsureClientAssertionInTokenEndpoint', 'no assertion', (x) => x.redeem(secret(), {}, { unsigned: true }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['FAPI2SPFinalEnsureClientAssertionWithExpIs5MinutesInPastFails', 'exp five minutes ago', (x) => byAssertion(x, { exp: seconds(-300) }), refused('assertion_expired')],
  ['FAPI2SPFinalEnsureClientAssertionWithWrongAudFails', 'aud of another issuer', (x) => byAssertion(x, { aud: 'https://elsewhere.example' }), refused('assertion_other_audience')],
  ['FAPI2SPFinalEnsureClientAssertionWithNoSubFails', 'no sub', (x) => byAssertion(x, { sub: undefined }), refused('assertion_claims_malformed')],
  ['FAPI2SPFinalPAREnsureJWTClientAssertionWithIatNbfOver60SecondsInTheFutureFails', 'iat and nbf 90 seconds ahead', (x) => byAssertion(x, { iat: seconds(90), nbf: seconds(90), exp: seconds(120) }), refused('assertion_not_yet_valid')],
  ['FAPI2SPFinalPAREndpointAsAudienceFails', 'aud is the PAR endpoint', (x) => byAssertion(x, { aud: `${x.issuer}/par` }), refused('assertion_other_audience')],
  ['FAPI2SPFinalPAREndpointAsArrayAudienceFails', 'aud is an array with the PAR endpoint', (x) => byAssertion(x, { aud: [`${x.issuer}/par`] }), refused('assertion_other_audience')],
  ['FAPI2SPFinalPARTokenEndpointAsAudienceFails', 'aud is the token endpoint', (x) => byAssertion(x, { aud: `${x.issuer}/token` }), refused('assertion_other_audience')],
  ['FAPI2SPFinalPARAttemptReuseRequestUri', 'a request_uri twice', async (x) => {
    const uri = await pushed(x);
    await bring(x, uri);
    return bring(x, uri);
  }, [400, 'E-502', { cause: 'activation_request_uri' }]],
  ['FAPI2SPFinalPARAttemptToUseExpiredRequestUri', 'a request_uri after its time', async (x) => {
    const uri = await pushed(x);
    x.sql('UPDATE pushed_request SET expires_at = 1');
    return bring(x, uri);
  }, [400, 'E-502', { cause: 'activation_request_uri' }]],
  ['FAPI2SPFinalPAREnsureRequestUriIsBoundToClient', "another client's request_uri", async (x) => bring(x, await pushed(x), 'ehr'), [400, 'E-502', { cause: 'activation_request_uri' }]],
  ['FAPI2SPFinalPARRejectRequestUriInParAuthorizationFormParams', 'request_uri in a pushed request', (x) => x.par({ request_uri: 'urn:ietf:params:oauth:request_uri:x' }), [400, 'invalid_request', { description: /request_uri/ }]],
  ['FAPI2SPFinalPARRejectInvalidHttpVerb', 'GET /par', (x) => x.post('/par', {}, { method: 'GET' }), [405, 'invalid_request']],
  ['FAPI2SPFinalPARRejectInvalidHttpVerb', 'PUT /par', (x) => x.post('/par', {}, { method: 'PUT' }), [405, 'invalid_request']],
  ['FAPI2SPFinalPAREnsurePKCERequired', 'no code_challenge', (x) => x.par({ code_challenge: undefined, code_challenge_method: undefined }), [400, 'invalid_request', { description: /code_challenge/ }]],
  ['FAPI2SPFinalPAREnsurePKCECodeVerifierRequired', 'no code_verifier', async (x) => x.redeem(await x.code(), { code_verifier: undefined }), [400, 'invalid_request', { description: /code_verifier/ }]],
  ['FAPI2SPFinalPARIncorrectPKCECodeVerifierRejected', 'another code_verifier', async (x) => x.redeem(await x.code(), { code_verifier: 'w'.repeat(43) }), [400, 'invalid_grant', { cause: 'activation_code_verifier' }]],
  ['FAPI2SPFinalPAREnsurePlainPKCERejected', 'code_challenge_method plain', (x) => x.par({ code_challenge_method: 'plain' }), [400, 'invalid_request', { description: /code_challenge_method/ }]],
  ['FAPI2SPFinalDpopNegativeTests', 'no jti', (x) => byProof(x, { jti: undefined }), proof('dpop_claims_malformed')],
  ['FAPI2SPFinalDpopNegativeTests', 'no htm', (x) => byProof(x, { htm: undefined }), proof('dpop_claims_malformed')],
  ['FAPI2SPFinalDpopNegativeTests', 'no htu', (x) => byProof(x, { htu: undefined }), proof('dpop_claims_malformed')],
  ['FAPI2SPFinalDpopNegativeTests', 'no iat', (x) => byProof(x, { iat: undefined }), proof('dpop_claims_malformed')],
  ['FAPI2SPFinalDpopNegativeTests', 'htm GET', (x) => byProof(x, { htm: 'GET' }), proof('dpop_other_request')],
  ['FAPI2SPFinalDpopNegativeTests', 'htm in small letters', (x) => byProof(x, { htm: 'post' }), proof('dpop_other_request')],
  ['FAPI2SPFinalDpopNegativeTests', 'htu of another endpoint', (x) => byProof(x, { htu: `${x.issuer}/par` }), proof('dpop_other_request')],
  ['FAPI2SPFinalDpopNegativeTests', 'htu of the facility origin', (x) => byProof(x, { htu: `${x.sandbox.facility_origin}/token` }), proof('dpop_other_request')],
  ['FAPI2SPFinalDpopNegativeTests', 'iat two minutes ago', (x) => byProof(x, { iat: seconds(-120) }), proof('dpop_not_of_now')],
  ['FAPI2SPFinalDpopNegativeTests', 'iat two minutes ahead', (x) => byProof(x, { iat: seconds(120) }), proof('dpop_not_of_now')],
  ['FAPI2SPFinalDpopNegativeTests', 'typ JWT', (x) => byProof(x, {}, { typ: 'JWT' }), proof('jws_type')],
  ['FAPI2SPFinalDpopNegativeTests', 'no jwk', (x) => byProof(x, {}, { jwk: undefined }), proof('jwk_unusable')],
  ['FAPI2SPFinalDpopNegativeTests', "another key's jwk", async (x) => byProof(x, {}, { jwk: await jose.exportJWK((await x.stranger).publicKey) }), proof('jws_signature')],
  ['FAPI2SPFinalDpopNegativeTests', 'the secret half in jwk', async (x) => byProof(x, {}, { jwk: await jose.exportJWK((await x.dpop).privateKey) }), proof('jwk_secret')],
  ['FAPI2SPFinalDpopNegativeTests', 'a proof twice', async (x) => {
    const once = await x.proof();
    await x.redeem(secret(), {}, { proof: once });
    return x.redeem(secret(), {}, { proof: once });
  }, [400, 'invalid_dpop_proof', { cause: 'activation_dpop_replayed' }]],
  ['FAPI2SPFinalDpopNegativeTests', 'two proofs', async (x) => x.redeem(secret(), {}, { proof: `${await x.proof()}, ${await x.proof()}` }), proof('jws_malformed')],
  ['FAPI2SPFinalDpopNegativeTests', 'no JWT at all', (x) => x.redeem(secret(), {}, { proof: 'proof' }), proof('jws_malformed')],
] };

async function codeOfPushed(x, form, options) {
  const { client_id } = x.parties.key;
  const page = await x.approvedHere({ client_id, request_uri: await pushed(x, form, options) });
  return new URL((await page.call('finish')).body.location).searchParams.get('code');
}
