// @ts-check
// Sends one picture to the service, and waits while the service is not ready.

import { positiveOf } from "../lib/choice.js";
import { bytes } from "../lib/numbers.js";
import { ask, ProblemError, pause, problemIn } from "../lib/service.js";
import { predict as words } from "./texts.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("../lib/service.js").Problem} Problem */

const MAX_ATTEMPTS = 60;
const ASK_AGAIN_MS = 1000;

/**
 * Have a picture predicted.
 *
 * @param {File} file
 * @param {string} asked The query.
 * @param {AbortSignal} signal
 * @param {(said: string) => void} onWait Receives a text that says what is waited for.
 * @returns {Promise<Answer>}
 * @throws {ProblemError} If there is no prediction; the problem is worded for the file.
 */
export async function predict(file, asked, signal, onWait) {
  signal.throwIfAborted();
  await checkReadable(file);
  onWait(words.asking);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await askOnce(file, asked, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const problem = asOfFile(problemIn(error));
      if (problem.status !== 503 || attempt === MAX_ATTEMPTS) throw new ProblemError(problem);
      onWait(words.patience(problem.detail));
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
 * Refuse a folder, an empty file and one that is gone. Sending it would look as if the service did not answer.
 *
 * @param {File} file
 */
async function checkReadable(file) {
  const read = await file
    .slice(0, 1)
    .arrayBuffer()
    .catch(() => null);
  if (read === null) throw new ProblemError({ type: "about:blank", title: "", status: 400, ...words.unreadable });
  if (!read.byteLength) throw new ProblemError({ type: "about:blank", title: "", status: 400, ...words.empty });
}

/**
 * Reword a problem of the request's body as a problem of the file.
 *
 * @param {Problem} problem
 * @returns {Problem}
 */
function asOfFile(problem) {
  const limit = problem.limit_bytes;
  return typeof limit === "number" ? { ...problem, ...words.tooLarge(bytes(limit)) } : problem;
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
