// System calls that fail when a test says so, in the real programs: tests/support/faults/module.cpp, loaded before them.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './sandbox.mjs';

export function faults() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tegata-faults-'));
  const file = path.join(folder, 'rules');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const write = (text) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  write('');
  return {
    env: { LD_PRELOAD: path.join(root, 'build/release/tests/libtegata-faults.so'), TEGATA_FAULTS: file },
    // `rules`: [call, name of the errno, how often (0: until `none`), part of the path]
    set: (...rules) => write(rules.map(([call, name, times = 0, where = '-']) =>
      `${call} ${constants.errno[name]} ${times} ${where}\n`).join('')),
    none: () => write(''),
  };
}
