// Chance that repeats: sfc32 with a fixed seed, so that two runs write the same bytes.
// Nothing here knows what is being drawn.

/** Returns a stream of draws; the same four words give the same stream on every machine. */
export function stream(a, b, c, d) {
  const word = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  // The first words still show the seed.
  for (let i = 0; i < 16; i += 1) word();

  const below = (n) => Math.floor((word() / 2 ** 32) * n);
  const pick = (list) => list[below(list.length)];
  return {
    below,
    pick,
    chance: (share) => word() / 2 ** 32 < share,
    between: (low, high) => low + below(high - low + 1),
    /** Picks an entry by its `weight`. */
    weighted: (list) => {
      let rest = below(list.reduce((sum, entry) => sum + entry.weight, 0));
      return list.find((entry) => (rest -= entry.weight) < 0);
    },
    shuffled: (list) => {
      const copy = [...list];
      for (let i = copy.length - 1; i > 0; i -= 1) {
        const j = below(i + 1);
        [copy[i], copy[j]] = [copy[j], copy[i]];
      }
      return copy;
    },
    /** Replaces each `x` by a digit. */
    digits: (pattern) => pattern.replace(/x/g, () => String(below(10))),
  };
}
