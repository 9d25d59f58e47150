// Where the OpenID "basic" conformance plan says no. A row: [module of the plan, what is wrong, the request, the answer].
// The modules' names are those of the suite's classes.
import { callback, scope, secret } from './client.mjs';

const page = [400, 'E-502'];  // the browser stays: nothing says where it may be sent
const sent = (error, more) => [303, error, { header: { location: /^http:\/\/127\.0\.0\.1\/callback\?/ }, ...more }];

export default { plan: 'oidcc-basic-certification-test-plan', rows: [
  ['OIDCCResponseTypeMissing', 'no response_type', (x) => x.authorize({ response_type: undefined }), sent('invalid_request', { cause: 'activation_request_malformed' })],
  ['OIDCCServerTest', 'response_type none', (x) => x.authorize({ response_type: 'none' }), sent('unsupported_response_type')],
  ['OIDCCServerTest', 'response_type of the hybrid flow', (x) => x.authorize({ response_type: 'code token' }), sent('unsupported_response_type')],
  ['OIDCCServerTest', 'no client_id', (x) => x.authorize({ client_id: undefined }), [400, 'E-501', { cause: 'activation_client_inactive' }]],
  ['OIDCCServerTest', 'a client_id that nobody has', (x) => x.authorize({ client_id: 'nobody' }), [400, 'E-501', { cause: 'activation_client_inactive' }]],
  ['OIDCCServerTest', 'no scope', (x) => x.authorize({ scope: undefined }), sent('invalid_scope', { cause: 'activation_scope_not_allowed' })],
  ['OIDCCScopeProfile', 'a scope that the client may not have', (x) => x.authorize({ scope: 'openid profile' }), sent('invalid_scope')],
  ['OIDCCScopeEmail', 'likewise', (x) => x.authorize({ scope: 'openid email' }), sent('invalid_scope')],
  ['OIDCCScopeAddress', 'likewise', (x) => x.authorize({ scope: 'openid address' }), sent('invalid_scope')],
  ['OIDCCScopePhone', 'likewise', (x) => x.authorize({ scope: 'openid phone' }), sent('invalid_scope')],
  ['OIDCCScopeAll', 'all of them', (x) => x.authorize({ scope: 'openid profile email address phone' }), sent('invalid_scope')],
  ['OIDCEnsureOtherScopeOrderSucceeds', 'a scope twice', (x) => x.authorize({ scope: 'openid openid' }), sent('invalid_scope')],
  ['OIDCEnsureOtherScopeOrderSucceeds', 'a tab between scopes', (x) => x.authorize({ scope: 'openid\thpki.sign' }), [400, 'E-903', { cause: 'request_not_from_proxy' }]],
  ['OIDCCPromptNoneNotLoggedIn', 'prompt none', (x) => x.authorize({ prompt: 'none' }), sent('login_required')],
  ['OIDCCPromptNoneLoggedIn', 'prompt none with a login_hint', (x) => x.authorize({ prompt: 'none', login_hint: x.doctor.id }), sent('login_required')],
  ['OIDCCPromptLogin', 'none together with another', (x) => x.authorize({ prompt: 'none login' }), sent('invalid_request')],
  ['OIDCCPromptLogin', 'a prompt that nobody knows', (x) => x.authorize({ prompt: 'dance' }), sent('invalid_request')],
  ['OIDCCMaxAge1', 'max_age below zero', (x) => x.authorize({ max_age: '-1' }), sent('invalid_request')],
  ['OIDCCMaxAge1', 'max_age with a fraction', (x) => x.authorize({ max_age: '1.5' }), sent('invalid_request')],
  ['OIDCCMaxAge10000', 'max_age of twenty digits', (x) => x.authorize({ max_age: '9'.repeat(20) }), sent('invalid_request')],
  ['OIDCCLoginHint', 'a login_hint of 65 letters', (x) => x.authorize({ login_hint: 'A'.repeat(65) }), sent('invalid_request')],
  ['OIDCCLoginHint', 'a login_hint with a space', (x) => x.authorize({ login_hint: 'AB 12' }), sent('invalid_request')],
  ['OIDCCUiLocales', 'ui_locales of 513 bytes', (x) => x.authorize({ ui_locales: 'j'.repeat(513) }), sent('invalid_request')],
  ['OIDCCEnsureRequestWithAcrValuesSucceeds', 'no level that can be reached', (x) => x.authorize({ acr_values: 'urn:loa:9' }), sent('unmet_authentication_requirements')],
  ['OIDCCEnsureRegisteredRedirectUri', 'a redirect_uri that is not registered', (x) => x.authorize({ redirect_uri: 'https://elsewhere.example/cb' }), [...page, { cause: 'activation_redirect_uri' }]],
  ['OIDCCEnsureRegisteredRedirectUri', 'no redirect_uri', (x) => x.authorize({ redirect_uri: undefined }), [...page, { cause: 'activation_redirect_uri' }]],
  ['OIDCCUnsignedRequestObjectSupportedCorrectlyOrRejectedAsUnsupported', 'request', (x) => x.authorize({ request: 'eyJhbGciOiJub25lIn0.e30.' }), [400, 'E-502', { cause: 'activation_request_object', detail: 'jws_algorithm' }]],
  ['OIDCCRequestUriUnsignedSupportedCorrectlyOrRejectedAsUnsupported', 'a request_uri elsewhere', (x) => x.authorize({ request_uri: 'https://elsewhere.example/r' }), sent('request_uri_not_supported', { cause: 'activation_request_uri_elsewhere' })],
  ['OIDCCServerTestClientSecretPost', 'a client_secret', (x) => x.device({ client_secret: 'secret' }), [401, 'invalid_client', { cause: 'activation_client_secret' }]],
  ['OIDCCServerTest', 'client_secret_basic', (x) => x.device({}, { headers: { authorization: `Basic ${btoa('ehr-chuo:secret')}` } }), [401, 'invalid_client', { cause: 'activation_client_secret' }]],
  ['OIDCCRefreshToken', 'grant_type refresh_token', (x) => x.post('/token', { grant_type: 'refresh_token', refresh_token: secret() }), [400, 'unsupported_grant_type']],
  ['OIDCCServerTest', 'grant_type password', (x) => x.post('/token', { grant_type: 'password', username: 'a', password: 'b' }), [400, 'unsupported_grant_type']],
  ['OIDCCServerTest', 'grant_type client_credentials', (x) => x.post('/token', { grant_type: 'client_credentials', scope }), [400, 'unsupported_grant_type']],
  ['OIDCCServerTest', 'grant_type in capitals', (x) => x.post('/token', { grant_type: 'AUTHORIZATION_CODE', code: secret() }), [400, 'unsupported_grant_type']],
  ['OIDCCServerTest', 'no grant_type', (x) => x.post('/token', { code: secret() }), [400, 'invalid_request', { description: /grant_type/ }]],
  ['OIDCCServerTest', 'an empty grant_type', (x) => x.post('/token', { grant_type: '', code: secret() }), [400, 'invalid_request', { description: /grant_type/ }]],
  ['OIDCCServerTest', 'no code', (x) => x.redeem(undefined), [400, 'invalid_request', { description: /code/ }]],
  ['OIDCCServerTest', 'a code that nobody made', (x) => x.redeem(secret()), [400, 'invalid_grant', { cause: 'activation_code_unknown' }]],
  ['OIDCCServerTest', 'another redirect_uri with the code', async (x) => x.redeem(await x.code(), { redirect_uri: `${callback}/2` }), [400, 'invalid_grant', { cause: 'activation_code_redirect_uri' }]],
  ['OIDCCServerTest', 'no redirect_uri with the code', async (x) => x.redeem(await x.code(), { redirect_uri: undefined }), [400, 'invalid_grant', { cause: 'activation_code_redirect_uri' }]],
  ['OIDCCAuthCodeReuse', 'a code for the second time', async (x) => {
    const code = await x.code();
    await x.redeem(code);
    return x.redeem(code);
  }, [400, 'invalid_grant', { cause: 'activation_code_reused' }]],
  ['OIDCCAuthCodeReuseAfter30Seconds', 'what a code gave that was used twice', async (x) => {
    const code = await x.code();
    const { body } = await x.redeem(code);
    await x.redeem(code);
    return x.introspect(body.access_token);
  }, [200, null, { body: { active: false }, cause: 'activation_pass_not_active' }]],
  ['OIDCCUserInfoGet', 'userinfo, which there is none of', async (x) => x.post('/userinfo', {}, { method: 'GET', origin: x.issuer }), [404, 'E-905']],
] };
