// An EHR that sends a browser to /authorize, and fetches the pass for the code that comes back.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { fetchWith } from './sandbox.mjs';
import { id } from './screens.mjs';

const callback = 'http://127.0.0.1:49222/callback';

// Calls of one facility, with its certificate.
export const callFacility = (sandbox, party) => async (place, form) => {
  const response = await fetchWith(sandbox, party)(`${sandbox.facility_origin}${place}`, {
    method: 'POST', body: new URLSearchParams({ client_id: party.client_id, ...form }) });
  return { status: response.status, body: await response.json() };
};

// Opens /authorize on `page`: the request pushed ahead, so that the terminal is shown.
export async function beginAuthorize(sandbox, page, facility, more = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const post = callFacility(sandbox, facility);
  const pushed = await post('/par', { response_type: 'code', redirect_uri: callback, scope: 'openid hpki.sign', state: 's1',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
    terminal_id: 't1', terminal_name: '診察室 1', ...more });
  assert.equal(pushed.status, 201, JSON.stringify(pushed.body));
  await catchCallback(page);
  const asked = new URLSearchParams({ client_id: facility.client_id, request_uri: pushed.body.request_uri });
  await page.goto(`${sandbox.public_origin}/authorize?${asked}`);
  await page.waitForSelector(id('method-phone'));
  assert.equal(await page.textContent(id('facility-name')), facility.name);
  assert.match(await page.textContent(id('terminal-name')), /診察室 1/);
  return {
    back: async () => {
      await page.waitForURL(`${callback}**`);
      const answer = new URL(page.url()).searchParams;
      assert.equal(answer.get('iss'), sandbox.issuer);
      assert.equal(answer.get('state'), 's1');
      return answer;
    },
    redeem: (code) => post('/token', { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }),
  };
}

// The EHR's own address, in a browser on this machine.
export const catchCallback = (page) =>
  page.context().route(`${callback}**`, (route) => route.fulfill({ contentType: 'text/html', body: 'EHR' }));

export const claimsOf = (pass) => JSON.parse(Buffer.from(pass.split('.')[1], 'base64url'));
