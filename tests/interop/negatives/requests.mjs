// Lessons of advisories about the requests themselves: what frames them, how they are written, how large they are.
import { grants, scope, secret } from './client.mjs';

const notAForm = [400, 'invalid_request', { cause: 'http_form_malformed' }];
const raw = (x, body, options) => x.post('/device_authorization', {}, { raw: `client_id=${x.parties.ehr.client_id}&${body}`, ...options });
const twice = (x, place, form, name, value, options) => x.post(place, [...Object.entries(form), [name, value]], options);
const doubled = [400, 'invalid_request', { cause: 'http_form_duplicate' }];

// What a browser adds to a form on a page of another site.
const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
const otherSite = [400, 'invalid_request', { description: /another site/, cause: 'activation_cross_site' }];

// Refused before HAProxy knows whose request it is, so with words of its own.
const bare = [400, null, { atTheEdge: /^HTTP\/1|400 Bad request/ }];

export default { plan: 'advisories: requests', rows: [
  ['duplicate parameters', 'scope twice', (x) => twice(x, '/device_authorization', { scope }, 'scope', 'openid'), doubled],
  ['duplicate parameters', 'client_id twice, the same', (x) => twice(x, '/device_authorization', { scope, client_id: x.parties.ehr.client_id }, 'client_id', x.parties.ehr.client_id), doubled],
  ['duplicate parameters', 'client_id twice, another', (x) => twice(x, '/device_authorization', { scope, client_id: x.parties.ehr.client_id }, 'client_id', x.parties.other.client_id), doubled],
  ['duplicate parameters', 'grant_type twice', (x) => twice(x, '/token', { grant_type: grants.device, device_code: secret() }, 'grant_type', grants.code), doubled],
  ['duplicate parameters', 'device_code twice', (x) => twice(x, '/token', { grant_type: grants.device, device_code: secret() }, 'device_code', secret()), doubled],
  ['duplicate parameters', 'client_assertion twice', async (x) => twice(x, '/par', { ...x.request(), client_assertion: await x.assertion() }, 'client_assertion', await x.assertion(), { as: 'key' }), doubled],
  ['duplicate parameters', 'token twice', (x) => twice(x, '/introspect', { token: 'a' }, 'token', 'b', { as: 'service' }), doubled],
  ['duplicate parameters', 'a name nobody knows, twice', (x) => twice(x, '/device_authorization', { scope, extra: '1' }, 'extra', '2'), doubled],
  ['duplicate parameters', 'an encoded name beside the plain one', (x) => raw(x, 'scope=openid&sc%6fpe=openid'), doubled],
  ['bytes', 'NUL in a value', (x) => raw(x, 'scope=openid%00hpki.sign'), notAForm],
  ['bytes', 'NUL in a name', (x) => raw(x, 'scope=openid&a%00b=1'), notAForm],
  ['bytes', 'no UTF-8', (x) => raw(x, 'scope=openid&terminal_name=%ff%fe'), notAForm],
  ['bytes', 'UTF-8 that is too long', (x) => raw(x, 'scope=openid&terminal_name=%c0%80'), notAForm],
  ['bytes', 'half a surrogate pair', (x) => raw(x, 'scope=openid&terminal_name=%ed%a0%80'), notAForm],
  ['bytes', 'UTF-8 cut off', (x) => raw(x, 'scope=openid&terminal_name=%e5%87'), notAForm],
  ['bytes', 'a percent sign alone', (x) => raw(x, 'scope=openid&terminal_name=100%'), notAForm],
  ['bytes', 'a percent sign with letters', (x) => raw(x, 'scope=openid&terminal_name=%zz'), notAForm],
  ['bytes', 'NUL in the query of /authorize', (x) => x.authorize({ scope: 'openid\0' }), [400, 'E-903', { cause: 'request_not_from_proxy' }]],
  ['bytes', 'no UTF-8 in the query of /authorize', (x) => x.get('/authorize?client_id=%ff'), [400, 'E-903', { cause: 'request_not_from_proxy' }]],
  ['bytes', 'a path with a NUL', (x) => x.get('/authorize%00'), [400, 'E-903', { cause: 'request_not_from_proxy' }]],
  ['bytes', 'a path with dots', (x) => x.get('/x/../authorize/..%2fjwks'), [404, 'E-905']],
  ['media type', 'JSON', (x) => x.post('/device_authorization', {}, { raw: '{"scope":"openid"}', type: 'application/json' }), [400, 'invalid_request', { cause: 'http_content_type' }]],
  ['media type', 'multipart', (x) => x.post('/token', {}, { raw: '--a--', type: 'multipart/form-data; boundary=a' }), [400, 'invalid_request', { cause: 'http_content_type' }]],
  ['media type', 'text', (x) => x.post('/token', { grant_type: grants.device }, { type: 'text/plain' }), [400, 'invalid_request', { cause: 'http_content_type' }]],
  ['media type', 'one that only begins alike', (x) => x.post('/token', { grant_type: grants.device }, { type: 'application/x-www-form-urlencodedx' }), [400, 'invalid_request', { cause: 'http_content_type' }]],
  ['media type', 'parameters in the query alone', (x) => x.post(`/device_authorization?scope=openid`, {}, { raw: `client_id=${x.parties.ehr.client_id}` }), [400, 'invalid_scope']],
  ['media type', 'client_id in the query alone', (x) => x.post(`/device_authorization?client_id=${x.parties.ehr.client_id}`, {}, { raw: 'scope=openid' }), [401, 'invalid_client', { cause: 'activation_client_id_mismatch' }]],
  ['media type', 'nothing at all', (x) => x.post('/device_authorization', {}, { raw: '' }), [401, 'invalid_client', { cause: 'activation_client_id_mismatch' }]],
  ['method', 'GET at the token endpoint', (x) => x.post('/token', {}, { method: 'GET' }), [405, 'invalid_request', { header: { allow: /POST/ } }]],
  ['method', 'DELETE at the token endpoint', (x) => x.post('/token', {}, { method: 'DELETE' }), [405, 'invalid_request']],
  ['method', 'PATCH at the revocation endpoint', (x) => x.post('/revoke', {}, { method: 'PATCH' }), [405, 'invalid_request']],
  ['method', 'OPTIONS of another site', (x) => x.post('/token', {}, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }), [405, 'invalid_request']],
  ['method', 'X-HTTP-Method-Override', (x) => x.post('/token', {}, { method: 'GET', headers: { 'x-http-method-override': 'POST' } }), [405, 'invalid_request']],
  ['method', 'a body with GET', (x) => x.wire('GET', '/jwks', [`Content-Length: 4`], 'a=b&'), [400, 'invalid_request']],
  ...['/device_authorization', '/token', '/introspect', '/revoke', '/par', '/backchannel'].map((place) =>
    ['another site', `a page of another origin at ${place}`, (x) => x.post(place, { scope, token: 'a' }, { headers: elsewhere }), otherSite]),
  ['another site', 'Sec-Fetch-Site alone', (x) => x.device({}, { headers: { 'sec-fetch-site': 'same-site' } }), otherSite],
  ['another site', 'Origin alone', (x) => x.device({}, { headers: { origin: 'null' } }), otherSite],
  ['another site', 'the public origin is another one', (x) => x.device({}, { headers: { origin: x.issuer, 'sec-fetch-site': 'same-site' } }), otherSite],
  ['another site', 'the open request stays open', async (x) => {
    const asked = await x.asked({ terminal_id: 'another-site' });
    await x.device({ terminal_id: 'another-site' }, { headers: elsewhere });
    await x.post('/revoke', { token: asked.device_code }, { headers: elsewhere });
    return x.poll(asked);
  }, [400, 'authorization_pending']],
  ['framing', 'chunked', (x) => x.wire('POST', '/token', ['Content-Type: application/x-www-form-urlencoded', 'Transfer-Encoding: chunked'], '3\r\na=b\r\n0\r\n\r\n'), [411, 'invalid_request']],
  ['framing', 'chunked and a length', (x) => x.wire('POST', '/token', ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n'), [411, 'invalid_request']],
  ['framing', 'two lengths', (x) => x.wire('POST', '/token', ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3', 'Content-Length: 4'], 'a=b&'), bare],
  ['framing', 'no length', (x) => x.wire('POST', '/token', ['Content-Type: application/x-www-form-urlencoded'], ''), [411, 'invalid_request']],
  ['framing', 'two hosts', (x) => x.wire('POST', '/token', ['Host: evil.example', 'Content-Length: 0'], ''), bare],
  ['framing', 'another host', (x) => x.wire('POST', '/token', ['Content-Length: 0'], '', 'evil.example'), [421, 'invalid_request']],
  ['framing', 'a host without its port', (x) => x.wire('POST', '/token', ['Content-Length: 0'], '', 'localhost'), [421, 'invalid_request']],
  ['framing', 'two DPoP headers', async (x) => x.wire('POST', '/token', ['Content-Type: application/x-www-form-urlencoded', `DPoP: ${await x.proof()}`, `DPoP: ${await x.proof()}`,
    `Content-Length: ${(await tokenBody(x)).length}`], await tokenBody(x)), [400, 'invalid_dpop_proof', { cause: 'activation_dpop_refused', detail: 'several' }]],
  ['size', 'a body of 33 KiB', (x) => raw(x, `scope=openid&terminal_name=${'n'.repeat(33 * 1024)}`), [413, 'invalid_request']],
  ['size', 'a value of 7 KiB', (x) => raw(x, `scope=openid&terminal_name=${'n'.repeat(7 * 1024)}`), [400, 'invalid_request', { description: /terminal_name/ }]],
  ['size', 'a form of 9 KiB, beyond what the HTTP library reads', (x) => raw(x, `scope=openid&terminal_name=${'n'.repeat(9 * 1024)}`), [400, 'invalid_request', { description: /terminal_name/ }]],
  ['size', 'a thousand names', (x) => raw(x, `scope=${Array.from({ length: 1000 }, (_, i) => `a${i}=1`).join('&')}`), [400, 'invalid_scope']],
  ['size', 'a request URI of 3,000 bytes', (x) => x.authorize({ state: 's'.repeat(3000) }), [400, null, { page: /The request could not be read/ }]],
  ['size', 'a client_id of 7,000 letters', (x) => x.post('/device_authorization', { scope, client_id: 'c'.repeat(7_000) }), [401, 'invalid_client']],
  ['size', 'an assertion of 7,000 letters', (x) => x.par({ client_assertion: 'a'.repeat(7_000) }), [401, 'invalid_client', { cause: 'activation_assertion_refused' }]],
  ['size', 'JSON a thousand deep in an assertion', (x) => x.par({ client_assertion: `${Buffer.from(`${'['.repeat(1000)}${']'.repeat(1000)}`).toString('base64url')}.e30.AA` }), [401, 'invalid_client', { cause: 'activation_assertion_refused' }]],
  ['injection', 'SQL in a device_code', (x) => x.poll({ device_code: "' OR '1'='1" }), [400, 'invalid_grant', { cause: 'activation_code_unknown' }]],
  ['injection', 'SQL in a client_id', (x) => x.authorize({ client_id: "x' OR '1'='1" }), [400, 'E-501', { cause: 'activation_client_inactive' }]],
  ['injection', 'a line end in state', (x) => x.authorize({ state: 'a\r\nSet-Cookie: b=c' }), [400, 'E-903', { cause: 'request_not_from_proxy' }]],
  ['injection', 'markup in a client_id is not repeated', async (x) => {
    const answer = await x.authorize({ client_id: '<script>alert(1)</script>' });
    return { ...answer, error: answer.text.includes('<script>alert') ? 'repeated' : answer.error };
  }, [400, 'E-501']],
  ['injection', 'markup in an error does not leave the query', (x) => x.authorize({ state: '"><script>', prompt: 'none' }), [303, 'login_required', { header: { location: /state=%22%3E%3Cscript%3E/ } }]],
] };

const tokenBody = async (x) => new URLSearchParams({ grant_type: grants.device, device_code: 'd'.repeat(43), client_id: x.parties.ehr.client_id }).toString();
