// The rest of our plan for the device grant: what changes between start, approval and redemption, and afterwards.
import { operate } from '../../support/operator.mjs';
import { grants, scope, secret } from './client.mjs';

const gone = (cause) => [400, 'invalid_grant', { cause }];

// A second certificate of the same client, registered by its operator.
const secondCertificate = (x) => {
  const made = x.selfSigned(`second-${secret().slice(0, 8)}`, 'ehr-chuo');
  const added = operate(x.sandbox, 'facility', 'certificate', 'add', x.parties.ehr.client_id, made.cert);
  if (added.code) throw new Error(JSON.stringify(added));
  x.join('ehr2', { ...x.parties.ehr, ...made });
  return 'ehr2';
};
// While an operator has suspended what `words` name: practitioner, facility, facility client.
const stopped = async (x, words, id, work = () => {}) => {
  const say = (what) => operate(x.sandbox, ...words.split(' '), what, id, '--reason', 'test');
  say('suspend');
  try {
    return await work();
  } finally {
    say('resume');
  }
};
const suspended = (x, work) => stopped(x, 'practitioner', x.doctor.id, work);
const shut = (x, work) => stopped(x, 'facility', x.parties.ehr.code, work);
const revokeCertificate = (x, as) => operate(x.sandbox, 'facility', 'certificate', 'revoke', '--reason', 'test',
  '--', x.thumbprint(x.parties[as].cert).toString('base64url'));
const isActive = async (x, token) => (await x.introspect(token)).body.active;

export default { plan: 'device grant, our own plan: standing', rows: [
  ['between approval and redemption', 'the facility is shut', async (x) => {
    const asked = await x.approved();
    return shut(x, () => x.poll(asked));
  }, [401, 'invalid_client', { cause: 'activation_facility_inactive' }]],
  ['between approval and redemption', 'the facility is shut and opened again', async (x) => {
    const asked = await x.approved();
    await shut(x);
    return x.poll(asked);
  }, gone('activation_cancelled')],
  ['between approval and redemption', 'the client is shut', async (x) => {
    const asked = await x.approved();
    return stopped(x, 'facility client', x.parties.ehr.client_id, () => x.poll(asked));
  }, [401, 'invalid_client', { cause: 'activation_client_inactive' }]],
  ['between approval and redemption', 'the certificate is revoked', async (x) => {
    const as = secondCertificate(x), asked = await x.approved({}, { as });
    revokeCertificate(x, as);
    return x.poll(asked, {}, { as });
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
    operate(x.sandbox, 'credential', 'revoke', '--reason', 'test', '--', Buffer.from(lost.credential.id).toString('base64url'));
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
    return shut(x, () => x.introspect(token));
  }, [200, null, { body: { active: false } }]],
  ['after redemption', 'the facility is shut and opened again: it stays ended', async (x) => {
    const token = await x.pass();
    await shut(x);
    return x.introspect(token);
  }, [200, null, { body: { active: false } }]],
  ['after redemption', 'another certificate is revoked: the pass stays', async (x) => {
    const token = await x.pass(), as = secondCertificate(x);
    revokeCertificate(x, as);
    const answer = await x.introspect(token);
    return { ...answer, error: `active: ${answer.body.active}` };
  }, [200, 'active: true']],
  ['after redemption', 'the certificate is revoked', async (x) => {
    const as = secondCertificate(x), { body } = await x.poll(await x.approved({}, { as }), {}, { as });
    revokeCertificate(x, as);
    return x.introspect(body.access_token);
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
