// One request written byte by byte at the facility origin, for what no HTTP client would send.
import { readFileSync } from 'node:fs';
import tls from 'node:tls';

export function sendRaw(sandbox, { cert, key }, bytes) {
  const { port } = new URL(sandbox.facility_origin);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca: sandbox.ca, servername: 'localhost',
      cert: readFileSync(cert), key: readFileSync(key) });
    let text = '';
    const whole = () => text.includes('\r\n\r\n')
      && Buffer.byteLength(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1') >= Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Infinity);
    const finish = () => {
      socket.destroy();
      if (!text) return reject(new Error('closed without an answer'));
      resolve(parse(text));
    };
    socket.setTimeout(15_000, () => socket.destroy(new Error('no answer')));
    socket.on('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (whole()) finish();
    });
    socket.on('close', finish);
    socket.on('secureConnect', () => socket.write(bytes));
  });
}

// As fetch would give it.
function parse(text) {
  const end = text.indexOf('\r\n\r\n');
  const [first, ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Headers(lines.map((line) => /^([^:]+):\s*(.*)$/.exec(line).slice(1)));
  return { status: Number(first.split(' ')[1]), headers, text: async () => Buffer.from(text.slice(end + 4), 'latin1').toString('utf8') };
}
