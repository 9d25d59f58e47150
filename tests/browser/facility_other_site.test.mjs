// A browser of a facility, which has the facility's certificate and shows it by itself, on a page of another site.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launchPc } from '../support/chromium.mjs';
import { fetchWith, startSandbox } from '../support/sandbox.mjs';

const scope = 'openid hpki.sign', terminal_id = 'reception-1';
let sandbox, pc, facility, elsewhere, form;

// The facility's certificate and key as a person would import them.
function importable({ cert, key }) {
  const p12 = path.join(sandbox.dir, 'facility.p12'), p12_password = 'test';
  execFileSync('openssl', ['pkcs12', '-export', '-in', cert, '-inkey', key, '-out', p12, '-name', 'facility', '-passout', `pass:${p12_password}`]);
  return { p12, p12_password };
}

before(async () => {
  sandbox = await startSandbox();
  facility = sandbox.facilities[0];
  pc = await launchPc(sandbox, importable(facility));
  elsewhere = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(form));
  await new Promise((listening) => elsewhere.listen(0, '127.0.0.1', listening));
});
after(async () => {
  await pc?.close();
  elsewhere?.close();
  await sandbox?.stop();
});

const post = async (place, parameters) => {
  const answer = await fetchWith(sandbox, facility)(sandbox.facility_origin + place,
    { method: 'POST', body: new URLSearchParams({ client_id: facility.client_id, ...parameters }) });
  return answer.json();
};
const ask = () => post('/device_authorization', { scope, terminal_id });
const poll = ({ device_code }) => post('/token', { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code });

// A page of another site with a form to the facility origin, which is sent; what the browser got.
async function sendFromElsewhere(place, parameters, policy = '') {
  const fields = Object.entries({ client_id: facility.client_id, ...parameters }).map(([name, value]) => `<input name="${name}" value="${value}">`).join('');
  form = `<form method="post" action="${sandbox.facility_origin}${place}">${fields}<button>a prize</button></form>`;
  if (policy) form = `<iframe sandbox="${policy}" srcdoc='${form}'></iframe>`;
  await pc.page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
  const answered = pc.page.waitForResponse(sandbox.facility_origin + place);
  await (policy ? pc.page.frameLocator('iframe') : pc.page).locator('button').click();
  const answer = await answered;
  return { status: answer.status(), body: await answer.json().catch(() => null), sent: await answer.request().allHeaders() };
}

test('the browser has the certificate: a call of the facility origin itself is answered', async () => {
  await pc.page.goto(`${sandbox.facility_origin}/`);
  const status = await pc.page.evaluate(async ([body]) => (await fetch('/device_authorization', { method: 'POST', body: new URLSearchParams(body) })).status,
    [{ client_id: facility.client_id, scope }]);
  assert.equal(status, 200);
});

test("defect: a form on another site ended an EHR's open request", async () => {
  const asked = await ask();
  for (const [place, parameters] of [['/device_authorization', { scope, terminal_id }], ['/revoke', { token: asked.device_code }]]) {
    const { status, body, sent } = await sendFromElsewhere(place, parameters);
    assert.equal(sent['sec-fetch-site'], 'cross-site');
    assert.deepEqual([status, body.error], [400, 'invalid_request']);
    assert.match(body.error_description, /another site.*nothing was done/);
  }
  const { status, sent } = await sendFromElsewhere('/device_authorization', { scope, terminal_id }, 'allow-forms');
  assert.deepEqual([status, sent.origin], [400, 'null']);
  assert.equal((await poll(asked)).error, 'authorization_pending');
});
