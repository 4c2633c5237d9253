// @ts-check
// Bounds how many of many things are under way.

/**
 * Return a function that does work, at most so much at the same time, in the order given.
 *
 * @param {number} limit
 * @returns {<Result>(work: () => Promise<Result>) => Promise<Result>}
 */
export function bounded(limit) {
  let running = 0;
  /** @type {(() => void)[]} */
  const waiting = [];
  return async (work) => {
    if (running < limit) running += 1;
    else await new Promise((resolve) => waiting.push(() => resolve(null)));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
