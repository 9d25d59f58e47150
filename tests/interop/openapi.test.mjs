// docs/openapi.json is held to the server: it is a valid OpenAPI 3.1 document, it names exactly the routes that the
// running server answers, origin by origin, and real answers and errors are of its shapes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import * as jose from 'jose';
import { operations } from '../support/operations.mjs';
import { Browser, enrol, fetchWith, phone, root, startSandbox } from '../support/sandbox.mjs';

const document = JSON.parse(readFileSync(path.join(root, 'docs/openapi.json'), 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(document, 'tegata');
let sandbox, store, ehr, other, service;

before(async () => {
  sandbox = await startSandbox();
  store = path.join(sandbox.dir, 'phone.json');
  [ehr, other] = sandbox.facilities.map(client);
  service = client(sandbox.signature_service);
});
after(() => sandbox?.stop());

const pointer = (...names) => '#/' + names.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');

// The description of an answer: of that status, or the default; and where it stands.
function described(route, method, status) {
  const { responses } = document.paths[route]?.[method.toLowerCase()] ?? {};
  assert.ok(responses, `${method} ${route} is not described`);
  const key = responses[status] ? String(status) : 'default';
  assert.ok(responses[key], `${method} ${route} answers ${status}, which is not described`);
  const reference = responses[key].$ref;
  return reference ? [document.components.responses[reference.split('/').at(-1)], reference]
    : [responses[key], pointer('paths', route, method.toLowerCase(), 'responses', key)];
}

function hold(route, method, { status, type, body, retryAfter }) {
  const [response, place] = described(route, method, status);
  const where = `${method} ${route} ${status}`;
  if (response.headers?.['Retry-After']) assert.match(retryAfter ?? '', /^[1-9]\d*$/, where);
  if (!response.content) return assert.equal(body ?? '', '', where);
  const kind = Object.keys(response.content).find((each) => type?.startsWith(each.split(';')[0]));
  assert.ok(kind, `${where}: ${type} is not described`);
  const valid = ajv.getSchema(`tegata${place}/content/${kind.replaceAll('~', '~0').replaceAll('/', '~1')}/schema`);
  assert.ok(valid(body), `${where}: ${JSON.stringify(valid.errors?.slice(0, 4))} ${JSON.stringify(body)}`);
}

async function answerOf(response) {
  const text = await response.text();
  const type = response.headers.get('content-type');
  return { status: response.status, type, retryAfter: response.headers.get('retry-after'),
    body: /json$/.test(type ?? '') ? JSON.parse(text) : text };
}

// A client of the facility origin, every answer of which is held against the document.
function client(party) {
  const fetch = fetchWith(sandbox, party);
  return async (route, form, { origin = sandbox.facility_origin, headers = {} } = {}) => {
    const answer = await answerOf(await fetch(`${origin}${route}`, { method: 'POST', headers,
      body: new URLSearchParams(party.client_id ? { client_id: party.client_id, ...form } : form) }));
    hold(route, 'POST', answer);
    return answer;
  };
}

// The same for the calls of our own pages.
class HeldBrowser extends Browser {
  async call(method, url, body) {
    const answer = await super.call(method, url, body);
    hold(url, method, { status: answer.status, type: answer.headers.get('content-type'), body: answer.body ?? '',
      retryAfter: answer.headers.get('retry-after') });
    return answer;
  }
}

const scope = 'openid hpki.sign';
const device = 'urn:ietf:params:oauth:grant-type:device_code';
const ask = (extra = {}) => ehr('/device_authorization', { scope, terminal_id: 't1', terminal_name: '端末1', ...extra });
async function approve({ verification_uri_complete: link, deep_link: deep, number }) {
  const run = phone(sandbox, ['approve', link ?? deep, '--number', number, '--store', store]);
  assert.equal(await run.done, 0, run.errors);
}
async function refused(promise, status, error) {
  const answer = await promise;
  assert.deepEqual([answer.status, answer.body.error], [status, error]);
}

test('the document is a valid OpenAPI 3.1 document', async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document));
  assert.equal(result.valid, true, JSON.stringify(result.errors?.slice(0, 5)));
  assert.equal(validator.version, '3.1');
});

// What the document says, as lines "origin METHOD path"; HEAD goes with GET on both sides.
function documented() {
  const lines = new Map();
  for (const [route, item] of Object.entries(document.paths)) {
    for (const method of ['get', 'post'].filter((each) => item[each])) {
      for (const server of item[method].servers ?? item.servers) {
        lines.set(`${server['x-tegata-origin']} ${method.toUpperCase()} ${route}`, item[method]);
      }
    }
  }
  return lines;
}

test('the document names exactly the routes that the server answers', async () => {
  const { body } = await operations(sandbox, '/routes');
  const served = new Set(JSON.parse(body).routes.map(({ origin, method, path: route }) =>
    `${origin} ${method} ${route.replace(/^\/assets\/[^/]+\/[^/]+$/, '/assets/{folder}/{file}')}`));
  assert.ok(served.size > 60, [...served].join('\n'));
  const lines = documented();
  const optional = [...lines].filter(([, operation]) => operation['x-tegata-only-if']).map(([line]) => line);
  assert.deepEqual([...served].filter((line) => !lines.has(line)), [], 'served, and not in the document');
  assert.deepEqual([...lines.keys()].filter((line) => !served.has(line) && !optional.includes(line)), [],
    'in the document, and not served');
});

test('metadata and keys', async () => {
  for (const route of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/jwks']) {
    const answer = await answerOf(await fetchWith(sandbox)(`${sandbox.public_origin}${route}`));
    assert.equal(answer.status, 200);
    hold(route, 'GET', answer);
  }
});

test('pages, and their calls while a phone is bound', async () => {
  for (const route of ['/', '/enroll', '/p', '/d', '/mynumber', '/devices', '/authorize/choose', '/certificate']) {
    hold(route, 'GET', await answerOf(await fetchWith(sandbox)(`${sandbox.public_origin}${route}`)));
  }
  const pc = new HeldBrowser(sandbox);
  assert.equal((await pc.call('GET', '/api/enrollment')).status, 401);
  assert.equal((await pc.call('POST', '/api/handover', { code: 'x' })).status >= 400, true);
  assert.equal((await pc.call('GET', '/api/offers')).body.mynumber, true);
  assert.equal((await pc.logIn(sandbox.card())).status, 200);
  assert.equal((await pc.call('GET', '/api/enrollment')).body.state, 'none');
  const ticket = /#t=(.+)$/.exec((await pc.call('POST', '/api/enrollment', {})).body.url)[1];
  const handset = new HeldBrowser(sandbox);
  assert.equal((await handset.call('POST', '/api/phone/look', { ticket })).status, 200);
  assert.equal((await handset.call('POST', '/api/phone/status', { ticket })).status >= 400, true);
  const { match_number: number } = (await handset.call('POST', '/api/phone/claim', { ticket, platform_authenticator: true })).body;
  assert.equal((await pc.call('POST', '/api/enrollment/confirm', { number })).status, 200);
  assert.equal((await handset.call('POST', '/api/phone/status', { ticket })).body.state, 'confirmed');
  assert.equal((await handset.call('POST', '/api/phone/options', { ticket })).status, 200);
  assert.equal((await handset.call('POST', '/api/phone/register', { ticket, credential: {} })).status >= 400, true);
  assert.equal((await handset.call('POST', '/api/phone/decline', { ticket })).status, 200);
  assert.equal((await pc.call('POST', '/api/session/end', {})).status, 204);
  assert.equal((await enrol(sandbox, sandbox.card(), store)).state, 'done');
});

test('card origins send on, or say what happened', async () => {
  const start = await new HeldBrowser(sandbox).call('POST', '/api/start', { purpose: 'enrol' });
  const sent = await fetchWith(sandbox, sandbox.card())(start.body.card_url, { redirect: 'manual' });
  assert.equal(sent.status, 303);
  described('/login', 'GET', 303);
});

test('the device grant: asked, waiting, too quick, approved, redeemed; introspected, revoked', async () => {
  const { body: request } = await ask();
  const poll = () => ehr('/token', { grant_type: device, device_code: request.device_code });
  await refused(poll(), 400, 'authorization_pending');
  await refused(poll(), 400, 'slow_down');
  await approve(request);
  const { body: tokens, status } = await poll();
  assert.equal(status, 200);
  assert.ok(ajv.getSchema('tegata#/components/schemas/PassClaims')(jose.decodeJwt(tokens.access_token)));
  const token = tokens.access_token;
  assert.equal((await service('/introspect', { token })).body.active, true);
  const signed = await service('/introspect', { token }, { headers: { accept: 'application/token-introspection+jwt' } });
  const inside = jose.decodeJwt(signed.body).token_introspection;
  assert.ok(ajv.getSchema('tegata#/components/schemas/Introspection')(inside), JSON.stringify(inside));
  await refused(other('/token', { grant_type: device, device_code: request.device_code }), 400, 'invalid_grant');
  assert.deepEqual((await service('/introspect', { token })).body, { active: false });
  assert.equal((await ehr('/revoke', { token })).status, 200);
});

test('CIBA, and pushed requests up to the page', async () => {
  const { body: request } = await ehr('/backchannel', { scope, login_hint: sandbox.card().practitioner_id, binding_message: '処方 12' });
  await approve(request);
  const { status } = await ehr('/token', { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: request.auth_req_id });
  assert.equal(status, 200);
  const { body: pushed } = await ehr('/par', { response_type: 'code', redirect_uri: 'http://127.0.0.1:49222/callback', scope,
    code_challenge: 'A'.repeat(43), code_challenge_method: 'S256' });
  const browser = new HeldBrowser(sandbox);
  const url = `${sandbox.public_origin}/authorize?${new URLSearchParams({ client_id: sandbox.facilities[0].client_id, ...pushed })}`;
  const sent = await browser.fetch(url, { redirect: 'manual' });
  assert.equal(sent.status, 303);
  const [, name, secret] = /^([^=]+)=([^;]+)/.exec(sent.headers.getSetCookie()[0]);
  browser.cookies.set(name, secret);
  const id = /#x=(.+)$/.exec(sent.headers.get('location'))[1];
  for (const call of ['look', 'phone', 'options', 'decline']) {
    assert.equal((await browser.call('POST', `/api/authorize/${call}`, { id })).status, 200, call);
  }
  const again = await browser.fetch(url, { redirect: 'manual' });
  hold('/authorize', 'GET', await answerOf(again));
  assert.equal(again.status, 400);
});

test('a scan, and its end', async () => {
  const { body: request } = await ask({ terminal_id: 't5' });
  const token = /#t=(.+)$/.exec(request.verification_uri_complete)[1];
  const handset = new HeldBrowser(sandbox);
  assert.equal((await handset.call('POST', '/api/activation/scan', { token })).status, 200);
  assert.equal((await handset.call('POST', '/api/activation/approve', { token, number: request.number, credential: {} })).status >= 400, true);
  assert.equal((await handset.call('POST', '/api/activation/decline', { token })).status, 200);
  assert.equal((await handset.call('POST', '/api/activation/status', { token })).body.state, 'declined');
  await refused(ehr('/token', { grant_type: device, device_code: request.device_code }), 400, 'access_denied');
});

// route, form, status, error; by the EHR unless said.
const refusals = [
  ['/device_authorization', { scope: 'openid everything' }, 400, 'invalid_scope'],
  ['/device_authorization', { scope, resource: 'https://elsewhere.example' }, 400, 'invalid_target'],
  ['/device_authorization', { scope, acr_values: 'gold' }, 400, 'unmet_authentication_requirements'],
  ['/device_authorization', { scope, terminal_id: 'x'.repeat(65) }, 400, 'invalid_request'],
  ['/backchannel', { scope }, 400, 'invalid_request'],
  ['/backchannel', { scope, login_hint: 'AB12345689', binding_message: 'あ'.repeat(65) }, 400, 'invalid_binding_message'],
  ['/par', { response_type: 'code', redirect_uri: 'https://elsewhere.example/', scope }, 400, 'invalid_request'],
  ['/par', { response_type: 'token', redirect_uri: 'http://127.0.0.1/callback', scope }, 400, 'unsupported_response_type'],
  ['/token', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ['/token', {}, 400, 'invalid_request'],
  ['/token', { grant_type: device, device_code: 'x' }, 400, 'invalid_grant'],
  ['/token', { grant_type: 'authorization_code', code: 'x' }, 400, 'invalid_grant'],
  ['/introspect', { token: 'x' }, 400, 'unauthorized_client'],
  ['/revoke', {}, 400, 'invalid_request'],
];
for (const [route, form, status, error] of refusals) {
  test(`${route} ${JSON.stringify(form).slice(0, 60)} is ${error}`, () => refused(ehr(route, form), status, error));
}

test('without the right client certificate every endpoint says invalid_client', async () => {
  const [{ client_id: id }] = sandbox.facilities;
  for (const route of ['/device_authorization', '/backchannel', '/par', '/token', '/introspect', '/revoke']) {
    for (const nobody of [client({}), client({ ...sandbox.facilities[1], client_id: id })]) {
      await refused(nobody(route, { client_id: id }), 401, 'invalid_client');
    }
    await refused(client({})(route, { client_id: id }, { origin: sandbox.public_origin }), 401, 'invalid_client');
  }
});

test('operators', async () => {
  for (const [route, type] of [['/healthz', 'text/plain'], ['/readyz', 'text/plain'], ['/metrics', 'text/plain'], ['/routes', 'application/json']]) {
    const { status, body } = await operations(sandbox, route);
    hold(route, 'GET', { status, type, body: type.endsWith('json') ? JSON.parse(body) : body });
  }
});
