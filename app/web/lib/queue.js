// @ts-check
// Limits how many tasks run at the same time.

/**
 * Return a function that runs tasks in order, at most `limit` at the same time.
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
