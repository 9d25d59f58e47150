// One person with a card, phones and passes, who does one thing after the other. What the server says to him is held against
// the ledger at once; what he is told goes into it.
import { Authenticator } from '../support/authenticator.mjs';
import { issueTicket, operateBeside } from '../support/operator.mjs';
import { Browser, sleep } from '../support/sandbox.mjs';
import { callback, ok, sha256 } from '../interop/negatives/client.mjs';
import { Phone } from '../interop/negatives/desk.mjs';
import { judgeStanding } from './ledger.mjs';

const secretOf = (url) => /#t=(.+)$/.exec(url)[1];
const mostPhones = 4;

export class Person {
  phones = [];   // of the ledger, with {authenticator, credential, browser, label}
  passes = [];
  finished = 0;  // jobs
  renamed = 0;
  mustCheck = false;

  constructor(desk, index, chance, ledger) {
    Object.assign(this, { desk, chance, ledger, sandbox: desk.sandbox });
    this.card = this.sandbox.card('good', 'hpki-auth', index);
    this.id = this.card.practitioner_id;
  }

  // Each kind once, then by chance.
  async live(isOver, stumbled) {
    const first = [this.bindByCard, this.activate, this.introspect, this.bindByTicket, this.bindByCard, this.rename, this.askAndLeave, this.revokePass,
      this.removeOnPage, this.bindByCard, this.removeByOperator];
    while (!isOver()) {
      const job = this.mustCheck ? this.check : first.shift() ?? this.#next();
      try {
        await job.call(this);
        this.finished += 1;
      } catch (error) {
        this.mustCheck = true;
        stumbled(this, job.name, error);
        await sleep(200);
      }
      await sleep(this.chance.between(100, 400));
    }
  }

  #next() {
    const many = this.phones.length;
    if (many === 0) return this.bindByCard;
    if (many >= mostPhones) return this.chance.happens(0.5) ? this.removeOnPage : this.removeByOperator;
    return this.chance.weighed([[this.activate, 6], [this.introspect, 10], [this.askAndLeave, 1], [this.revokePass, 1], [this.rename, 1],
      [this.bindByCard, 1], [this.bindByTicket, 0.3], [this.removeOnPage, many > 1 ? 0.5 : 0], [this.removeByOperator, many > 1 ? 0.5 : 0]]);
  }

  // --- phones
  async bindByCard() {
    const pc = new Browser(this.sandbox), browser = new Browser(this.sandbox);
    ok(await pc.logIn(this.card));
    const ticket = secretOf(ok(await pc.call('POST', '/api/enrollment', {}), 201).url);
    const claim = ok(await browser.call('POST', '/api/phone/claim', { ticket, platform_authenticator: true, touch_points: 5 }));
    ok(await pc.call('POST', '/api/enrollment/confirm', { number: claim.match_number }));
    await this.#register(browser, ticket);
  }

  async bindByTicket() {
    const issued = await issueTicket(this.sandbox, this.id, this.chance.oneOf(['mailed', 'portal']), operateBeside);
    if (!issued.url) throw new Error(`ticket issue: ${JSON.stringify(issued)}`);
    const browser = new Browser(this.sandbox), ticket = secretOf(issued.url);
    ok(await browser.call('POST', '/api/phone/claim', { ticket, password: issued.password, platform_authenticator: true, touch_points: 5 }));
    await this.#register(browser, ticket);
    this.ledger.count('tickets used');
  }

  async #register(browser, ticket) {
    const authenticator = new Authenticator(this.sandbox.public_origin);
    const { publicKey } = ok(await browser.call('POST', '/api/phone/options', { ticket }));
    const made = authenticator.create(publicKey);
    const facts = { id: made.id, authenticator, credential: authenticator.credentials[0], browser };
    this.unanswered = facts;  // until it is acknowledged
    const { label } = ok(await browser.call('POST', '/api/phone/register', { ticket, credential: made }));
    this.#keep({ ...facts, label });
    await browser.call('POST', '/api/phone/label', { ticket });
  }

  #keep(facts) {
    this.unanswered = null;
    this.phones.push(this.ledger.bound(facts));
  }

  // Signs in at /devices by a phone, which must see the phones that he has.
  async #signIn(phone) {
    const browser = new Browser(this.sandbox);
    const { publicKey } = ok(await browser.call('POST', '/api/devices/login/options', {}));
    ok(await browser.call('POST', '/api/devices/login', { credential: phone.authenticator.get(publicKey, phone.credential) }));
    this.#compare(ok(await browser.call('GET', '/api/devices')).devices);
    this.ledger.count('signed in at /devices');
    return browser;
  }

  async rename() {
    const phone = this.chance.oneOf(this.phones), label = `電話 ${++this.renamed}`;
    const browser = await this.#signIn(phone);
    phone.label = null;  // the old or the new one
    ok(await browser.call('POST', '/api/devices/rename', { credential_id: phone.id, label }));
    phone.label = label;
    this.ledger.renames.push([phone.id, label]);
  }

  async removeOnPage() {
    const [phone, other] = this.chance.shuffled(this.phones);
    const browser = await this.#signIn(other);
    await this.ledger.endingPhone(phone, 'credential_removed', async () =>
      ok(await browser.call('POST', '/api/devices/remove', { credential_id: phone.id })));
    this.#without(phone);
  }

  async removeByOperator() {
    const phone = this.chance.oneOf(this.phones);
    await this.ledger.endingPhone(phone, 'credential_revoked', async () => {
      const done = await operateBeside(this.sandbox, 'credential', 'revoke', '--reason', 'lost', '--', phone.id);
      if (!done.ok) throw new Error(`credential revoke: ${JSON.stringify(done)}`);
    });
    this.#without(phone);
  }

  #without(phone) {
    this.phones = this.phones.filter((each) => each !== phone);
  }

  // --- passes
  async activate() {
    const since = this.ledger.upheavals;
    const phone = this.chance.oneOf(this.phones);
    const way = this.chance.oneOf([this.#byDeviceCode, this.#byDeviceCode, this.#byCiba, this.#byCode]);
    const { token, client } = await way.call(this, phone);
    this.passes.push(this.ledger.issued({ token, phone, client, since }));
  }

  async #byDeviceCode(phone) {
    const as = this.chance.oneOf(['ehr', 'other']);
    const asked = await this.desk.asked({ terminal_id: this.id, terminal_name: '端末' }, { as });
    if (this.chance.happens(0.3)) await this.#pending(asked, { as });
    await this.#approve(phone, asked, sha256(asked.device_code));
    return { token: await this.#fetch(() => this.desk.poll(asked, {}, { as })), client: as };
  }

  async #byCiba(phone) {
    const asked = await this.desk.askedCiba({ login_hint: this.id }, { as: 'key' });
    await this.#approve(phone, asked, sha256(asked.auth_req_id));
    return { token: await this.#fetch(() => this.desk.poll(asked, {}, { as: 'key', proof: true })), client: 'key' };
  }

  async #byCode(phone) {
    const page = await this.desk.opened();
    const { publicKey } = ok(await page.call('options'));
    ok(await page.call('passkey', { credential: phone.authenticator.get(publicKey, phone.credential), ...this.#role() }));
    const code = new URL(ok(await page.call('finish')).location).searchParams.get('code');
    return { token: await this.#fetch(() => this.desk.redeem(code, { redirect_uri: callback })), client: 'key' };
  }

  #role() {
    return this.card.roles?.length > 1 ? { role: this.card.roles[0] } : {};
  }

  async #approve(phone, asked, code) {
    const holder = { authenticator: phone.authenticator, credential: phone.credential };
    const browser = new Phone(this.desk, holder);
    ok(await browser.scan(asked.verification_uri_complete ?? asked.deep_link));
    ok(await browser.browser.call('POST', '/api/activation/approve', { token: browser.token, number: asked.number, credential: browser.sign(), ...this.#role() }));
    this.ledger.count('approvals');
    this.ledger.approvals.push(code.toString('hex'));
  }

  async #pending(asked, options) {
    const answer = await this.desk.poll(asked, {}, options);
    if (answer.body?.error !== 'authorization_pending') throw new Error(`${answer.status} ${answer.text}`);
    this.ledger.count('polls');
  }

  // As a client does: it asks again where the answer did not come, and gets the same pass.
  async #fetch(ask) {
    const end = Date.now() + 40_000;
    for (;;) {
      const answer = await ask().catch((error) => ({ status: 503, text: String(error) }));
      if (answer.status === 200) return answer.body.access_token;
      if (Date.now() > end || (answer.status !== 503 && answer.body?.error !== 'slow_down')) throw new Error(`${answer.status} ${answer.text}`);
      await sleep(answer.status === 503 ? 200 : 2100);
    }
  }

  async askAndLeave() {
    const asked = await this.desk.asked();
    await this.#pending(asked);
  }

  async revokePass() {
    const pass = this.#one(({ standing }) => standing === 'there');
    if (!pass) return;
    await this.ledger.ending([pass], 'revoked_by_client', async () =>
      ok(await this.desk.revoke(pass.token, {}, { as: pass.client, ...(pass.client === 'key' ? { proof: true } : {}) })));
  }

  async introspect() {
    const pass = this.#one(() => true);
    if (pass) await this.judge(pass);
  }

  #one(which) {
    const some = this.passes.slice(-20).filter(which);
    return some.length > 0 ? this.chance.oneOf(some) : null;
  }

  // By certificate or by assertion; judged where nothing changed meanwhile.
  async judge(pass) {
    const before = this.ledger.standingOf(pass);
    const active = await this.desk.isActive(pass.token, this.chance.oneOf(['certificate', 'assertion']));
    this.ledger.count('introspections');
    if (this.ledger.standingOf(pass) === before) judgeStanding(this.ledger, pass, active);
  }

  // --- what he knows, beside what the server says
  async check() {
    const answer = await operateBeside(this.sandbox, 'credential', 'list', '--practitioner', this.id);
    if (!answer.ok) throw new Error(`credential list: ${JSON.stringify(answer)}`);
    this.#adopt(answer.credentials);
    this.#compare(answer.credentials);
    for (const pass of this.passes.slice(-5)) await this.judge(pass);
    this.mustCheck = false;
    this.ledger.count('checks after a stop');
  }

  // What was in doubt is not, once it is seen.
  #adopt(listed) {
    const there = new Set(listed.map(({ credential_id: id }) => id));
    if (this.unanswered && there.has(this.unanswered.id)) this.#keep({ ...this.unanswered, label: null });
    this.unanswered = null;
    for (const phone of this.phones.filter(({ doubts }) => doubts.size > 0)) this.#settle(phone, there.has(phone.id));
  }

  #settle(phone, isThere) {
    const [why] = phone.doubts;
    for (const thing of [phone, ...this.ledger.passesOf(phone)].filter(({ ended, doubts }) => !ended && doubts.has(why))) {
      if (isThere) thing.doubts.delete(why);
      else thing.ended = why;
    }
    if (!isThere) this.#without(phone);
  }

  #compare(listed) {
    const labels = new Map(listed.map(({ credential_id: id, label }) => [id, label]));
    for (const phone of this.phones) {
      if (!labels.has(phone.id)) this.ledger.problem(`phone ${phone.id} of ${this.id} is not listed`);
      else if (phone.label === null) phone.label = labels.get(phone.id);
      else if (labels.get(phone.id) !== phone.label) this.ledger.problem(`phone ${phone.id} is called ${labels.get(phone.id)}, not ${phone.label}`);
      labels.delete(phone.id);
    }
    for (const id of labels.keys()) this.ledger.problem(`phone ${id} of ${this.id} is listed, and was removed or never asked for`);
  }
}
