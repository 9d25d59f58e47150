// Chance that can be had again: the same seed and name give the same numbers in the same order.
import { createHash } from 'node:crypto';

export class Chance {
  #drawn = 0;
  constructor(name) {
    this.name = name;
  }
  // Chance of somebody's own: what others draw does not change it.
  of(name) {
    return new Chance(`${this.name}/${name}`);
  }
  // At least 0, below 1.
  number() {
    return createHash('sha256').update(`${this.name}#${this.#drawn++}`).digest().readUInt32BE(0) / 2 ** 32;
  }
  between(low, high) {
    return low + this.number() * (high - low);
  }
  below(count) {
    return Math.floor(this.number() * count);
  }
  happens(share) {
    return this.number() < share;
  }
  oneOf(list) {
    return list[this.below(list.length)];
  }
  // `choices`: [what, weight]; a weight of 0 is never drawn.
  weighed(choices) {
    let point = this.number() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    return choices.find(([, weight]) => (point -= weight) < 0)[0];
  }
  shuffled(list) {
    const left = [...list];
    return list.map(() => left.splice(this.below(left.length), 1)[0]);
  }
}
