// Connections have a share: each origin of all, each source of an origin's; and a balancer's word on who connects counts,
// nobody else's.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { ask, handshake, startProxy } from '../support/proxy.mjs';
import { sleep, startSandbox, until } from '../support/sandbox.mjs';
import { head, logLines, portBase, send } from './wire.mjs';

let sandbox, proxy;
const open = [];
before(async () => (sandbox = await startSandbox({ portBase })));
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await proxy?.stop();
  proxy = undefined;
});
after(() => sandbox?.stop());

const start = async (name, settings) => (proxy = await startProxy(sandbox, { name, ...settings }));
const keep = async (origin, options) => {
  const socket = await handshake(proxy, origin, options);
  socket.on('error', () => {});
  open.push(socket);
  return socket;
};
const silent = (origin, from) => {
  const socket = net.connect({ host: '127.0.0.1', port: proxy.ports[origin], localAddress: from });
  socket.on('error', () => {});
  open.push(socket);
  return socket;
};

// Opened again a second after it was closed, as an attacker would. A dripping one sends what looks like the beginning of a
// handshake, byte by byte.
class Hostile {
  constructor(origin, from, dripping) {
    Object.assign(this, { origin, from, dripping, held: false, ended: false });
    this.open();
  }
  open() {
    if (this.ended) return;
    const begun = Date.now();
    this.socket = net.connect({ host: '127.0.0.1', port: proxy.ports[this.origin], localAddress: this.from });
    this.socket.on('connect', () => (this.held = true)).on('error', () => {});
    this.socket.on('close', () => {
      this.held = false;
      if (!this.ended) this.again = setTimeout(() => this.open(), Math.max(1000 - (Date.now() - begun), 100));
    });
    if (this.dripping) this.socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
  }
  drip() {
    if (this.held && this.dripping) this.socket.write(Buffer.from([0x01]));
  }
  end() {
    this.ended = true;
    clearTimeout(this.again);
    this.socket.destroy();
  }
}

describe('floods', () => {
  test('defect: 20 silent connections to one origin stopped the handshakes of another', async () => {
    await start('twenty', { haproxy: 'maxconn = 20' });
    for (let i = 0; i < 20; ++i) silent('public', `127.0.0.${i + 2}`);
    // First that they are enough: nobody else gets into the origin that they hold.
    await until('a full origin', () => handshake(proxy, 'public', { from: '127.0.1.1', within: 500 }).then((socket) => socket.destroy(), () => true));
    for (const origin of ['facility', 'card']) await keep(origin, { from: '127.0.1.1', within: 3000 });
  });

  test('5,000 silent or dripping connections from 50 sources: honest handshakes succeed', async (t) => {
    await start('flood', {});
    const all = Array.from({ length: 5000 }, (_, i) => new Hostile(i < 2500 ? 'public' : 'card', `127.0.0.${2 + (i % 50)}`, i % 2));
    const dripping = setInterval(() => all.forEach((each) => each.drip()), 500);
    try {
      const held = () => all.filter((each) => each.held).length;
      // Refused ones come again and again: what is held has settled where it stays the same for a while.
      let last = -1;
      await until('a steady flood', async () => {
        const before = last;
        last = held();
        await sleep(200);
        return Math.abs(last - before) < 50 && last > 3000;
      });
      const honest = { public: 0, card: 0 };
      const person = async (from) => {
        for (const origin of ['public', 'card']) {
          const socket = await keep(origin, { from });
          if (await ask(proxy, origin, socket, '/nothing') === 404) ++honest[origin];
        }
      };
      for (let i = 0; i < 10; ++i) await Promise.all(Array.from({ length: 10 }, (_, at) => person(`127.0.1.${1 + 10 * i + at}`)));
      t.diagnostic(`${last} of 5000 hostile connections held beside 100 honest people`);
      assert.deepEqual(honest, { public: 100, card: 100 });
      // The origin of pages has room for all; that of cards is three quarters full.
      assert.ok(last > 3000 && last < 3600, `${last} held`);
    } finally {
      clearInterval(dripping);
      for (const each of all) each.end();
    }
  });

  test('a known network has as much as so many sources; the narrowest that is named decides', async () => {
    await start('known', { haproxy: 'source_connections = 4', more: `[[limits.network]]\naddresses = ["127.2.3.0/24"]\nfactor = 2
[[limits.network]]\naddresses = ["127.2.0.0/16", "127.3.0.9"]\nfactor = 3` });
    const bounds = { '127.0.0.2': 4, '127.2.3.4': 8, '127.2.9.9': 12, '127.3.0.9': 12, '127.3.0.8': 4 };
    for (const [from, bound] of Object.entries(bounds)) {
      for (let i = 0; i < bound; ++i) await keep('public', { from });
      await assert.rejects(handshake(proxy, 'public', { from }), /ECONNRESET|closed before/, from);
    }
    await keep('facility', { from: '127.0.0.2' });  // a bound for each origin
  });

  test('who closes connections has them again, and too many in ten seconds are too many', async () => {
    await start('rate', { haproxy: 'source_connections = 4\nsource_rate = 12' });
    for (let i = 0; i < 12; ++i) (await handshake(proxy, 'public', { from: '127.0.0.2' })).destroy();
    await assert.rejects(handshake(proxy, 'public', { from: '127.0.0.2' }), /ECONNRESET|closed before/);
    await keep('public', { from: '127.0.0.3' });
  });
});

describe('the PROXY protocol', () => {
  const balancer = '127.0.0.9', stranger = '127.0.0.2';
  const told = (address) => `PROXY TCP${address.includes(':') ? 6 : 4} ${address} ${address.includes(':') ? '::1' : '127.0.0.1'} 4000 443\r\n`;
  const through = (address) => keep('public', { from: balancer, first: told(address) });
  const refused = (address) => assert.rejects(through(address).then((socket) => ask(proxy, 'public', socket, '/jwks')),
    /ECONNRESET|closed/, address);
  const remotes = (mark) => logLines(sandbox).slice(mark).filter((line) => line.event === 'request').map((line) => line.remote);

  test('of a configured balancer is believed, of a stranger refused; a balancer says it always', async () => {
    await start('balancer', { haproxy: `balancers = ["${balancer}/32"]` });
    const mark = logLines(sandbox).length;
    assert.equal(await ask(proxy, 'public', await through('192.0.2.7'), '/jwks'), 200);
    await until('its line', () => remotes(mark).includes('192.0.2.7'), { timeout: 3000 });
    await assert.rejects(keep('public', { from: stranger, first: told('192.0.2.8') }), /closed|ECONNRESET|wrong version|disconnected/i);
    await assert.rejects(keep('public', { from: balancer }), /closed|ECONNRESET|disconnected/i);
    assert.equal(await ask(proxy, 'public', await keep('public', { from: stranger }), '/jwks'), 200);
    await until('the line', () => remotes(mark).includes(stranger), { timeout: 3000 });
    assert.deepEqual(remotes(mark).filter((remote) => remote === '192.0.2.8' || remote === balancer), []);
  });

  test("its client's address is what the limits see: IPv4 whole, IPv6 by /64 and /48", async () => {
    await start('clients', { haproxy: `balancers = ["${balancer}"]\nsource_connections = 2` });
    const fill = async (address) => {
      const asked = await Promise.all([1, 2].map(async () => ask(proxy, 'public', await through(address), '/jwks')));
      assert.deepEqual(asked, [200, 200], address);
    };
    await fill('192.0.2.7');
    for (const same of ['192.0.2.7', '::ffff:192.0.2.7']) await refused(same);
    await fill('::ffff:192.0.2.8');
    await refused('192.0.2.8');
    await fill('2001:db8:1:1::1');
    await refused('2001:db8:1:1:ffff::2');
    for (const subnet of [2, 3, 4]) await fill(`2001:db8:1:${subnet}::1`);
    await refused('2001:db8:1:5::1');  // the /48 has had four times a source's share
    await fill('2001:db8:2:1::1');
    await keep('public', { from: stranger });
  });
});

// The preface by which HTTP/2 begins without ALPN (RFC 9113, section 3.4).
test('defect: a connection that began with the preface of HTTP/2 carried a hundred requests at a time', async () => {
  for (const origin of ['public', 'card', 'facility']) {
    const answer = await send(sandbox, { origin }, ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', Buffer.from('000000040000000000', 'hex')]);
    assert.equal(answer.status, 400, origin);
  }
});

describe('defect: any site could have a browser forget the cookies of ours', () => {
  test('a large head is forgiven where it is no cookie that makes it large', async () => {
    const large = 'a'.repeat(60_000);
    for (const name of ['Last-Event-ID', 'Ping-To', 'Ping-From']) {
      const answer = await send(sandbox, {}, [head('public', 'GET', '/', [`${name}: ${large}`])]);
      assert.equal(answer.status, 200, name);
    }
    const other = await send(sandbox, {}, [head('public', 'GET', '/', [`Referer: ${large}`, 'Cookie: a=1'])]);
    assert.equal(other.status, 400);
    assert.equal(other.headers['clear-site-data'], undefined);
    const cookies = await send(sandbox, {}, [head('public', 'GET', '/', [`Cookie: a=${large}`])]);
    assert.equal(cookies.status, 431);
    assert.equal(cookies.headers['clear-site-data'], '"cookies"');
  });
});
