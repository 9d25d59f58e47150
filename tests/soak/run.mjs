// node soak/run.mjs MINUTES [--seed SEED] [--no-figures]: run by ./dev soak and ./dev test tsan. Exit code 1 where something is
// wrong, with a sentence for each.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { soak } from './soak.mjs';

const { values, positionals: [minutes] } = parseArgs({ allowPositionals: true,
  options: { seed: { type: 'string' }, 'no-figures': { type: 'boolean', default: false } } });
if (!(Number(minutes) > 0)) {
  console.error('how many minutes? ./dev soak MINUTES [--seed SEED]');
  process.exit(2);
}
const seed = values.seed ?? randomBytes(6).toString('hex');
console.log(`soak of ${minutes} minutes, seed ${seed}`);
const problems = await soak({ minutes: Number(minutes), seed, say: (line) => console.log(line), figures: !values['no-figures'] });
for (const sentence of problems) console.error(sentence);
const good = `nothing acknowledged was lost${values['no-figures'] ? '; figures were not judged' : ', and nothing grows'}`;
console.log(problems.length === 0 ? good : `${problems.length} problems; again: ./dev soak ${minutes} --seed ${seed}`);
process.exit(problems.length === 0 ? 0 : 1);
