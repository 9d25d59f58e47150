// What the running programs use: taken each second, a series for each life of a process.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { sleep } from '../support/sandbox.mjs';

const mebibyte = 1024 * 1024;

function read(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
  return { memory: number('VmRSS') / 1024, threads: number('Threads'), descriptors: countDescriptors(pid) };
}

// Of a process that may not be looked into, root alone can count them.
function countDescriptors(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch (error) {
    if (error.code === 'EACCES') return undefined;
    throw error;
  }
}

const countFiles = (folder) => readdirSync(folder, { recursive: true }).length;
const sizeOf = (file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

export class Figures {
  #running = true;
  #lives = new Map();
  // `expected`: how many files there are by now that are meant to be there.
  constructor(sandbox, expected) {
    Object.assign(this, { sandbox, expected });
    this.done = this.#take();
  }

  async #take() {
    for (; this.#running; await sleep(1000)) {
      const at = performance.now() / 1000;
      for (const [what, file] of [['server', 'server.pid'], ['proxy', 'haproxy.pid']]) this.#takeOf(what, file, at);
      this.#add('folder', 'folder', at, { files: countFiles(this.sandbox.dir) - this.expected(),
        wal: sizeOf(path.join(this.sandbox.dir, 'tegata.db-wal')) / mebibyte });
    }
  }

  #takeOf(what, file, at) {
    try {
      const pid = Number(readFileSync(path.join(this.sandbox.dir, file), 'utf8'));
      this.#add(what, `${what} ${pid}`, at, read(pid));
    } catch (error) {
      // Between two lives. A process that has ended and was not waited for has no memory any more.
      if (!['ENOENT', 'ESRCH'].includes(error.code) && !(error instanceof TypeError)) throw error;
    }
  }

  #add(what, name, at, figures) {
    if (!this.#lives.has(name)) this.#lives.set(name, { what, name, samples: [] });
    this.#lives.get(name).samples.push({ at, ...figures });
  }

  async stop() {
    this.#running = false;
    await this.done;
    return [...this.#lives.values()];
  }
}
