// Lessons of advisories about where a browser is sent: each of these was once let through by somebody. The client is one
// whose registered redirect_uri is http://127.0.0.1/callback; of it, only the port is free.
import { callback, secret } from './client.mjs';

const stays = [400, 'E-502', { cause: 'activation_redirect_uri' }];
const lesson = 'redirect_uri';
const to = (says, redirect_uri) => [lesson, says, (x) => x.authorize({ redirect_uri }), stays];
const twice = (x, name, value) => x.authorize([...Object.entries(x.request('ehr')), [name, value]]);
const openedCode = async (x) => {
  const page = await x.approvedHere();
  return { page, code: new URL((await page.call('finish')).body.location).searchParams.get('code') };
};

export default { plan: 'advisories: redirects and mix-ups', rows: [
  to('a longer path', `${callback}/evil`),
  to('a path that only begins alike', `${callback}evil`),
  to('a query of its own', `${callback}?next=https://evil.example`),
  to('a fragment', `${callback}#x`),
  to('a user before the host', 'http://127.0.0.1@evil.example/callback'),
  to('a user and a port before the host', 'http://127.0.0.1:80@evil.example/callback'),
  to('a backslash after the host', 'http://127.0.0.1\\@evil.example/callback'),
  to('the address as the beginning of a name', 'http://127.0.0.1.evil.example/callback'),
  to('a name for the address', 'http://localhost/callback'),
  to('https for http', 'https://127.0.0.1/callback'),
  to('dots in the path', 'http://127.0.0.1/callback/../evil'),
  to('encoded dots in the path', 'http://127.0.0.1/callback/%2e%2e/evil'),
  to('an encoded slash', 'http://127.0.0.1/callback%2fevil'),
  to('other letters in the path', 'http://127.0.0.1/Callback'),
  to('a scheme in capitals', 'HTTP://127.0.0.1/callback'),
  to('a dot after the address', 'http://127.0.0.1./callback'),
  to('the other loopback address', 'http://[::1]/callback'),
  to('the address in short', 'http://127.1/callback'),
  to('the address as one number', 'http://2130706433/callback'),
  to('the address in octal', 'http://0177.0.0.1/callback'),
  to('a port beyond five digits', 'http://127.0.0.1:999999/callback'),
  to('port 0', 'http://127.0.0.1:0/callback'),
  to('a port beyond the last', 'http://127.0.0.1:65536/callback'),
  to('a port of no digits', 'http://127.0.0.1:/callback'),
  to('a port with letters', 'http://127.0.0.1:80a/callback'),
  to('no scheme', '//127.0.0.1/callback'),
  to('a space at the end', `${callback} `),
  to('two slashes before the path', 'http://127.0.0.1//callback'),
  to('a script', 'javascript:alert(1)//127.0.0.1/callback'),
  to('data', 'data:text/html,callback'),
  to('full-width letters', 'http://１２７.0.0.1/callback'),
  to('two of them in one', `${callback},https://evil.example/`),
  [lesson, 'a line end in it', (x) => x.authorize({ redirect_uri: `${callback}\r\nSet-Cookie: a=b` }), [400, 'E-903', { cause: 'request_not_from_proxy' }]],
  [lesson, 'given twice', (x) => twice(x, 'redirect_uri', 'https://evil.example/'), [400, 'E-502', { cause: 'activation_request_malformed' }]],
  [lesson, "another client's", (x) => x.authorize({ redirect_uri: `${x.parties.ehr.origin}/callback` }), stays],
  ['duplicate parameters', 'client_id twice', (x) => twice(x, 'client_id', x.parties.other.client_id), [400, 'E-502', { cause: 'activation_request_malformed' }]],
  ['duplicate parameters', 'code_challenge twice', (x) => twice(x, 'code_challenge', 'A'.repeat(43)), [400, 'E-502', { cause: 'activation_request_malformed' }]],
  ['duplicate parameters', 'state twice', (x) => twice(x, 'state', 'other'), [400, 'E-502', { cause: 'activation_request_malformed' }]],
  ['PKCE downgrade', 'no challenge at all', (x) => x.authorize({ code_challenge: undefined, code_challenge_method: undefined }), [303, 'invalid_request']],
  ['PKCE downgrade', 'no method, which would mean plain', (x) => x.authorize({ code_challenge_method: undefined }), [303, 'invalid_request']],
  ['PKCE downgrade', 'method plain', (x) => x.authorize({ code_challenge_method: 'plain', code_challenge: 'v'.repeat(43) }), [303, 'invalid_request']],
  ['PKCE downgrade', 'method in small letters', (x) => x.authorize({ code_challenge_method: 's256' }), [303, 'invalid_request']],
  ['PKCE downgrade', 'a challenge of 42 letters', (x) => x.authorize({ code_challenge: 'A'.repeat(42) }), [303, 'invalid_request']],
  ['PKCE downgrade', 'a challenge with padding', (x) => x.authorize({ code_challenge: `${'A'.repeat(42)}=` }), [303, 'invalid_request']],
  ['PKCE downgrade', 'the challenge as verifier', async (x) => x.redeem(await x.code(), { code_verifier: x.request().code_challenge }), [400, 'invalid_grant', { cause: 'activation_code_verifier' }]],
  ['PKCE downgrade', 'an empty verifier', async (x) => x.redeem(await x.code(), { code_verifier: '' }), [400, 'invalid_request', { description: /code_verifier/ }]],
  ['PKCE downgrade', 'a verifier of 129 letters', async (x) => x.redeem(await x.code(), { code_verifier: 'v'.repeat(129) }), [400, 'invalid_request', { description: /code_verifier/ }]],
  ['code injection', "a victim's code in one's own session", async (x) => x.redeem(await x.code({ code_challenge: 'A'.repeat(43) })), [400, 'invalid_grant', { cause: 'activation_code_verifier' }]],
  ['code injection', 'a code of another port', async (x) => x.redeem(await x.code({ redirect_uri: 'http://127.0.0.1:50001/callback' }), { redirect_uri: 'http://127.0.0.1:50002/callback' }), [400, 'invalid_grant', { cause: 'activation_code_redirect_uri' }]],
  ['code injection', 'a code as device_code', async (x) => x.poll({ device_code: await x.code() }, {}, { as: 'key', proof: true }), [400, 'invalid_grant', { cause: 'activation_code_unknown' }]],
  ['code injection', 'a code that a newer one replaced', async (x) => {
    const { page, code } = await openedCode(x);
    await page.call('finish');
    return x.redeem(code);
  }, [400, 'invalid_grant', { cause: 'activation_code_unknown' }]],
  ['the page of another browser', 'without its cookie', async (x) => {
    const { id } = await x.opened(), { browser } = await x.opened();
    return says(await browser.call('POST', '/api/authorize/look', { id }));
  }, [404, 'E-402', { cause: 'activation_request_unknown' }]],
  ['the page of another browser', 'with the cookie of another request', async (x) => {
    const { id } = await x.opened(), { browser } = await x.opened();
    browser.cookies.set(`__Host-tegata-authorize-${id}`, [...browser.cookies.values()][0]);
    return says(await browser.call('POST', '/api/authorize/look', { id }));
  }, [404, 'E-402', { cause: 'activation_not_owner' }]],
  ['the page of another browser', 'a code before anybody approved', async (x) => says(await (await x.opened()).call('finish')), [404, 'E-402', { cause: 'activation_already_decided' }]],
  ['the page of another browser', 'from another site', async (x) => {
    const { id, browser } = await x.opened();
    return x.page('/api/authorize/look', { id }, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, browser);
  }, [403, 'E-906', { cause: 'http_cross_site' }]],
  ['the page of another browser', 'from our origin without its port', async (x) => {
    const { id, browser } = await x.opened();
    return x.page('/api/authorize/look', { id }, { origin: 'https://localhost' }, browser);
  }, [403, 'E-906', { cause: 'http_cross_site' }]],
  ['the page of another browser', 'with the origin null', async (x) => x.page('/api/activation/scan', { token: secret() }, { origin: 'null' }), [403, 'E-906', { cause: 'http_cross_site' }]],
  ['the page of another browser', 'by a form', async (x) => x.page('/api/activation/scan', { token: secret() }, { 'content-type': 'text/plain' }), [415, 'E-903', { cause: 'http_content_type' }]],
] };

function says(answer) {
  return { ...answer, text: JSON.stringify(answer.body), error: answer.body?.code };
}
