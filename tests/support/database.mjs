// The sandbox's database, from beside the running server; in Python, because Node.js before 22 has no SQLite.
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';

const file = (sandbox) => path.join(sandbox.dir, 'tegata.db');

// One statement: how many rows it changed, and those that it gave, their blobs as hex. A Buffer goes in as a blob.
export function sql(sandbox, statement, ...values) {
  const sent = values.map((value) => (Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value));
  const [changed, rows] = JSON.parse(execFileSync('python3', ['-c', `import json, sqlite3, sys
values = [bytes.fromhex(value['hex']) if isinstance(value, dict) else value for value in json.loads(sys.argv[3])]
database = sqlite3.connect(sys.argv[1], timeout=20)
done = database.execute(sys.argv[2], values)
rows = done.fetchall()
database.commit()
print(json.dumps([done.rowcount, [[x.hex() if isinstance(x, bytes) else x for x in row] for row in rows]]))`,
  file(sandbox), statement, JSON.stringify(sent)], { encoding: 'utf8', maxBuffer: 1 << 28 }));
  return { changed, rows };
}

// Takes the write lock; resolves to what gives it back.
export async function holdWrites(sandbox) {
  const holder = spawn('python3', ['-c', `import sqlite3, sys
held = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
held.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.readline()
held.execute('ROLLBACK')`, file(sandbox)], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.once('close', () => reject(new Error('the lock was not taken')));
  });
  return () => new Promise((resolve) => {
    holder.once('close', resolve);
    holder.stdin.end('\n');
  });
}
