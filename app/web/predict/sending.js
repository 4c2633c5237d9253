// @ts-check
// One picture to the service and back, with patience while that is not ready.

import { positiveOf } from "../lib/choice.js";
import { bytes } from "../lib/numbers.js";
import { ask, ProblemError, pause, problemIn } from "../lib/service.js";
import texts from "../lib/texts.js";

/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {import("../lib/service.js").Problem} Problem */

const MOST_ATTEMPTS = 60;
const ASK_AGAIN_MS = 1000;
const text = texts.predict;

/**
 * Have a picture answered.
 *
 * @param {File} file
 * @param {string} asked The query.
 * @param {AbortSignal} signal
 * @param {(said: string) => void} onWait Told what is waited for.
 * @returns {Promise<Answer>}
 * @throws {ProblemError} There is no answer; it speaks of the file.
 */
export async function predict(file, asked, signal, onWait) {
  signal.throwIfAborted();
  await checkReadable(file);
  onWait(text.asking);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await askOnce(file, asked, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const problem = asOfFile(problemIn(error));
      if (problem.status !== 503 || attempt === MOST_ATTEMPTS) throw new ProblemError(problem);
      onWait(text.patience(problem.detail));
      await pause(ASK_AGAIN_MS, signal);
    }
  }
}

/**
 * @param {File} file
 * @param {string} asked
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
async function askOnce(file, asked, signal) {
  const type = file.type.startsWith("image/") ? file.type : "application/octet-stream";
  const began = performance.now();
  const response = await ask(`/predict${asked}`, {
    method: "POST",
    body: file,
    headers: { "Content-Type": type },
    signal,
  });
  const prediction = await response.json();
  const tookMs = performance.now() - began;
  const positive = prediction.threshold === undefined ? null : await positiveOf(prediction.model, prediction.version);
  return { prediction, positive, tookMs, stages: stagesOf(response.headers.get("Server-Timing") ?? "") };
}

/**
 * Refuse what is a folder, empty or no longer there: to send it would look as if the service were gone.
 *
 * @param {File} file
 */
async function checkReadable(file) {
  const read = await file
    .slice(0, 1)
    .arrayBuffer()
    .catch(() => null);
  if (read === null) throw new ProblemError({ type: "about:blank", title: "", status: 400, ...text.unreadable });
  if (!read.byteLength) throw new ProblemError({ type: "about:blank", title: "", status: 400, ...text.empty });
}

/**
 * Say of the file what the service says of a request's body.
 *
 * @param {Problem} problem
 * @returns {Problem}
 */
function asOfFile(problem) {
  const limit = problem.limit_bytes;
  return typeof limit === "number" ? { ...problem, ...text.tooLarge(bytes(limit)) } : problem;
}

/**
 * @param {string} header `decode;dur=1.20, queue;dur=0.01`
 * @returns {Record<string, number>}
 */
function stagesOf(header) {
  return Object.fromEntries(
    [...header.matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, taken]) => [name, Number(taken)]),
  );
}
