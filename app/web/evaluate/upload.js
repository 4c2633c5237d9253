// @ts-check
// Sends an archive to be evaluated, and reports the progress of the upload and then of the work.

import { address, ProblemError } from "../lib/service.js";
import { service } from "../lib/texts.js";
import { evaluate as words } from "./texts.js";

/** @typedef {import("../report/types.js").Report} Report */

/**
 * @typedef {object} Listener
 * @property {(sent: number, total: number) => void} onSent In bytes.
 * @property {(done: number, total: number) => void} onScored In image files.
 */

/**
 * Evaluate an archive. Aborting ends the sending and the work.
 *
 * Uses `XMLHttpRequest`, because `fetch` does not report how much of a body has been sent.
 *
 * @param {string} path With its query.
 * @param {{archive: File, corrections: File | undefined}} sent A set, and perhaps corrections of its labels.
 * @param {Listener} listener
 * @param {AbortSignal} signal
 * @returns {Promise<Report>}
 * @throws {ProblemError} If the service refuses or fails.
 */
export function evaluateArchive(path, { archive, corrections }, listener, signal) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const lines = new Lines();
    request.open("POST", address(path));
    request.setRequestHeader("Accept", "application/jsonl");
    request.upload.onprogress = ({ loaded, total }) => listener.onSent(Math.min(loaded, total), total);
    request.upload.onload = () => listener.onSent(archive.size, archive.size);
    request.onprogress = () => {
      if (request.status !== 200) return;
      for (const { done, total } of lines.next(request.responseText)) listener.onScored(done, total);
    };
    request.onload = () => {
      const { report, problem } = request.status === 200 ? lines.last(request.responseText) : refusal(request);
      if (report) resolve(report);
      else reject(new ProblemError(problem ?? broken()));
    };
    request.onerror = () => reject(new ProblemError(broken()));
    request.onabort = () => reject(new DOMException("The evaluation was cancelled.", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    const form = new FormData();
    form.append("file", archive);
    if (corrections) form.append("corrections", corrections);
    request.send(form);
  });
}

const PROGRESS = /^\{"event": *"progress"/;

/** Splits a growing text into lines of JSON. The last line may be long, and is read only once. */
class Lines {
  #seen = 0;
  #looked = 0;

  /**
   * @param {string} text The text received so far.
   * @returns {{event: string, done: number, total: number}[]} The progress reported since the last call.
   */
  next(text) {
    const found = [];
    for (let end = text.indexOf("\n", this.#looked); end >= 0; end = text.indexOf("\n", this.#seen)) {
      const line = text.slice(this.#seen, end);
      if (PROGRESS.test(line)) found.push(JSON.parse(line));
      this.#seen = end + 1;
    }
    this.#looked = Math.max(this.#seen, text.length);
    return found;
  }

  /**
   * @param {string} text The whole text.
   * @returns {any} The last line; an empty object if it is not JSON.
   */
  last(text) {
    const whole = text.trimEnd();
    try {
      return JSON.parse(whole.slice(whole.lastIndexOf("\n") + 1));
    } catch {
      return {};
    }
  }
}

/**
 * @param {XMLHttpRequest} request
 * @returns {any}
 */
function refusal(request) {
  try {
    return { problem: JSON.parse(request.responseText) };
  } catch {
    return { problem: { ...broken(), status: request.status, ...service.unexpected(request.status) } };
  }
}

/** @returns {import("../lib/service.js").Problem} */
function broken() {
  return { type: "about:blank", title: "", status: 0, ...words.broken };
}
