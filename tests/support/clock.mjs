// A clock that can be moved: what a sandbox with it does is the programs' own, only later. Debian's libfaketime stands
// between them and the system's clock, and reads from a file by how much they are ahead. With `passes`, time passes: a
// sandbox takes what is measured from the same clock. Otherwise the clock is set, which a server notices.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export function movableClock({ passes = true } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tegata-clock-'));
  const file = path.join(folder, 'ahead');
  let ahead = 0;
  const set = () => writeFileSync(file, `${ahead < 0 ? '' : '+'}${ahead}s\n`);
  set();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    // Measured spans stay as they are: only the time of day moves.
    env: { LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1', FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1', ...(passes ? { TEGATA_SANDBOX_TIME_PASSES: '1' } : {}) },
    forward(minutes) {
      ahead += minutes * 60;
      set();
    },
    setAhead(seconds) {
      ahead = seconds;
      set();
    },
  };
}
