// Signed requests (RFC 9101): where the FAPI plans with request objects say no, and what advisories teach about them.
import * as jose from 'jose';
import { altered, byDer, byHmac, compact } from './forge.mjs';

const seconds = (away) => Math.floor(Date.now() / 1000) + away;
const rsa = jose.generateKeyPair('RS256');
const shown = (detail) => [400, 'E-502', { cause: 'activation_request_object', detail }];
const refused = (detail) => [400, 'invalid_request_object', { cause: 'activation_request_object', detail }];

// The object alone, with the client_id that must stand beside it, in the browser or pushed.
const bring = (x, request, beside = {}) => x.authorize(Object.entries({ client_id: x.parties.key.client_id, request, ...beside }));
const push = (x, request, beside = {}) => x.post('/par', { request, ...beside }, { as: 'key' });
const brought = async (x, changes, head, signer) => bring(x, await x.object(changes, head, signer));
const pushed = async (x, changes, head, signer) => push(x, await x.object(changes, head, signer));
const claims = (x) => ({ ...x.request('key'), iss: x.parties.key.client_id, aud: x.issuer, exp: seconds(60) });

export default { plan: 'signed requests: fapi message signing, and advisories', rows: [
  ['FAPI1AdvancedFinalEnsureRequestObjectWithoutExpFails', 'no exp', (x) => brought(x, { exp: undefined }), shown('request_object_claims_malformed exp')],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithoutExpFails', 'pushed', (x) => pushed(x, { exp: undefined }), refused('request_object_claims_malformed exp')],
  ['FAPI1AdvancedFinalEnsureExpiredRequestObjectFails', 'exp five minutes ago', (x) => brought(x, { nbf: undefined, exp: seconds(-300) }), shown('request_object_expired')],
  ['FAPI1AdvancedFinalEnsureExpiredRequestObjectFails', 'pushed', (x) => pushed(x, { nbf: undefined, exp: seconds(-300) }), refused('request_object_expired')],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithExpOver60Fails', 'exp in 70 minutes', (x) => pushed(x, { exp: seconds(4200) }), refused('request_object_lives_too_long')],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithNbfOver60Fails', 'nbf 70 minutes ago', (x) => pushed(x, { nbf: seconds(-4200) }), refused('request_object_lives_too_long')],
  ['FAPI2SPFinalEnsureRequestObjectWithNbf8SecondsInTheFuture', 'nbf in ten minutes', (x) => pushed(x, { nbf: seconds(600), exp: seconds(660) }), refused('request_object_not_yet_valid')],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithBadAudFails', 'aud of another issuer', (x) => brought(x, { aud: 'https://elsewhere.example' }), shown('request_object_other_audience')],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithBadAudFails', 'this issuer and another', (x) => pushed(x, { aud: [x.issuer, 'https://elsewhere.example'] }), refused('request_object_other_audience')],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithBadAudFails', 'no aud', (x) => pushed(x, { aud: undefined }), refused('request_object_other_audience')],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithoutRedirectUriFails', 'no redirect_uri in it, one beside it', async (x) => bring(x, await x.object({ redirect_uri: undefined }), x.request('key')), [400, 'E-502', { cause: 'activation_redirect_uri' }]],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithoutScopeFails', 'no scope in it, one beside it', async (x) => bring(x, await x.object({ scope: undefined }), x.request('key')), [303, 'invalid_scope']],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithoutStateSuccess', 'state beside it is not sent back', async (x) => {
    const answer = await bring(x, await x.object({ state: undefined, prompt: 'none' }), x.request('key'));
    return { ...answer, error: answer.back?.get('state') ?? answer.error };
  }, [303, 'login_required']],
  ['FAPI1AdvancedFinalEnsureSignedRequestObjectWithRS256Fails', 'RS256 with another key', async (x) => brought(x, {}, { alg: 'RS256' }, (await rsa).privateKey), shown('assertion_key_unknown')],
  ['FAPI1AdvancedFinalEnsureRequestObjectSignatureAlgorithmIsNotNone', 'alg none', (x) => bring(x, compact({ alg: 'none' }, claims(x))), shown('jws_algorithm')],
  ['FAPI1AdvancedFinalEnsureRequestObjectSignatureAlgorithmIsNotNone', 'alg nOnE, pushed', (x) => push(x, compact({ alg: 'nOnE' }, claims(x), 'AA')), refused('jws_algorithm')],
  ['FAPI1AdvancedFinalEnsureMatchingKeyInAuthorizationRequest', "a stranger's key", async (x) => brought(x, {}, {}, (await x.stranger).privateKey), shown('jws_signature')],
  ['FAPI1AdvancedFinalEnsureRequestObjectWithInvalidSignatureFails', 'other parameters under the old signature', async (x) => bring(x, altered(await x.object(), { scope: 'openid' })), shown('jws_signature')],
  ['FAPI1AdvancedFinalEnsureClientIdInRequestObject', 'client_id of another in it', (x) => brought(x, { client_id: x.parties.ehr.client_id }), shown('request_object_other_client')],
  ['FAPI1AdvancedFinalEnsureClientIdInRequestObject', 'no client_id in it', (x) => pushed(x, { client_id: undefined }), refused('request_object_other_client')],
  ['FAPI1AdvancedFinalEnsureClientIdInRequestObject', 'client_id of another beside it', async (x) => bring(x, await x.object(), { client_id: x.parties.ehr.client_id }), shown('assertion_key_unknown')],
  ['FAPI2SPFinalPARRejectRequestUriInParAuthorizationRequest', 'request_uri in it', (x) => pushed(x, { request_uri: 'urn:ietf:params:oauth:request_uri:x' }), refused('request_object_nested')],
  ['FAPI2SPFinalPARRejectRequestUriInParAuthorizationRequest', 'request in it', (x) => pushed(x, { request: 'a.b.c' }), refused('request_object_nested')],
  ['FAPI2SPFinalPARRejectRequestUriInParAuthorizationRequest', 'request beside request_uri', async (x) => bring(x, await x.object(), { request_uri: 'urn:ietf:params:oauth:request_uri:x' }), [400, 'E-502', { cause: 'activation_request_malformed', detail: 'request_uri' }]],
  ['FAPI2SPFinalPAREnsurePKCERequired', 'no code_challenge in it, one beside it', async (x) => push(x, await x.object({ code_challenge: undefined }), x.request('key')), [400, 'invalid_request', { description: /code_challenge/ }]],
  ['FAPI1AdvancedFinalEnsureResponseTypeTokenFails', 'response_type token in it', (x) => brought(x, { response_type: 'token' }), [303, 'unsupported_response_type']],
  ['algorithms', 'HS256 with the public key in PEM', (x) => push(x, byHmac({ alg: 'HS256', kid: x.key.kid }, claims(x), x.publicPem())), refused('jws_algorithm')],
  ['algorithms', 'a signature in ASN.1', (x) => push(x, byDer({ alg: 'ES256', kid: x.key.kid }, claims(x), x.key.secret)), refused('jws_signature')],
  ['key in the header', "jwk of one's own", async (x) => pushed(x, {}, { jwk: await jose.exportJWK((await x.stranger).publicKey) }, (await x.stranger).privateKey), refused('jws_signature')],
  ['key in the header', 'crit', (x) => push(x, compact({ alg: 'ES256', crit: ['exp'] }, claims(x), 'AA')), refused('jws_header_member')],
  ['token of another kind', 'a client assertion', async (x) => push(x, await x.assertion()), refused('request_object_other_client')],
  ['token of another kind', 'sub, so that it could be shown as an assertion', (x) => pushed(x, { sub: x.parties.key.client_id }), refused('request_object_claims_malformed sub')],
  ['token of another kind', 'typ of a DPoP proof', (x) => pushed(x, {}, { typ: 'dpop+jwt' }), refused('jws_type')],
  ['token of another kind', 'as a client assertion', async (x) => x.par({ client_assertion: await x.object() }), [401, 'invalid_client', { cause: 'activation_assertion_refused' }]],
  ['shapes', 'no JWT at all', (x) => bring(x, 'request'), shown('jws_malformed')],
  ['shapes', 'encrypted, in five parts', (x) => push(x, 'a.b.c.d.e'), refused('jws_malformed')],
  ['shapes', 'two resources', (x) => pushed(x, { resource: ['https://a.example', 'https://b.example'] }), refused('request_object_claims_malformed resource')],
  ['shapes', 'a scope that is a truth value', (x) => pushed(x, { scope: true }), refused('request_object_claims_malformed scope')],
] };
