// @ts-check
// What the page says when the service cannot do something, and while it waits for it.

import { element } from "./elements.js";
import { askUntilReady, problemIn } from "./service.js";
import texts from "./texts.js";

/** @typedef {import("./service.js").Problem} Problem */

/**
 * Say in sentences what is wrong and what to do next.
 *
 * @param {Problem} problem
 * @returns {HTMLElement[]}
 */
export function explain(problem) {
  const hint = problem.hint ? [element("p", { class: "quiet" }, problem.hint)] : [];
  return [element("p", null, problem.detail), ...hint];
}

/**
 * A box that says that something did not work.
 *
 * @param {Problem} problem
 * @param {(() => void) | null} [onRetry] Does it again.
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
 * A box that says what is waited for.
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
 * Ask for what a view needs; meanwhile, and if it fails, a place of the view says so.
 *
 * @param {string} path
 * @param {HTMLElement} place Emptied for it.
 * @param {AbortSignal} signal
 * @returns {Promise<any>} The answer; `null` where there is none: then the place says why, or the view was left.
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
