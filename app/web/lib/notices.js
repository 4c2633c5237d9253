// @ts-check
// Notices for a request that failed, and for one that is waiting for the service.

import { element } from "./elements.js";
import { askUntilReady, problemIn } from "./service.js";
import * as texts from "./texts.js";

/** @typedef {import("./service.js").Problem} Problem */

/**
 * Write in sentences what is wrong and what to do next.
 *
 * @param {Problem} problem
 * @returns {HTMLElement[]}
 */
export function explain(problem) {
  const hint = problem.hint ? [element("p", { class: "quiet" }, problem.hint)] : [];
  return [element("p", null, problem.detail), ...hint];
}

/**
 * Make a box that says that something did not work.
 *
 * @param {Problem} problem
 * @param {(() => void) | null} [onRetry] Repeats the request.
 * @returns {HTMLElement}
 */
export function problemNotice(problem, onRetry = null) {
  const again =
    onRetry && element("button", { type: "button", class: "button", onclick: onRetry }, texts.notices.tryAgain);
  return element(
    "div",
    { class: "notice yes", role: "alert" },
    element("h2", null, texts.notices.problem),
    ...explain(problem),
    again,
  );
}

/**
 * Make a box that says what the page is waiting for.
 *
 * @param {Problem} problem
 * @returns {HTMLElement}
 */
export function waitingNotice(problem) {
  const isThere = problem.status !== 0;
  return element(
    "div",
    { class: "notice watch", role: "status" },
    element("h2", null, isThere ? texts.notices.notReady : texts.notices.unreachable),
    isThere ? element("p", null, problem.detail) : problem.hint && element("p", null, problem.hint),
    element(
      "p",
      { class: "quiet" },
      element("span", { class: "pulse", "aria-hidden": "true" }),
      texts.notices.askingAgain,
    ),
  );
}

/**
 * Ask for the data of a view. A notice says so while the service is not ready, and if the request fails.
 *
 * @param {string} path
 * @param {HTMLElement} place The place of the notice, which is emptied.
 * @param {AbortSignal} signal
 * @returns {Promise<any>} The answer; `null` if the request failed, as the notice says, or the view was left.
 */
export async function askFor(path, place, signal) {
  let told = "";
  try {
    const answer = await askUntilReady(path, signal, (problem) => {
      const now = `${problem.status} ${problem.detail}`;
      if (now !== told) place.replaceChildren(waitingNotice(problem));
      told = now;
    });
    place.replaceChildren();
    return answer;
  } catch (error) {
    if (!signal.aborted) place.replaceChildren(problemNotice(problemIn(error)));
    return null;
  }
}
