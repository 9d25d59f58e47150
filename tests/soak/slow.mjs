// Clients that hold connections and say little: nothing at all, the beginning of a handshake octet by octet, or a request's
// head octet by octet. Closed by the proxy, they come again.
import net from 'node:net';
import tls from 'node:tls';

const kinds = ['silent', 'handshake', 'head'];

class SlowClient {
  constructor(sandbox, kind, port) {
    Object.assign(this, { sandbox, kind, port, closed: 0, ended: false });
    this.open();
  }
  open() {
    if (this.ended) return;
    const raw = net.connect({ host: '127.0.0.1', port: this.port, localAddress: '127.0.0.2' });
    this.socket = this.kind === 'head' ? tls.connect({ socket: raw, ca: this.sandbox.ca, servername: this.sandbox.host }) : raw;
    for (const each of new Set([raw, this.socket])) each.on('error', () => {});
    raw.on('close', () => {
      this.closed += 1;
      this.again = setTimeout(() => this.open(), 1000);
    });
    if (this.kind === 'handshake') raw.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    if (this.kind === 'head') this.socket.write('GET /jwks HTTP/1.1\r\nX-Slow: ');
  }
  drip() {
    if (this.kind !== 'silent' && !this.socket.destroyed) this.socket.write('a');
  }
  end() {
    this.ended = true;
    clearTimeout(this.again);
    this.socket.destroy();
  }
}

// `each` of every kind at every origin of the sandbox; `stop` resolves to how often the proxy closed one.
export function slowClients(sandbox, each) {
  const ports = [0, 1, 2].map((origin) => sandbox.portBase + origin);
  const all = ports.flatMap((port) => kinds.flatMap((kind) => Array.from({ length: each }, () => new SlowClient(sandbox, kind, port))));
  const dripping = setInterval(() => all.forEach((client) => client.drip()), 500);
  return {
    stop() {
      clearInterval(dripping);
      const closed = all.reduce((sum, client) => sum + client.closed, 0);
      for (const client of all) client.end();
      return closed;
    },
  };
}
