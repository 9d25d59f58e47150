// A plan of our own for the device grant: polling, who may fetch, what the phone may do, and what changes between start,
// approval and redemption.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { operate } from '../../support/operator.mjs';
import { sleep } from '../../support/sandbox.mjs';
import { grants, scope, secret, sha256 } from './client.mjs';

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

// A second certificate of the same client, registered by its operator, and one that nobody registered.
const identity = (x, name, subject) => {
  const [cert, key] = ['pem', 'key'].map((end) => path.join(x.sandbox.dir, `${name}.${end}`));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj',
    `/CN=${subject}`, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  return { cert, key };
};
const secondCertificate = (x) => {
  const made = identity(x, `second-${secret().slice(0, 8)}`, 'ehr-chuo');
  x.sql('INSERT INTO client_certificate (thumbprint, client_id, not_before, not_after, active) SELECT ?, client_id, not_before, not_after, 1 '
    + 'FROM client_certificate WHERE thumbprint = ?', x.thumbprint(made.cert), x.thumbprint(x.parties.ehr.cert));
  x.join('ehr2', { ...x.parties.ehr, ...made });
  return 'ehr2';
};
const standing = (x, table, key, value, work) => x.while([`UPDATE ${table} SET active = 0 WHERE ${key} = ?`, value],
  [`UPDATE ${table} SET active = 1 WHERE ${key} = ?`, value], work);
const suspended = async (x, work) => {
  operate(x.sandbox, 'practitioner', 'suspend', x.doctor.id, '--reason', 'test');
  try {
    return await work();
  } finally {
    operate(x.sandbox, 'practitioner', 'resume', x.doctor.id, '--reason', 'test');
  }
};
const isActive = async (x, token) => (await x.introspect(token)).body.active;

export default { plan: 'device grant, our own plan', rows: [
  ['asking', 'no scope', (x) => x.device({ scope: undefined }), [400, 'invalid_scope']],
  ['asking', 'a scope that the client may not have', (x) => x.device({ scope: 'openid admin' }), [400, 'invalid_scope']],
  ['asking', 'for a service that the client may not use', (x) => x.device({ resource: 'https://elsewhere.example' }), [400, 'invalid_target']],
  ['asking', 'a resource of 1,001 bytes', (x) => x.device({ resource: `https://e.example/${'r'.repeat(990)}` }), bad('resource')],
  ['asking', 'a level that cannot be reached', (x) => x.device({ acr_values: 'urn:loa:9' }), [400, 'unmet_authentication_requirements']],
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
    x.join('forged', { ...x.parties.ehr, ...identity(x, 'forged', 'ehr-chuo') });
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
  }, [403, 'E-403', { cause: 'activation_other_person' }]],
  ['approving', 'for somebody else: the EHR still waits', async (x) => {
    const { asked, phone } = await scanned(x, { login_hint: x.doctor.id }, x.dentist);
    await phone.approve(asked.number);
    return x.poll(asked);
  }, [400, 'authorization_pending']],
  ['approving', 'where hardware is demanded, with a key of software', async (x) => {
    const { asked, phone } = await scanned(x, { acr_values: 'phrh' });
    return phone.approve(asked.number);
  }, [403, 'E-403', { cause: 'activation_not_device_bound' }]],
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
  ['between approval and redemption', 'the facility is shut', async (x) => {
    const asked = await x.approved();
    return standing(x, 'facility', 'code', x.parties.ehr.code, () => x.poll(asked));
  }, [401, 'invalid_client', { cause: 'activation_facility_inactive' }]],
  ['between approval and redemption', 'the client is shut', async (x) => {
    const asked = await x.approved();
    return standing(x, 'client', 'client_id', x.parties.ehr.client_id, () => x.poll(asked));
  }, [401, 'invalid_client', { cause: 'activation_client_inactive' }]],
  ['between approval and redemption', 'the certificate is revoked', async (x) => {
    const asked = await x.approved();
    return standing(x, 'client_certificate', 'thumbprint', x.thumbprint(x.parties.ehr.cert), () => x.poll(asked));
  }, [401, 'invalid_client', { cause: 'activation_client_certificate_inactive' }]],
  ['between approval and redemption', 'the certificate runs out', async (x) => {
    const asked = await x.approved(), own = x.thumbprint(x.parties.ehr.cert);
    const { rows: [[end]] } = x.sql('SELECT not_after FROM client_certificate WHERE thumbprint = ?', own);
    return x.while(['UPDATE client_certificate SET not_after = 1 WHERE thumbprint = ?', own],
      ['UPDATE client_certificate SET not_after = ? WHERE thumbprint = ?', end, own], () => x.poll(asked));
  }, [401, 'invalid_client', { cause: 'activation_client_certificate_expired' }]],
  ['between approval and redemption', 'the person is suspended', async (x) => {
    const asked = await x.approved();
    return suspended(x, () => x.poll(asked));
  }, gone('activation_cancelled')],
  ['between approval and redemption', 'the person is suspended and resumed', async (x) => {
    const asked = await x.approved();
    await suspended(x, () => {});
    return x.poll(asked);
  }, gone('activation_cancelled')],
  ['between approval and redemption', "the person's second certificate runs out", async (x) => {
    const asked = await x.approved();
    const { rows: [[end]] } = x.sql('SELECT second_certificate_not_after FROM practitioner WHERE id = ?', x.doctor.id);
    return x.while(['UPDATE practitioner SET second_certificate_not_after = 1 WHERE id = ?', x.doctor.id],
      ['UPDATE practitioner SET second_certificate_not_after = ? WHERE id = ?', end, x.doctor.id], () => x.poll(asked));
  }, gone('activation_practitioner_not_in_good_standing')],
  ['between approval and redemption', 'the credential is removed', async (x) => {
    const lost = await x.enrol(0);
    const asked = await x.asked();
    await x.approve(asked, lost);
    operate(x.sandbox, 'credential', 'revoke', Buffer.from(lost.credential.id).toString('base64url'), '--reason', 'test');
    return x.poll(asked);
  }, [400, 'invalid_grant']],
  ['between start and poll', 'the certificate is swapped', async (x) => {
    const asked = await x.approved();
    return x.poll(asked, {}, { as: secondCertificate(x) });
  }, gone('activation_code_of_another_client')],
  ['between start and poll', 'the certificate is swapped: the request is over', async (x) => {
    const asked = await x.approved();
    await x.poll(asked, {}, { as: secondCertificate(x) });
    return x.poll(asked);
  }, gone('activation_cancelled')],
  ['after redemption', 'the person is suspended', async (x) => {
    const token = await x.pass();
    return suspended(x, () => x.introspect(token));
  }, [200, null, { body: { active: false } }]],
  ['after redemption', 'the person is suspended and resumed: it stays ended', async (x) => {
    const token = await x.pass();
    await suspended(x, () => {});
    return x.introspect(token);
  }, [200, null, { body: { active: false } }]],
  ['after redemption', 'the facility is shut', async (x) => {
    const token = await x.pass();
    return standing(x, 'facility', 'code', x.parties.ehr.code, () => x.introspect(token));
  }, [200, null, { body: { active: false } }]],
  ['after redemption', 'the certificate is revoked', async (x) => {
    const token = await x.pass();
    return standing(x, 'client_certificate', 'thumbprint', x.thumbprint(x.parties.ehr.cert), () => x.introspect(token));
  }, [200, null, { body: { active: false } }]],
  ['restart in the middle', 'a request that waits still waits', async (x) => {
    const asked = await x.asked();
    await x.restart();
    return x.poll(asked);
  }, [400, 'authorization_pending']],
  ['restart in the middle', 'what was cancelled before stays so, what was approved is good and is one', async (x) => {
    const [cancelled, approved] = [await x.asked(), await x.approved()];
    await x.revoke(cancelled.device_code);
    await x.restart();
    const token = await x.pass(approved);
    if (!(await isActive(x, token))) throw new Error('the approval was lost');
    return x.poll(cancelled);
  }, gone('activation_cancelled')],
  ['restart in the middle', 'an assertion and a proof that were used before', async (x) => {
    const [client_assertion, proof] = [await x.assertion(), await x.proof()];
    await x.post('/token', { grant_type: grants.device, device_code: secret(), client_assertion }, { as: 'key', proof });
    await x.restart();
    const replayed = await x.post('/token', { grant_type: grants.device, device_code: secret() }, { as: 'key', proof });
    if (replayed.error !== 'invalid_dpop_proof') throw new Error(`the proof was taken twice: ${replayed.text}`);
    return x.device({ scope, client_assertion }, { as: 'key' });
  }, [401, 'invalid_client', { cause: 'activation_assertion_replayed' }]],
] };
