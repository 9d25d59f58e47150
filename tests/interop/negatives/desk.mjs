// Everybody who takes part in the table against a running sandbox: EHRs known by a certificate or by a key, the
// signature service, people with phones, an operator at the database; and the ways that lead to where a row turns bad.
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bindPhone } from '../../support/bound_person.mjs';
import { sql } from '../../support/database.mjs';
import { Browser, fetchWith, until } from '../../support/sandbox.mjs';
import { read } from './answer.mjs';
import { Client, ok, sha256 } from './client.mjs';
import { sendRaw } from './wire.mjs';

// A phone with its owner's credential; of each browser one claim cookie.
export class Phone {
  constructor(desk, holder) {
    Object.assign(this, { desk, holder, browser: new Browser(desk.sandbox) });
  }
  async #call(what, body) {
    const named = this.request ? { request: this.request } : { token: this.token };
    const answer = await this.browser.call('POST', `/api/activation/${what}`, { ...named, ...body });
    return { ...answer, text: JSON.stringify(answer.body), error: answer.body?.code };
  }
  async scan(link) {
    this.token = /#t=(.+)$/.exec(link)[1];
    const answer = await this.#call('scan');
    this.options = answer.body?.publicKey ?? this.options;
    return answer;
  }
  // The code instead of the QR.
  async type(user_code) {
    const answer = await this.browser.call('POST', '/api/activation/type', { user_code });
    this.request = answer.body?.request ?? this.request;
    this.options = answer.body?.publicKey ?? this.options;
    return { ...answer, text: JSON.stringify(answer.body), error: answer.body?.code };
  }
  passes() { return this.#call('passes'); }
  endPass(pass) { return this.#call('end_pass', { pass }); }
  sign() { return this.holder.authenticator.get(this.options, this.holder.credential); }
  approve(number, credential = this.sign()) { return this.#call('approve', { number, credential }); }
  decline() { return this.#call('decline'); }
  status() { return this.#call('status'); }
}

export class Desk extends Client {
  constructor(sandbox) {
    const [client] = sandbox.key_clients;
    super({ secret: createPrivateKey(readFileSync(client.key)), kid: client.jwks.keys[0].kid, jwk: client.jwks.keys[0] });
    this.sandbox = sandbox;
    this.issuer = sandbox.issuer;
    this.audience = sandbox.signature_service.audience;
    const [ehr, other] = sandbox.facilities;
    this.parties = { ehr, other, key: client, service: sandbox.signature_service, nobody: {} };
    for (const [name, party] of Object.entries(this.parties)) this.join(name, party);
    this.plain = fetchWith(sandbox);
  }

  // A party by its name: those with a certificate at the facility origin, the one with a key at the public one.
  join(name, party) {
    const identity = party.cert ? { cert: party.cert, key: party.key } : {};
    const origin = name === 'key' ? this.issuer : this.sandbox.facility_origin;
    this.parties[name] = { ...party, fetch: fetchWith(this.sandbox, identity), origin };
  }

  // People. `holder` is a person and one credential.
  async enrol(index = 0) {
    const { person: id, authenticator } = await bindPhone(this.sandbox, index);
    return { id, authenticator, credential: authenticator.credentials.at(-1) };
  }
  async people() {
    this.doctor = await this.enrol(0);
    this.dentist = await this.enrol(1);
  }
  phone(holder = this.doctor) { return new Phone(this, holder); }

  // What a page of ours would send, from where the headers say; a path of the public origin; bytes as they are, with the
  // EHR's certificate at the facility origin.
  async page(place, body, headers, browser = { cookies: new Map() }) {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return read(await this.plain(this.issuer + place, { method: 'POST', body: JSON.stringify(body),
      headers: { cookie, origin: this.issuer, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...headers } }));
  }
  async wire(method, target, lines, body, host = new URL(this.sandbox.facility_origin).host) {
    const { cert, key } = this.parties.ehr;
    return read(await sendRaw(this.sandbox, { cert, key }, [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...lines, '', body].join('\r\n')));
  }
  async check(token, as) {
    return read(await this.parties[as].fetch(`${this.sandbox.signature_service.url}/check`, { method: 'POST', headers: { authorization: `Bearer ${token}` } }));
  }

  async approve(asked, holder = this.doctor) {
    const phone = this.phone(holder);
    ok(await phone.scan(asked.verification_uri_complete ?? asked.deep_link));
    ok(await phone.approve(asked.number));
    return phone;
  }
  // A browser that went to /authorize and came to the page; `call` makes the page's calls.
  async opened(changes = {}, as = 'key') {
    const browser = new Browser(this.sandbox);
    const sent = await browser.fetch(`${this.issuer}/authorize?${new URLSearchParams({ ...this.request(as), ...changes })}`, { redirect: 'manual' });
    const id = /#x=(.+)$/.exec(sent.headers.get('location') ?? '')?.[1];
    if (!id) throw new Error(`${sent.status} ${sent.headers.get('location')} ${await sent.text()}`);
    const [, name, value] = /^([^=]+)=([^;]+)/.exec(sent.headers.getSetCookie()[0]);
    browser.cookies.set(name, value);
    const call = (what, body = {}) => browser.call('POST', `/api/authorize/${what}`, { id, ...body });
    return { id, browser, call };
  }
  async approvedHere(changes, as) {
    const page = await this.opened(changes, as);
    const { publicKey } = ok(await page.call('options'));
    ok(await page.call('passkey', { credential: this.doctor.authenticator.get(publicKey, this.doctor.credential) }));
    return page;
  }
  async code(changes, as) {
    const page = await this.approvedHere(changes, as);
    return new URL(ok(await page.call('finish')).location).searchParams.get('code');
  }
  // An operator, and time that passes.
  sql(statement, ...values) {
    return sql(this.sandbox, statement, ...values);
  }
  expire(asked) {
    const code = sha256(asked.device_code ?? asked.auth_req_id ?? asked);
    if (this.sql('UPDATE handoff SET expires_at = created_at + 1 WHERE device_code = ?', code).changed !== 1) throw new Error('no such request');
  }
  // Runs `work` while the rows stand otherwise.
  async while(change, back, work) {
    if (this.sql(...change).changed < 1) throw new Error(`nothing changed: ${change}`);
    try {
      return await work();
    } finally {
      this.sql(...back);
    }
  }
  // A client's certificate that no authority signed.
  selfSigned(name, subject) {
    const [config, cert, key] = ['cnf', 'pem', 'key'].map((end) => path.join(this.sandbox.dir, `${name}.${end}`));
    writeFileSync(config, '[req]\ndistinguished_name = dn\n[dn]\n[ext]\nbasicConstraints = critical, CA:FALSE\n'
      + 'keyUsage = critical, digitalSignature\nextendedKeyUsage = clientAuth\n');
    execFileSync('openssl', ['req', '-x509', '-config', config, '-extensions', 'ext', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
      '-nodes', '-days', '30', '-subj', `/CN=${subject}`, '-keyout', key, '-out', cert], { stdio: 'pipe' });
    return { cert, key };
  }
  pem(file) { return readFileSync(file, 'latin1'); }
  thumbprint(file) { return createHash('sha256').update(new X509Certificate(readFileSync(file)).raw).digest(); }

  // Kills the server as a power cut would; its supervisor starts it again.
  async restart() {
    const file = path.join(this.sandbox.dir, 'server.pid');
    const pid = () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);
    const before = pid();
    process.kill(before, 'SIGKILL');
    await until('the next server', async () => pid() !== before && pid() > 0
      && (await this.plain(`${this.issuer}/jwks`).catch(() => ({ status: 0 }))).status === 200
      && (await this.post('/revoke', { token: 'x' })).status === 200, { timeout: 30_000 });
  }
}
