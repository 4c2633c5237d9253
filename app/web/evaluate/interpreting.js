// @ts-check
// Asks the service what a set is recognised as, before it is sent: the rules are the service's own.

import { askJson, pause, problemIn } from "../lib/service.js";

/** @typedef {import("./pieces.js").Pieces} Pieces */
/** @typedef {import("./pieces.js").Wanted} Wanted */
/**
 * @typedef {object} Recognised
 * @property {number} images
 * @property {Record<string, number>} labels Label → image files.
 * @property {string[]} unlabelled The first paths under no label.
 * @property {Record<string, number>} ignored Reason → files.
 * @property {string[]} summary
 * @property {import("../report/types.js").Interpretation} interpretation
 */
/** @typedef {{wanted: Wanted[], unread: number, recognised: Recognised | null}} Answer */

const MOST_ROUNDS = 8;
const BUSY = 503;
const BUSY_MS = 1500;

/**
 * Ask what a set is recognised as. The service asks for the pieces that it misses; while it is busy, it is asked again.
 *
 * @param {Pieces} set
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 * @throws {import("../lib/service.js").ProblemError} If the service would refuse the set, or cannot be asked.
 */
export async function interpret(set, query, signal) {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { size, pieces } = set.send();
    const form = new FormData();
    for (const { start, data } of pieces) form.append(String(start), data);
    const asked = new URLSearchParams([...query, ["size", String(size)]]);
    const options = { method: "POST", body: form, signal };
    const answer = await askJson(`/interpretation?${asked}`, options).catch((error) => unlessBusy(error, signal));
    if (answer && !answer.wanted.length) return answer;
    if (answer) await set.add(answer.wanted, signal);
    signal.throwIfAborted();
  }
  throw new Error("The service asks for ever more pieces, or stays busy.");
}

/**
 * @param {unknown} error
 * @param {AbortSignal} signal
 * @returns {Promise<null>} After a pause, if the service is busy.
 */
async function unlessBusy(error, signal) {
  if (problemIn(error).status !== BUSY) throw error;
  await pause(BUSY_MS, signal);
  return null;
}
