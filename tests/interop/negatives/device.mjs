// A plan of our own for the device grant: polling, who may fetch, what the phone may do, and what changes between start,
// approval and redemption.
import { sleep } from '../../support/sandbox.mjs';
import { grants, secret, sha256 } from './client.mjs';

const bad = (name) => [400, 'invalid_request', { description: new RegExp(name), cause: 'activation_request_malformed' }];
const gone = (cause) => [400, 'invalid_grant', { cause }];
const redeem = (x, device_code, options) => x.post('/token', { grant_type: grants.device, device_code }, options);
const scanned = async (x, form, holder) => {
  const asked = await x.asked(form), phone = x.phone(holder);
  const answer = await phone.scan(asked.verification_uri_complete);
  if (answer.status !== 200) throw new Error(answer.text);
  return { asked, phone };
};
const wrong = (number) => (number === '00' ? '01' : '00');

export default { plan: 'device grant, our own plan', rows: [
  ['asking', 'no scope', (x) => x.device({ scope: undefined }), [400, 'invalid_scope']],
  ['asking', 'a scope that the client may not have', (x) => x.device({ scope: 'openid admin' }), [400, 'invalid_scope']],
  ['asking', 'for a service that the client may not use', (x) => x.device({ resource: 'https://elsewhere.example' }), [400, 'invalid_target']],
  ['asking', 'a resource of 1,001 bytes', (x) => x.device({ resource: `https://e.example/${'r'.repeat(990)}` }), bad('resource')],
  ['asking', 'a level that cannot be reached', (x) => x.device({ acr_values: 'urn:loa:9' }), [400, 'unmet_authentication_requirements']],
  ['asking', 'a max_age that is no number', (x) => x.device({ max_age: 'abc' }), bad('max_age')],
  ['asking', 'a terminal_id of 65 bytes', (x) => x.device({ terminal_id: 't'.repeat(65) }), bad('terminal_id')],
  ['asking', 'a terminal_name of 201 bytes', (x) => x.device({ terminal_name: 'n'.repeat(201) }), bad('terminal_name')],
  ['asking', 'a terminal_name with a line end', (x) => x.device({ terminal_name: 'a\nb' }), bad('terminal_name')],
  ['asking', 'a login_hint in full-width letters', (x) => x.device({ login_hint: 'ＡＢ１２' }), bad('login_hint')],
  ['asking', 'the signature service asks', (x) => x.device({}, { as: 'service' }), [400, 'unauthorized_client']],
  ['interval', 'the first poll is never slow_down', async (x) => x.poll(await x.asked()), [400, 'authorization_pending']],
  ['interval', 'the second at once is', async (x) => {
    const asked = await x.asked();
    await x.poll(asked);
    return x.poll(asked);
  }, [400, 'slow_down']],
  ['interval', 'a refused poll does not move the clock', async (x) => {
    const asked = await x.asked();
    await x.poll(asked);
    await sleep(1000);
    await x.poll(asked);
    await sleep(1050);
    return x.poll(asked);
  }, [400, 'authorization_pending']],
  ['interval', 'the poll after the accepted one counts from that', async (x) => {
    const asked = await x.asked();
    await x.poll(asked);
    await sleep(2050);
    await x.poll(asked);
    await sleep(500);
    return x.poll(asked);
  }, [400, 'slow_down']],
  ['interval', 'two polls at once: one waits, one is too early', async (x) => {
    const asked = await x.asked();
    const both = await Promise.all([x.poll(asked), x.poll(asked)]);
    return { status: 400, error: both.map(({ error }) => error).sort().join() };
  }, [400, 'authorization_pending,slow_down']],
  ['interval', "one request's polls are not another's", async (x) => {
    const [one, other] = [await x.asked(), await x.asked()];
    await x.poll(one);
    return x.poll(other);
  }, [400, 'authorization_pending']],
  ['redeeming', 'no device_code', (x) => redeem(x, undefined), bad('device_code')],
  ['redeeming', 'an empty device_code', (x) => redeem(x, ''), bad('device_code')],
  ['redeeming', 'a device_code that nobody made', (x) => redeem(x, secret()), gone('activation_code_unknown')],
  ['redeeming', 'the user_code as device_code', async (x) => redeem(x, (await x.asked()).user_code), gone('activation_code_unknown')],
  ['redeeming', 'the scan token as device_code', async (x) => redeem(x, (await x.asked()).verification_uri_complete.split('=').at(-1)), gone('activation_code_unknown')],
  ['redeeming', 'an auth_req_id as device_code', async (x) => redeem(x, (await x.askedCiba()).auth_req_id), gone('activation_code_unknown')],
  ['redeeming', 'a device_code with the grant of codes', async (x) => x.redeem((await x.asked()).device_code, {}, { as: 'ehr', proof: undefined }), gone('activation_code_unknown')],
  ['redeeming', 'after its time', async (x) => {
    const asked = await x.asked();
    x.expire(asked);
    return x.poll(asked);
  }, [400, 'expired_token', { cause: 'activation_expired' }]],
  ['redeeming', 'approved, and fetched after its time', async (x) => {
    const asked = await x.approved();
    x.expire(asked);
    return x.poll(asked);
  }, [400, 'expired_token', { cause: 'activation_expired' }]],
  ['consumed', 'again after the minute in which an answer may be lost', async (x) => {
    const asked = await x.approved();
    await x.pass(asked);
    x.sql("UPDATE pass SET issued_at = issued_at - 61000 WHERE handoff_id = (SELECT id FROM handoff WHERE device_code = ?)", sha256(asked.device_code));
    return x.poll(asked);
  }, gone('activation_redeemed')],
  ['consumed', 'again after its pass was revoked', async (x) => {
    const asked = await x.approved();
    await x.revoke(await x.pass(asked));
    return x.poll(asked);
  }, gone('activation_redeemed')],
  ['consumed', 'by another client: it gets nothing', async (x) => {
    const asked = await x.approved();
    await x.pass(asked);
    return x.poll(asked, {}, { as: 'other' });
  }, gone('activation_redeemed_elsewhere')],
  ['consumed', 'by another client: what was made ends', async (x) => {
    const asked = await x.approved(), token = await x.pass(asked);
    await x.poll(asked, {}, { as: 'other' });
    return x.introspect(token);
  }, [200, null, { body: { active: false }, cause: 'activation_pass_not_active' }]],
  ['consumed', 'with another key than the first time', async (x) => {
    const asked = await x.approved({}, { as: 'key' });
    await x.poll(asked, {}, { as: 'key', proof: true });
    return x.poll(asked, {}, { as: 'key', proof: await x.proof('/token', {}, {}, x.stranger) });
  }, gone('activation_redeemed_elsewhere')],
  ['foreign client', 'before the approval', async (x) => x.poll(await x.asked(), {}, { as: 'other' }), gone('activation_code_of_another_client')],
  ['foreign client', 'before the approval: the request goes on', async (x) => {
    const asked = await x.asked();
    await x.poll(asked, {}, { as: 'other' });
    return x.poll(asked);
  }, [400, 'authorization_pending']],
  ['foreign client', 'after the approval', async (x) => x.poll(await x.approved(), {}, { as: 'other' }), gone('activation_code_of_another_client')],
  ['foreign client', 'after the approval: the request is over', async (x) => {
    const asked = await x.approved();
    await x.poll(asked, {}, { as: 'other' });
    return x.poll(asked);
  }, gone('activation_cancelled')],
  ['foreign client', 'of the same facility', async (x) => x.poll(await x.asked(), {}, { as: 'key', proof: true }), gone('activation_code_of_another_client')],
  ['foreign client', 'without any certificate', async (x) => x.poll(await x.approved(), { client_id: x.parties.ehr.client_id }, { as: 'nobody' }), [401, 'invalid_client', { cause: 'activation_client_certificate_missing' }]],
  ['foreign client', 'with a certificate that nobody registered', async (x) => {
    x.join('forged', { ...x.parties.ehr, ...x.selfSigned('forged', 'ehr-chuo') });
    return x.poll(await x.approved(), {}, { as: 'forged' });
  }, [401, 'invalid_client', { cause: 'activation_client_certificate_unknown' }]],
  ['key clients', 'no proof', async (x) => x.poll(await x.approved({}, { as: 'key' }), {}, { as: 'key' }), [400, 'invalid_request', { cause: 'activation_dpop_missing' }]],
  ['cancelled', 'by its client', async (x) => {
    const asked = await x.asked();
    await x.revoke(asked.device_code);
    return x.poll(asked);
  }, [400, 'invalid_grant', { description: /cancelled/, cause: 'activation_cancelled' }]],
  ['cancelled', 'after the approval', async (x) => {
    const asked = await x.approved();
    await x.revoke(asked.device_code);
    return x.poll(asked);
  }, [400, 'invalid_grant', { description: /cancelled/ }]],
  ['cancelled', 'the phone approves afterwards', async (x) => {
    const { asked, phone } = await scanned(x);
    await x.revoke(asked.device_code);
    return phone.approve(asked.number);
  }, [404, 'E-402', { cause: 'activation_already_decided' }]],
  ['cancelled', 'the phone scans afterwards', async (x) => {
    const asked = await x.asked();
    await x.revoke(asked.device_code);
    return x.phone().scan(asked.verification_uri_complete);
  }, [404, 'E-402', { cause: 'activation_request_unknown' }]],
  ['cancelled', 'a stranger cancels nothing', async (x) => {
    const asked = await x.asked();
    await x.revoke(asked.device_code, {}, { as: 'other' });
    return x.poll(asked);
  }, [400, 'authorization_pending']],
  ['cancelled', 'by the next request of its terminal', async (x) => {
    const asked = await x.asked({ terminal_id: 'desk-1' });
    await x.asked({ terminal_id: 'desk-1' });
    return x.poll(asked);
  }, [400, 'invalid_grant', { description: /newer request/, cause: 'activation_replaced' }]],
  ['cancelled', 'the oldest of four for one person', async (x) => {
    const asked = await x.asked({ login_hint: x.dentist.id });
    for (let i = 0; i < 3; ++i) await x.asked({ login_hint: x.dentist.id });
    return x.poll(asked);
  }, [400, 'invalid_grant', { description: /newer request/, cause: 'activation_replaced' }]],
  ['declined', 'the person says no', async (x) => {
    const { asked, phone } = await scanned(x);
    await phone.decline();
    return x.poll(asked);
  }, [400, 'access_denied', { description: /declined/, cause: 'activation_declined' }]],
  ['declined', 'and then yes', async (x) => {
    const { asked, phone } = await scanned(x);
    await phone.decline();
    return phone.approve(asked.number);
  }, [404, 'E-402', { cause: 'activation_already_decided' }]],
  ['declined', 'after having said yes', async (x) => (await x.approved()).phone.decline(), [404, 'E-402', { cause: 'activation_already_decided' }]],
  ['late', 'approve after expiry', async (x) => {
    const { asked, phone } = await scanned(x);
    x.expire(asked);
    return phone.approve(asked.number);
  }, [404, 'E-402', { cause: 'activation_expired' }]],
  ['late', 'approve after expiry: the EHR', async (x) => {
    const { asked, phone } = await scanned(x);
    x.expire(asked);
    await phone.approve(asked.number);
    return x.poll(asked);
  }, [400, 'expired_token']],
  ['late', 'scan after expiry', async (x) => {
    const asked = await x.asked();
    x.expire(asked);
    return x.phone().scan(asked.verification_uri_complete);
  }, [404, 'E-402', { cause: 'activation_expired' }]],
  ['scanning', 'a code that nobody made', (x) => x.phone().scan(`${x.issuer}/d#t=${secret()}`), [404, 'E-402', { cause: 'activation_request_unknown' }]],
  ['scanning', 'the device_code', async (x) => x.phone().scan(`#t=${(await x.asked()).device_code}`), [404, 'E-402', { cause: 'activation_request_unknown' }]],
  ['scanning', 'twice, the second phone', async (x) => {
    const { asked } = await scanned(x);
    return x.phone(x.dentist).scan(asked.verification_uri_complete);
  }, [409, 'E-401', { cause: 'activation_other_phone' }]],
  ['scanning', 'twice, the EHR', async (x) => {
    const { asked } = await scanned(x);
    await x.phone(x.dentist).scan(asked.verification_uri_complete);
    return x.poll(asked);
  }, [400, 'access_denied', { description: /second phone/, cause: 'activation_other_phone' }]],
  ['scanning', 'twice, the first phone approves afterwards', async (x) => {
    const { asked, phone } = await scanned(x);
    await x.phone(x.dentist).scan(asked.verification_uri_complete);
    return phone.approve(asked.number);
  }, [404, 'E-402', { cause: 'activation_already_decided' }]],
  ['scanning', 'A scans and B approves', async (x) => {
    const { asked, phone } = await scanned(x);
    const thief = Object.assign(x.phone(x.dentist), { token: phone.token, options: phone.options });
    return thief.approve(asked.number);
  }, [404, 'E-402', { cause: 'activation_not_owner' }]],
  ['scanning', 'A scans and B declines', async (x) => {
    const { phone } = await scanned(x);
    return Object.assign(x.phone(x.dentist), { token: phone.token }).decline();
  }, [404, 'E-402', { cause: 'activation_not_owner' }]],
  ['scanning', 'A scans and B asks how it stands', async (x) => {
    const { phone } = await scanned(x);
    return Object.assign(x.phone(x.dentist), { token: phone.token }).status();
  }, [404, 'E-402']],
  ['scanning', 'again after the approval by another phone', async (x) => x.phone(x.dentist).scan((await x.approved()).verification_uri_complete), [404, 'E-402', { cause: 'activation_request_unknown' }]],
  ['approving', 'a wrong number', async (x) => {
    const { asked, phone } = await scanned(x);
    return phone.approve(wrong(asked.number));
  }, [409, 'E-404', { cause: 'activation_wrong_number' }]],
  ['approving', 'a wrong number: the EHR', async (x) => {
    const { asked, phone } = await scanned(x);
    await phone.approve(wrong(asked.number));
    return x.poll(asked);
  }, [400, 'access_denied', { description: /number/, cause: 'activation_wrong_number' }]],
  ['approving', 'the right number after a wrong one', async (x) => {
    const { asked, phone } = await scanned(x);
    await phone.approve(wrong(asked.number));
    return phone.approve(asked.number);
  }, [404, 'E-402', { cause: 'activation_already_decided' }]],
  ['approving', 'a number of one digit', async (x) => {
    const { phone } = await scanned(x);
    return phone.approve('7');
  }, [422, 'E-405', { cause: 'activation_number_malformed' }]],
  ['approving', 'a number in full-width digits', async (x) => {
    const { phone } = await scanned(x);
    return phone.approve('１２');
  }, [422, 'E-405', { cause: 'activation_number_malformed' }]],
  ['approving', 'for somebody else', async (x) => {
    const { asked, phone } = await scanned(x, { login_hint: x.doctor.id }, x.dentist);
    return phone.approve(asked.number);
  }, [403, 'E-415', { cause: 'activation_other_person' }]],
  ['approving', 'for somebody else: the EHR still waits', async (x) => {
    const { asked, phone } = await scanned(x, { login_hint: x.doctor.id }, x.dentist);
    await phone.approve(asked.number);
    return x.poll(asked);
  }, [400, 'authorization_pending']],
  ['approving', 'where hardware is demanded, with a key of software', async (x) => {
    const { asked, phone } = await scanned(x, { acr_values: 'phrh' });
    return phone.approve(asked.number);
  }, [403, 'E-416', { cause: 'activation_key_not_hardware' }]],
  ['approving', 'with the answer to another question', async (x) => {
    const one = await scanned(x), other = await scanned(x);
    return one.phone.approve(one.asked.number, other.phone.sign());
  }, [403, 'E-403', { cause: 'webauthn_challenge_mismatch' }]],
  ['approving', 'with a question that a newer scan replaced', async (x) => {
    const { asked, phone } = await scanned(x), old = phone.sign();
    await phone.scan(asked.verification_uri_complete);
    return phone.approve(asked.number, old);
  }, [403, 'E-403', { cause: 'webauthn_challenge_mismatch' }]],
  ['approving', 'with a signature of one changed bit', async (x) => {
    const { asked, phone } = await scanned(x), answer = phone.sign();
    const bytes = Buffer.from(answer.response.signature, 'base64url');
    bytes[bytes.length - 1] ^= 1;
    answer.response.signature = bytes.toString('base64url');
    return phone.approve(asked.number, answer);
  }, [403, 'E-403', { cause: 'webauthn_signature_invalid' }]],
  ['approving', 'with a credential that nobody registered', async (x) => {
    const { asked, phone } = await scanned(x), answer = phone.sign();
    answer.id = answer.rawId = secret();
    return phone.approve(asked.number, answer);
  }, [403, 'E-403', { cause: 'activation_credential_unknown' }]],
  ['approving', 'browser back after the approval', async (x) => {
    const { asked, phone } = await scanned(x), answer = phone.sign();
    await phone.approve(asked.number, answer);
    return phone.approve(asked.number, answer);
  }, [404, 'E-402', { cause: 'activation_already_decided' }]],
  ['typing', 'a code that nobody has', (x) => x.phone().type('BBBB-BBBB-00'), [404, 'E-421', { cause: 'activation_user_code_unknown' }]],
  ['typing', 'no code at all', (x) => x.phone().type('1234'), [422, 'E-424', { cause: 'activation_user_code_malformed' }]],
  ['typing', 'the right letters and other digits', async (x) => {
    const { user_code, number } = await x.asked({ login_hint: x.doctor.id });
    return x.phone().type(user_code.slice(0, -2) + wrong(number));
  }, [404, 'E-421', { cause: 'activation_user_code_unknown' }]],
  ['typing', 'the code of a request that names nobody', async (x) => x.phone().type((await x.asked()).user_code), [404, 'E-421', { cause: 'activation_user_code_unknown' }]],
  ['typing', 'after its time', async (x) => {
    const asked = await x.asked({ login_hint: x.doctor.id });
    x.expire(asked);
    return x.phone().type(asked.user_code);
  }, [404, 'E-421', { cause: 'activation_user_code_unknown' }]],
  ['typing', 'the sixth wrong code in one browser', async (x) => {
    const phone = x.phone();
    for (let i = 0; i < 5; ++i) await phone.type('BBBB-BBBB-00');
    return phone.type('BBBB-BBBB-00');
  }, [429, 'E-422', { cause: 'activation_user_code_limit' }]],
  ['typing', 'a right code after five wrong ones', async (x) => {
    const phone = x.phone(), asked = await x.asked({ login_hint: x.doctor.id });
    for (let i = 0; i < 5; ++i) await phone.type('BBBB-BBBB-00');
    return phone.type(asked.user_code);
  }, [429, 'E-422', { cause: 'activation_user_code_limit' }]],
  ['typing', 'scan then type, on another phone', async (x) => {
    const { asked } = await scanned(x, { login_hint: x.doctor.id });
    return x.phone().type(asked.user_code);
  }, [409, 'E-401', { cause: 'activation_other_phone' }]],
  ['typing', 'scan then type, on another phone: the EHR', async (x) => {
    const { asked } = await scanned(x, { login_hint: x.doctor.id });
    await x.phone().type(asked.user_code);
    return x.poll(asked);
  }, [400, 'access_denied', { description: /second phone/, cause: 'activation_other_phone' }]],
  ['typing', 'scan then type, on the same phone: the scan\'s question is over', async (x) => {
    const { asked, phone } = await scanned(x, { login_hint: x.doctor.id }), old = phone.sign();
    await phone.type(asked.user_code);
    return phone.approve(asked.number, old);
  }, [403, 'E-403', { cause: 'webauthn_challenge_mismatch' }]],
  ['typing', 'type then scan, on another phone', async (x) => {
    const asked = await x.asked({ login_hint: x.doctor.id });
    await x.phone().type(asked.user_code);
    return x.phone(x.dentist).scan(asked.verification_uri_complete);
  }, [409, 'E-401', { cause: 'activation_other_phone' }]],
  ['own passes', 'the phone of somebody else asks for them', async (x) => {
    const { phone } = await x.approved();
    return Object.assign(x.phone(x.dentist), { token: phone.token }).passes();
  }, [404, 'E-402', { cause: 'activation_not_owner' }]],
  ['own passes', 'before the approval', async (x) => {
    const { phone } = await scanned(x);
    return phone.passes();
  }, [404, 'E-402', { cause: 'activation_not_owner' }]],
  ['own passes', "another person's pass", async (x) => {
    const asked = await x.asked({}, {}), { phone } = await x.approved();
    const other = await x.approve(asked, x.dentist);
    const [{ pass }] = (await other.passes()).body.passes;
    return phone.endPass(pass);
  }, [404, 'E-423', { cause: 'activation_own_pass_unknown' }]],
  ['own passes', 'ended by its person before it was fetched', async (x) => {
    const asked = await x.approved();
    const [{ pass }] = (await asked.phone.passes()).body.passes.filter(({ here }) => here);
    await asked.phone.endPass(pass);
    return x.poll(asked);
  }, [400, 'invalid_grant']],
] };
