// A sandbox with the national system's profile turned on.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSandbox } from './sandbox.mjs';

export const redirect_uri = 'http://hpkicardless-clientadapter-server:3000/authfido/callback';
export const audience = 'https://signature.sandbox.invalid';

export function startDeployed() {
  const dir = mkdtempSync(path.join(tmpdir(), 'tegata-deployed-'));
  writeFileSync(path.join(dir, 'further.toml'),
    `[deployed_profile]\nfacility = "1312345678"\nredirect_uri = "${redirect_uri}"\naudience = "${audience}"\n`);
  return startSandbox({ dir });
}
