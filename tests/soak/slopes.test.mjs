// The judge of a soak, before figures that were made up: what grows is found, what only moves is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chance } from './chance.mjs';
import { judge, slope } from './slopes.mjs';

const quiet = { memory: 60, descriptors: 30, threads: 274 };

// A life of `seconds`, whose figures move about their level; `leak`: what each rises by in a second.
function life(seconds, leak = {}, { what = 'server', level = quiet } = {}) {
  const chance = new Chance('slopes');
  const samples = Array.from({ length: seconds + 1 }, (_, at) => ({ at: 1000 + at, ...Object.fromEntries(Object.entries(level)
    .map(([figure, value]) => [figure, value + chance.between(-3, 3) + at * (leak[figure] ?? 0)])) }));
  return { what, name: `${what} 17`, samples };
}
const problems = (...made) => judge(life(...made)).problems;

test('a line through points is theirs', () => {
  assert.equal(slope([1, 2, 3], [10, 12, 14]), 2);
  assert.equal(slope([1], [10]), 0);
});

test('a life whose figures only move is good, a short one as a long one', () => {
  for (const seconds of [0, 1, 20, 60, 240, 3600, 8 * 3600]) assert.deepEqual(problems(seconds), [], `${seconds} s`);
});

test('planted leaks are found, and named with figure and rate', () => {
  assert.match(problems(240, { descriptors: 0.2 })[0], /^server 17: descriptors rose by 3\d\.?\d* in 180 s, which is 7\d\d(\.\d)? an hour, and 24\.3 are allowed in that time$/);
  assert.match(problems(240, { memory: 0.2 })[0], /^server 17: memory rose by 3\d(\.\d)? MiB in 180 s/);
  assert.match(problems(240, { threads: 0.1 })[0], /^server 17: threads rose/);
  const folder = { what: 'folder', level: { files: 100, wal: 16 } };
  assert.match(problems(600, { files: 0.02 }, folder)[0], /^folder 17: files rose/);
  assert.match(problems(600, { wal: 0.05 }, folder)[0], /^folder 17: wal rose by [\d.]+ MiB/);
});

test('defect: the lives of the shortest soak were judged by their most alone', () => {
  assert.match(problems(40, { threads: 1 })[0], /^server 17: threads rose by 2\d(\.\d)? in 26 s/);
  assert.match(problems(40, { descriptors: 2 })[0], /^server 17: descriptors rose/);
  assert.match(problems(40, { files: 0.5 }, { what: 'folder', level: { files: 100, wal: 16 } })[0], /^folder 17: files rose/);
  const { lines, problems: found } = judge(life(40, { memory: 2 }));
  assert.deepEqual(found, [], 'caches fill for longer than that');
  assert.ok(lines.some((line) => /memory .*, 26 s are too few for a trend$/.test(line)), lines.join('\n'));
});

test('a slow leak is found in a long life', () => {
  const hours = 4, leak = { memory: 40 / 3600, descriptors: 20 / 3600 };
  assert.equal(problems(hours * 3600, leak).length, 2);
  assert.deepEqual(problems(240, leak), [], 'in four minutes nobody can tell');
});

test('what is in use at one moment has a bound in every life, the shortest too', () => {
  assert.match(problems(5, {}, { level: { ...quiet, memory: 700 } })[0], /^server 17: memory were [\d.]+ MiB at most, and 600 are allowed$/);
  assert.match(problems(5, {}, { level: { ...quiet, threads: 500 } })[0], /^server 17: threads were/);
});

test('a step at the beginning is a warm-up, and counts for nothing', () => {
  const made = life(300);
  for (const sample of made.samples.slice(0, 40)) sample.memory = 10;
  assert.deepEqual(judge(made).problems, []);
});

test('figures that this user cannot read are said not to be judged', () => {
  const made = life(100);
  for (const sample of made.samples) sample.descriptors = undefined;
  const { lines, problems: found } = judge(made);
  assert.deepEqual(found, []);
  assert.ok(lines.includes('server 17: descriptors cannot be read by this user, and are not judged'));
});
