// Where the FAPI-CIBA conformance plan says no.
import * as jose from 'jose';
import { grants, scope, secret } from './client.mjs';
import { compact } from './forge.mjs';

const refused = (detail) => [401, 'invalid_client', { cause: 'activation_assertion_refused', detail }];
const objectRefused = (detail) => [400, 'invalid_request', { cause: 'activation_backchannel_object', detail }];
const rsa = jose.generateKeyPair('RS256');
const seconds = (away) => Math.floor(Date.now() / 1000) + away;
const withObject = async (x, changes, head, signer) => x.ciba({ request: await x.object(changes, head, signer, { scope, login_hint: x.doctor.id }) }, { as: 'key' });
const byKey = async (x, changes, head, signer) => x.ciba({ client_assertion: await x.assertion(changes, head, signer) }, { as: 'key' });
const redeem = (x, auth_req_id, options) => x.post('/token', { grant_type: grants.ciba, auth_req_id }, options);

export default { plan: 'fapi-ciba-id1-test-plan', rows: [
  ['FAPICIBAID1UserRejectsAuthentication', 'the person says no', async (x) => {
    const asked = await x.askedCiba(), phone = x.phone();
    await phone.scan(asked.deep_link);
    await phone.decline();
    return x.poll(asked);
  }, [400, 'access_denied', { description: /declined/, cause: 'activation_declined' }]],
  ['FAPICIBAID1MultipleCallToTokenEndpoint', 'the first poll', async (x) => x.poll(await x.askedCiba()), [400, 'authorization_pending']],
  ['FAPICIBAID1MultipleCallToTokenEndpoint', 'the second at once', async (x) => {
    const asked = await x.askedCiba();
    await x.poll(asked);
    return x.poll(asked);
  }, [400, 'slow_down']],
  ['FAPICIBAID1AuthReqIdExpired', 'a poll after the time that was asked for', async (x) => {
    const asked = await x.askedCiba({ requested_expiry: '1' });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    return x.poll(asked);
  }, [400, 'expired_token', { cause: 'activation_expired' }]],
  ['FAPICIBAID1EnsureAuthorizationRequestWithPotentiallyBadBindingMessage', 'of 65 characters', (x) => x.ciba({ binding_message: '処'.repeat(65) }), [400, 'invalid_binding_message']],
  ['FAPICIBAID1EnsureAuthorizationRequestWithPotentiallyBadBindingMessage', 'with a line end', (x) => x.ciba({ binding_message: 'a\nb' }), [400, 'invalid_binding_message']],
  ['FAPICIBAID1EnsureAuthorizationRequestWithMultipleHintsFails', 'login_hint and id_token_hint', (x) => x.ciba({ id_token_hint: 'a.b.c' }), [400, 'invalid_request', { description: /id_token_hint/ }]],
  ['FAPICIBAID1EnsureAuthorizationRequestWithMultipleHintsFails', 'login_hint and login_hint_token', (x) => x.ciba({ login_hint_token: 'a.b.c' }), [400, 'invalid_request', { description: /login_hint_token/ }]],
  ['FAPICIBAID1EnsureAuthorizationRequestWithMultipleHintsFails', 'no hint', (x) => x.ciba({ login_hint: undefined }), [400, 'invalid_request', { description: /login_hint/ }]],
  ['FAPICIBAID1EnsureAuthorizationRequestWithInvalidLoginHintFailsForBrazil', 'a person that does not exist is not told', async (x) => x.poll(await x.askedCiba({ login_hint: 'ZZ99999999' })), [400, 'authorization_pending']],
  ['FAPICIBAID1EnsureRequestedExpiryZeroFailsForBrazil', 'requested_expiry 0', (x) => x.ciba({ requested_expiry: '0' }), [400, 'invalid_request', { description: /requested_expiry/ }]],
  ['FAPICIBAID1EnsureRequestedExpiryNegativeFailsForBrazil', 'requested_expiry -1', (x) => x.ciba({ requested_expiry: '-1' }), [400, 'invalid_request', { description: /requested_expiry/ }]],
  ['FAPICIBAID1EnsureRequestedExpiryAsStringSucceeds', 'requested_expiry in words', (x) => x.ciba({ requested_expiry: 'soon' }), [400, 'invalid_request', { description: /requested_expiry/ }]],
  ['FAPICIBAID1EnsureRequestedExpiryAboveMaximumIsCappedForBrazil', 'requested_expiry that overflows', (x) => x.ciba({ requested_expiry: '9'.repeat(30) }), [400, 'invalid_request', { description: /requested_expiry/ }]],
  ['FAPICIBAID1EnsureWrongAuthenticationRequestIdInTokenEndpointRequest', 'an auth_req_id that nobody made', (x) => redeem(x, secret()), [400, 'invalid_grant', { cause: 'activation_code_unknown' }]],
  ['FAPICIBAID1EnsureWrongAuthenticationRequestIdInTokenEndpointRequest', 'a device_code as auth_req_id', async (x) => redeem(x, (await x.asked()).device_code), [400, 'invalid_grant', { cause: 'activation_code_unknown' }]],
  ['FAPICIBAID1EnsureWrongAuthenticationRequestIdInTokenEndpointRequest', 'no auth_req_id', (x) => redeem(x, undefined), [400, 'invalid_request', { description: /auth_req_id/ }]],
  ['FAPICIBAID1EnsureWrongAuthenticationRequestIdInTokenEndpointRequest', "another client's auth_req_id", async (x) => redeem(x, (await x.askedCiba()).auth_req_id, { as: 'other' }), [400, 'invalid_grant', { cause: 'activation_code_of_another_client' }]],
  ['FAPICIBAID1EnsureDifferentClientIdAndIssuerInBackchannelAuthorizationRequest', 'client_id of another than the assertion', (x) => x.ciba({ client_id: x.parties.ehr.client_id }, { as: 'key' }), [401, 'invalid_client', { cause: 'activation_client_id_mismatch' }]],
  ['FAPICIBAID1EnsureWrongClientIdInTokenEndpointRequest', "another client's client_id", async (x) => x.poll(await x.askedCiba(), { client_id: x.parties.other.client_id }), [401, 'invalid_client', { cause: 'activation_client_id_mismatch' }]],
  ['FAPICIBAID1EnsureWrongClientIdInBackchannelAuthorizationRequest', "another client's client_id", (x) => x.ciba({ client_id: x.parties.other.client_id }), [401, 'invalid_client', { cause: 'activation_client_id_mismatch' }]],
  ['FAPICIBAID1EnsureWithoutClientAssertionInTokenEndpointFails', 'no assertion', (x) => redeem(x, secret(), { as: 'key', unsigned: true }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['FAPICIBAID1EnsureWithoutClientAssertionInBackchannelAuthorizationRequestFails', 'no assertion', (x) => x.ciba({}, { as: 'key', unsigned: true }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['FAPICIBAID1EnsureClientAssertionSignatureAlgorithmInBackchannelAuthorizationRequestIsRS256Fails', 'RS256', async (x) => byKey(x, {}, { alg: 'RS256' }, (await rsa).privateKey), refused('assertion_key_unknown')],
  ['FAPICIBAID1EnsureClientAssertionSignatureAlgorithmInTokenEndpointRequestIsRS256Fails', 'RS256', async (x) => x.post('/token', { grant_type: grants.ciba, auth_req_id: secret(), client_assertion: await x.assertion({}, { alg: 'RS256' }, (await rsa).privateKey) }, { as: 'key' }), refused('assertion_key_unknown')],
  ['FAPICIBAID1EnsureMTLSHolderOfKeyRequired', 'no certificate', (x) => x.ciba({ client_id: x.parties.ehr.client_id }, { as: 'nobody' }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['FAPICIBAID1EnsureMTLSHolderOfKeyRequired', 'no certificate at the token endpoint', async (x) => redeem(x, (await x.askedCiba()).auth_req_id, { as: 'nobody' }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['FAPICIBAID1EnsureOtherScopeOrderSucceeds', 'no openid', (x) => x.ciba({ scope: 'hpki.sign' }), [400, 'invalid_scope']],
  ['FAPICIBAID1EnsureOtherScopeOrderSucceeds', 'a scope that the client may not have', (x) => x.ciba({ scope: 'openid payments' }), [400, 'invalid_scope']],
  ['FAPICIBAID1EnsureRequestObjectMissingAudFails', 'no aud', (x) => withObject(x, { aud: undefined }), objectRefused('request_object_other_audience')],
  ['FAPICIBAID1EnsureRequestObjectBadAudFails', 'aud of another issuer', (x) => withObject(x, { aud: 'https://elsewhere.example' }), objectRefused('request_object_other_audience')],
  ['FAPICIBAID1EnsureRequestObjectMissingIssFails', 'no iss', (x) => withObject(x, { iss: undefined }), objectRefused('request_object_other_client')],
  ['FAPICIBAID1EnsureRequestObjectBadIssFails', 'iss of another client', (x) => withObject(x, { iss: x.parties.ehr.client_id }), objectRefused('request_object_other_client')],
  ['FAPICIBAID1EnsureRequestObjectMissingExpFails', 'no exp', (x) => withObject(x, { exp: undefined }), objectRefused('request_object_claims_malformed exp')],
  ['FAPICIBAID1EnsureRequestObjectExpiredExpFails', 'exp five minutes ago', (x) => withObject(x, { exp: seconds(-300), nbf: seconds(-360) }), objectRefused('request_object_expired')],
  ['FAPICIBAID1EnsureRequestObjectExpIs70MinutesInFutureFails', 'exp in 70 minutes', (x) => withObject(x, { exp: seconds(4200) }), objectRefused('request_object_lives_too_long')],
  ['FAPICIBAID1EnsureRequestObjectMissingNbfFails', 'no nbf', (x) => withObject(x, { nbf: undefined }), objectRefused('request_object_claims_malformed nbf')],
  ['FAPICIBAID1EnsureRequestObjectNbfIs10MinutesInFutureFails', 'nbf in ten minutes', (x) => withObject(x, { nbf: seconds(600), exp: seconds(660) }), objectRefused('request_object_not_yet_valid')],
  ['FAPICIBAID1EnsureRequestObjectNbfIs70MinutesInPastFails', 'nbf 70 minutes ago', (x) => withObject(x, { nbf: seconds(-4200) }), objectRefused('request_object_lives_too_long')],
  ['FAPICIBAID1EnsureRequestObjectMissingIatFails', 'no iat', (x) => withObject(x, { iat: undefined }), objectRefused('request_object_claims_malformed')],
  ['FAPICIBAID1EnsureRequestObjectMissingJtiFails', 'no jti', (x) => withObject(x, { jti: undefined }), objectRefused('request_object_claims_malformed jti')],
  ['FAPICIBAID1EnsureRequestObjectSignatureAlgorithmIsNoneFails', 'alg none', (x) => x.ciba({ request: compact({ alg: 'none' }, { scope, login_hint: x.doctor.id }) }, { as: 'key' }), objectRefused('jws_algorithm')],
  ['FAPICIBAID1EnsureRequestObjectSignatureAlgorithmIsRS256Fails', 'RS256', async (x) => withObject(x, {}, { alg: 'RS256' }, (await rsa).privateKey), objectRefused('assertion_key_unknown')],
  ['FAPICIBAID1EnsureRequestObjectSignedByOtherClientFails', "a stranger's key", async (x) => withObject(x, {}, {}, (await x.stranger).privateKey), objectRefused('jws_signature')],
] };
