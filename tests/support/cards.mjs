// Cards that the sandbox has not: a sample card's own key and name, certified once more by its authority as `change` says.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const authorities = { 'hpki-auth': ['hpki-advertise.pem', 'hpki-authentication.key'], 'jpki-auth': ['jpki-advertise.pem', 'jpki.key'] };
let serial = 770_000;

// `extensions`: lines of an openssl file, in place of all that the sample has; `ahead`: how much later its life begins.
export function certifyAgain(sandbox, card, { extensions, ahead = '+0d' }) {
  const pki = (name) => path.join(sandbox.dir, 'pki', name);
  const [authority, key] = authorities[card.kind];
  serial += 1;
  const made = path.join(sandbox.dir, `again-${serial}`);
  const openssl = (...words) => execFileSync('faketime', ['-f', ahead, 'openssl', 'x509', ...words], { stdio: 'pipe' });
  const asSample = extensions ? [] : ['-copy_extensions', 'copyall'];
  openssl('-x509toreq', '-in', card.cert, '-signkey', card.key, ...asSample, '-out', `${made}.csr`);
  if (extensions) writeFileSync(`${made}.ext`, `${extensions.join('\n')}\n`);
  openssl('-req', '-in', `${made}.csr`, '-CA', pki(authority), '-CAkey', pki(key), '-set_serial', String(serial), '-days', '365',
    ...(extensions ? ['-extfile', `${made}.ext`] : asSample), '-out', `${made}.pem`);
  return { ...card, cert: `${made}.pem` };
}
