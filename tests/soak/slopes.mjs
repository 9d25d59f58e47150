// Whether figures that were taken of a process while it lived say that it grows: pure, so that a test can plant a leak.

// How much each figure may be at any time, and by how much the line through its figures may rise: so much whatever the
// length (caches that fill, connections that are just open), and so much an hour besides. `least`: of how many seconds after
// the warm-up a line says anything. What leaks with each request shows soon; memory and WAL fill caches of theirs first.
export const bounds = {
  server: {
    memory: { most: 600, noise: 24, hourly: 24, least: 60, unit: 'MiB' },
    descriptors: { most: 700, noise: 24, hourly: 6, least: 20, unit: '' },
    threads: { most: 400, noise: 8, hourly: 2, least: 20, unit: '' },
  },
  proxy: {
    memory: { most: 600, noise: 32, hourly: 24, least: 60, unit: 'MiB' },
    descriptors: { most: 2000, noise: 48, hourly: 6, least: 20, unit: '' },
    threads: { most: 130, noise: 2, hourly: 1, least: 20, unit: '' },
  },
  folder: {
    files: { most: 400, noise: 3, hourly: 1, least: 20, unit: '' },
    wal: { most: 64, noise: 16, hourly: 4, least: 60, unit: 'MiB' },
  },
};

// Least squares: how much `values` rise in a second.
export function slope(seconds, values) {
  const mean = (list) => list.reduce((sum, each) => sum + each, 0) / list.length;
  const [middle, level] = [mean(seconds), mean(values)];
  const spread = seconds.reduce((sum, each) => sum + (each - middle) ** 2, 0);
  return spread === 0 ? 0 : seconds.reduce((sum, each, i) => sum + (each - middle) * (values[i] - level), 0) / spread;
}

const warmUp = (seconds) => Math.min(60, seconds / 3);

// `life`: {what, name, samples: [{at (s), memory, ...}]}. Gives a line for each figure and a sentence for each out of bounds.
export function judge({ what, name, samples }) {
  const out = { lines: [], problems: [] };
  if (samples.length === 0) return out;
  const begun = samples[0].at, length = samples.at(-1).at - begun;
  const warm = samples.filter(({ at }) => at - begun >= warmUp(length));
  const span = warm.at(-1).at - warm[0].at;
  for (const [figure, bound] of Object.entries(bounds[what])) {
    const values = warm.map((sample) => sample[figure]);
    if (values.some((value) => value === undefined)) {
      out.lines.push(`${name}: ${figure} cannot be read by this user, and are not judged`);
      continue;
    }
    judgeFigure(out, { name, figure, bound, length, span, values, most: samples.reduce((most, sample) => Math.max(most, sample[figure]), 0),
      rise: slope(warm.map(({ at }) => at), values) * span });
  }
  return out;
}

const round = (value) => Math.round(value * 10) / 10;

function judgeFigure(out, { name, figure, bound, length, span, values, most, rise }) {
  const unit = bound.unit && ` ${bound.unit}`;
  const allowed = bound.noise + bound.hourly * (span / 3600);
  const long = span >= bound.least;
  const trend = long ? `, ${rise < 0 ? '' : '+'}${round(rise)} in ${Math.round(span)} s (may: +${round(allowed)})`
    : `, ${Math.round(span)} s are too few for a trend`;
  out.lines.push(`${name}, ${Math.round(length)} s: ${figure} ${round(values[0])} to ${round(values.at(-1))}${unit}, `
    + `most ${round(most)} (may: ${bound.most})${trend}`);
  if (most > bound.most) out.problems.push(`${name}: ${figure} were ${round(most)}${unit} at most, and ${bound.most} are allowed`);
  if (long && rise > allowed) {
    out.problems.push(`${name}: ${figure} rose by ${round(rise)}${unit} in ${Math.round(span)} s, which is `
      + `${round((rise / span) * 3600)} an hour, and ${round(allowed)} are allowed in that time`);
  }
}
