// @ts-check
// Requests to the service that the page came from.

import * as texts from "./texts.js";

const ASK_AGAIN_MS = 1500;

/**
 * A problem of RFC 9457, as the service answers it.
 *
 * @typedef {{type: string, title: string, status: number, detail: string, hint?: string, [member: string]: unknown}} Problem
 */

/** A request that failed. `problem.detail` and `problem.hint` are sentences for the person. */
export class ProblemError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/**
 * Return the address of a path of the service, wherever a proxy has put it.
 *
 * @param {string} path Begins with `/`.
 * @returns {string}
 */
export function address(path) {
  return new URL(`.${path}`, document.baseURI).href;
}

/**
 * Ask the service. A caller that aborts gets the `AbortError`.
 *
 * @param {string} path Begins with `/`.
 * @param {RequestInit} [options] The options of `fetch`.
 * @returns {Promise<Response>} A response that is `ok`.
 * @throws {ProblemError} If the service answers a problem or cannot be reached (its `status` is then 0).
 */
export async function ask(path, options = {}) {
  const response = await fetch(address(path), { credentials: "same-origin", ...options }).catch((error) => {
    throw options.signal?.aborted ? error : new ProblemError(unreachable());
  });
  if (response.ok) return response;
  throw new ProblemError(await problemOf(response));
}

/**
 * Ask the service for JSON.
 *
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 * @throws {ProblemError} As `ask`.
 */
export async function askJson(path, options = {}) {
  const response = await ask(path, { ...options, headers: { Accept: "application/json", ...options.headers } });
  return response.json();
}

/**
 * Ask for JSON until the service is ready and can be reached.
 *
 * @param {string} path
 * @param {AbortSignal} signal
 * @param {(problem: Problem) => void} onWait Receives the problem before each wait.
 * @returns {Promise<any>}
 * @throws {ProblemError} If the problem does not go away by itself.
 */
export async function askUntilReady(path, signal, onWait) {
  for (;;) {
    try {
      return await askJson(path, { signal });
    } catch (error) {
      if (signal.aborted || !isPassing(problemIn(error))) throw error;
      onWait(problemIn(error));
      await pause(ASK_AGAIN_MS, signal);
      signal.throwIfAborted();
    }
  }
}

/**
 * Tell whether a problem goes away by itself.
 *
 * @param {Problem} problem
 * @returns {boolean}
 */
export function isPassing(problem) {
  return problem.status === 503 || problem.status === 0;
}

/**
 * Wait, but no longer than until aborted.
 *
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/**
 * Return the problem that an error stands for.
 *
 * @param {unknown} error The value that was thrown.
 * @returns {Problem}
 */
export function problemIn(error) {
  return error instanceof ProblemError ? error.problem : unexpected(0);
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
async function problemOf(response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("application/problem+json")) return unexpected(response.status);
  return response.json().catch(() => unexpected(response.status));
}

/** @returns {Problem} */
function unreachable() {
  return { type: "about:blank", title: "", status: 0, ...texts.service.unreachable };
}

/**
 * @param {number} status
 * @returns {Problem}
 */
function unexpected(status) {
  return { type: "about:blank", title: "", status, ...texts.service.unexpected(status) };
}
