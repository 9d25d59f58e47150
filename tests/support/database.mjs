// The sandbox's database, from beside the running server; in Python, because Node.js before 22 has no SQLite.
import { spawn } from 'node:child_process';
import path from 'node:path';

// Takes the write lock; resolves to what gives it back.
export async function holdWrites(sandbox) {
  const holder = spawn('python3', ['-c', `import sqlite3, sys
held = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
held.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.readline()
held.execute('ROLLBACK')`, path.join(sandbox.dir, 'tegata.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.once('close', () => reject(new Error('the lock was not taken')));
  });
  return () => new Promise((resolve) => {
    holder.once('close', resolve);
    holder.stdin.end('\n');
  });
}
