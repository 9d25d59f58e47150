// What the FIDO Alliance would publish about models of phones, signed by an authority of the test's own.
import { execFileSync } from 'node:child_process';
import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const b64u = (data) => Buffer.from(data).toString('base64url');

// An authority in `folder`; `anchor` is the file that a configuration names, `publish` writes a BLOB and resolves to its file.
export function metadataAuthority(folder) {
  const at = (name) => path.join(folder, name);
  const openssl = (...words) => execFileSync('openssl', words, { stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', at('mds-root.key'), '-out', at('mds-root.pem'), '-subj', '/O=Sample Metadata/CN=Root',
    '-days', '90', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  openssl('req', ...newKey, '-keyout', at('mds.key'), '-out', at('mds.csr'), '-subj', '/O=Sample Metadata/CN=mds.fidoalliance.org');
  writeFileSync(at('mds.ext'), 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectAltName=DNS:mds.fidoalliance.org\n');
  openssl('x509', '-req', '-in', at('mds.csr'), '-CA', at('mds-root.pem'), '-CAkey', at('mds-root.key'), '-set_serial', '2', '-days', '90',
    '-extfile', at('mds.ext'), '-out', at('mds.pem'));
  const header = { alg: 'ES256', x5c: [new X509Certificate(readFileSync(at('mds.pem'))).raw.toString('base64')] };
  const key = createPrivateKey(readFileSync(at('mds.key')));
  return {
    anchor: at('mds-root.pem'),
    publish(number, entries) {
      const soon = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
      const signed = [header, { legalHeader: 'sample', no: number, nextUpdate: soon, entries }].map((part) => b64u(JSON.stringify(part))).join('.');
      const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
      writeFileSync(at(`mds-${number}.jwt`), `${signed}.${b64u(signature)}`);
      return at(`mds-${number}.jwt`);
    },
  };
}

// One model and what is reported of it, newest last.
export const model = (aaguid, ...statuses) => ({ aaguid, timeOfLastStatusChange: '2024-01-01',
  metadataStatement: { description: 'Sample model', aaguid, authenticationAlgorithms: ['secp256r1_ecdsa_sha256_raw', 'ed25519_eddsa_sha512_raw'],
    attestationTypes: ['basic_full', 'basic_surrogate'], attestationRootCertificates: [] },
  statusReports: statuses.map((status) => ({ status, effectiveDate: '2024-01-01' })) });
