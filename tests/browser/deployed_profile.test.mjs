// The page of /authorize where the national system's profile is on: the client's name chooses the one way to say yes, and
// the browser goes back in the clear.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { bindPhone, launchPhone, shoot } from '../support/chromium.mjs';
import { redirect_uri, startDeployed } from '../support/deployed.mjs';
import { fetchWith } from '../support/sandbox.mjs';
import { id } from '../support/screens.mjs';

const ways = ['method-phone', 'method-passkey', 'method-card', 'method-mynumber'];
let sandbox, browser, phone;

before(async () => {
  sandbox = await startDeployed();
  browser = await launchPhone();
  phone = await browser.phone();
  await bindPhone(sandbox, phone, sandbox.card());
  await phone.page.context().route(`${redirect_uri}**`, (route) => route.fulfill({ contentType: 'text/html', body: 'EHR' }));
});
after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

// Opens the page as that client; gives the verifier of its code.
async function open(client) {
  const verifier = randomBytes(32).toString('base64url');
  await phone.page.goto(`${sandbox.public_origin}/authorize?${new URLSearchParams({ client_id: client, redirect_uri, scope: 'openid',
    response_type: 'code', state: 's1', prompt: 'login', code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url') })}`);
  await phone.page.waitForSelector(id('decline'));
  return verifier;
}
const offered = async () => {
  const shown = await Promise.all(ways.map((way) => phone.page.isVisible(id(way))));
  return ways.filter((_, i) => shown[i]);
};

for (const [client, expected] of Object.entries({ FIDO: ['method-phone', 'method-passkey'], HPKI: ['method-card'], JPKI: ['method-mynumber'] })) {
  test(`${client} offers its own way alone`, async () => {
    await open(client);
    // The page asks what this server offers while it shows the request.
    for (const way of expected) await phone.page.waitForSelector(id(way));
    assert.deepEqual(await offered(), expected);
    await shoot(phone.page, `deployed-${client}`);
  });
}

test('FIDO: confirmed here, the browser goes back with a code, and its ID token is the pass', async () => {
  const verifier = await open('FIDO');
  await phone.page.click(id('method-passkey'));
  await phone.page.waitForURL(`${redirect_uri}**`);
  const answer = new URL(phone.page.url()).searchParams;
  assert.equal(answer.get('state'), 's1');
  const post = (party, place, form) => fetchWith(sandbox, party)(`${party ? sandbox.facility_origin : sandbox.public_origin}${place}`,
    { method: 'POST', body: new URLSearchParams(form) }).then((response) => response.json());
  const tokens = await post(undefined, '/token', { client_id: 'FIDO', grant_type: 'authorization_code', code: answer.get('code'),
    code_verifier: verifier, redirect_uri });
  assert.ok(tokens.id_token, JSON.stringify(tokens));
  const seen = await post(sandbox.signature_service, '/introspect', { client_id: sandbox.signature_service.client_id, token: tokens.id_token });
  assert.equal(seen.active, true, JSON.stringify(seen));
  assert.equal(seen.sub, sandbox.card().practitioner_id);
});
