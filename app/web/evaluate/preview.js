// @ts-check
// What the service recognises in a chosen set, and the question if it can be read in two ways. It never stands in the
// way of an evaluation.

import { element } from "../lib/elements.js";
import { explain } from "../lib/notices.js";
import { count } from "../lib/numbers.js";
import { ProblemError } from "../lib/service.js";
import { counted, printable } from "../lib/wording.js";
import { interpret } from "./interpreting.js";
import { piecesOfFolder, piecesOfZip } from "./pieces.js";
import { set, preview as words } from "./texts.js";

/** @typedef {import("../lib/service.js").Problem} Problem */
/** @typedef {import("./interpreting.js").Answer} Answer */
/** @typedef {import("./interpreting.js").Recognised} Recognised */
/** @typedef {import("./set-chooser.js").ChosenSet} ChosenSet */
/** @typedef {"splits" | "labels"} Layout What the first folders are. */

const MOST_LABELS = 40;
const TOO_LARGE = 413;
const AMBIGUOUS = "ambiguous-layout";

/** The place for it, and the person's answer. */
export class Preview {
  /** @type {Layout | null} */
  layout = null;
  node = element("section", { class: "preview", "aria-label": words.title, "aria-live": "polite", hidden: true });
  /** @type {ChosenSet | null} */
  #chosen = null;
  #query = new URLSearchParams();
  #isPending = false;
  #asking = new AbortController();
  #hasQuestion = false;

  /** @param {AbortSignal} signal */
  constructor(signal) {
    signal.addEventListener("abort", () => this.#asking.abort());
  }

  /**
   * Show what a set is recognised as. An answer to an earlier call is not shown any more.
   *
   * @param {ChosenSet | null} chosen
   * @param {URLSearchParams} query The model and the version.
   */
  look(chosen, query) {
    this.layout = null;
    this.#chosen = chosen;
    this.#query = query;
    this.#isPending = false;
    this.#asking.abort();
    if (!chosen) return this.#show();
    this.#show(element("p", { class: "quiet" }, words.looking));
    this.#ask(chosen);
  }

  /**
   * Ask the question for which the service refused the set, if nothing was said beforehand.
   *
   * @param {Problem} problem
   * @returns {boolean} True if the problem is a question.
   */
  take(problem) {
    if (problem.reason !== AMBIGUOUS) return false;
    this.#isPending = false;
    this.#show(question(problem, this.#answer));
    return this.insist();
  }

  /**
   * Insist on an answer if there is a question: without it, the service refuses the set after all of it was sent.
   *
   * @returns {boolean} True if there is one.
   */
  insist() {
    const heading = this.node.querySelector("h2");
    if (!heading || !this.#hasQuestion || this.layout) return false;
    heading.textContent = words.answerFirst;
    heading.focus();
    return true;
  }

  /** Stop asking, since the set is evaluated now. */
  stop() {
    this.#asking.abort();
  }

  /** Ask again if the answer had not come when it was stopped. */
  resume() {
    if (this.#isPending && this.#chosen) this.#ask(this.#chosen);
  }

  /** @param {ChosenSet} chosen */
  async #ask(chosen) {
    this.#isPending = true;
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const shown = await this.#answered(chosen, signal);
    if (signal.aborted) return;
    this.#isPending = false;
    this.#show(...shown);
  }

  #answer = (/** @type {Layout | null} */ layout) => {
    this.layout = layout;
    if (this.#chosen) this.#ask(this.#chosen);
  };

  /**
   * @param {ChosenSet} chosen
   * @param {AbortSignal} signal
   * @returns {Promise<(Node | null)[]>} What is to be shown.
   */
  async #answered(chosen, signal) {
    const said = this.layout && answered(this.layout, () => this.#answer(null));
    try {
      const pieces = "archive" in chosen ? piecesOfZip(chosen.archive) : piecesOfFolder(await chosen.members);
      signal.throwIfAborted();
      const asked = new URLSearchParams([...this.#query, ...(this.layout ? [["layout", this.layout]] : [])]);
      return [...recognised(await interpret(pieces, asked, signal)), said];
    } catch (error) {
      const problem = error instanceof ProblemError ? error.problem : null;
      if (problem?.reason === AMBIGUOUS && !said) return [question(problem, this.#answer)];
      if (problem?.reason || problem?.status === TOO_LARGE) return [...refused(await asOfSet(problem, chosen)), said];
      return [element("p", { class: "quiet" }, words.unknown), said];
    }
  }

  /** @param {...(Node | null)} children */
  #show(...children) {
    const hadFocus = this.node.contains(document.activeElement);
    this.node.replaceChildren(...children.flatMap((one) => one ?? []));
    this.node.hidden = !children.length;
    this.#hasQuestion = this.node.querySelector(".question") !== null;
    if (hadFocus) this.node.querySelector("h2")?.focus();
  }
}

/**
 * Reword a problem of the packed zip as a problem of the folder.
 *
 * @param {Problem} problem
 * @param {ChosenSet} chosen
 * @returns {Promise<Problem>}
 */
export async function asOfSet(problem, chosen) {
  if (problem.reason !== "no-images" || "archive" in chosen) return problem;
  const files = (await chosen.members).filter((one) => one.open).length;
  return { ...problem, ...set.noImages(chosen.name, files, count(files)) };
}

/**
 * @param {Answer} answer
 * @returns {HTMLElement[]}
 */
function recognised({ recognised: found, unread }) {
  const notRead = unread > 0 && element("p", null, words.unread(counted(unread)));
  if (!found) return [heading(words.title), notRead || element("p", null, words.unknown)];
  const [first = "", ...others] = found.summary;
  const left = Object.entries(found.ignored).map(([reason, files]) => words.ignored(reason, count(files)));
  const sentences = [...others, ...(left.length ? [words.leftOut(left.join(", "))] : [])];
  return [
    heading(words.title),
    element("p", null, first),
    labels(found.labels),
    sentences.length > 0 && element("ul", { class: "told" }, ...sentences.map((one) => element("li", null, one))),
    notRead,
    found.unlabelled.length > 0 && unlabelled(found),
  ].flatMap((one) => one || []);
}

/** @param {Record<string, number>} files */
function labels(files) {
  const all = Object.entries(files);
  const rest = all.length - MOST_LABELS;
  return element(
    "ul",
    { class: "counts", "aria-label": words.labels },
    ...all
      .slice(0, MOST_LABELS)
      .map(([label, number]) => element("li", null, `${printable(label)} `, element("b", null, count(number)))),
    rest > 0 && element("li", { class: "quiet" }, words.moreLabels(count(rest))),
  );
}

/** @param {Recognised} found */
function unlabelled({ unlabelled: paths, interpretation }) {
  const all = interpretation.unlabelled ?? paths.length;
  const rest = all - paths.length;
  return element(
    "details",
    null,
    element("summary", null, words.unlabelled(counted(all))),
    element(
      "ul",
      null,
      ...paths.map((path) => element("li", { class: "path" }, printable(path))),
      rest > 0 && element("li", { class: "quiet" }, words.moreFiles(count(rest))),
    ),
  );
}

/**
 * @param {Problem} problem
 * @returns {HTMLElement[]}
 */
function refused(problem) {
  return [element("div", { class: "notice yes" }, heading(words.refused), ...explain(problem))];
}

/**
 * @param {Problem} problem
 * @param {(layout: Layout) => void} onAnswer
 */
function question(problem, onAnswer) {
  const button = (/** @type {Layout} */ layout) =>
    element("button", { type: "button", class: "button", onclick: () => onAnswer(layout) }, words.answers[layout]);
  return element(
    "div",
    { class: "notice watch question" },
    heading(words.question),
    element("p", null, problem.detail),
    element("div", { class: "buttons" }, button("splits"), button("labels")),
  );
}

/**
 * @param {Layout} layout
 * @param {() => void} onAgain
 */
function answered(layout, onAgain) {
  return element(
    "p",
    { class: "answered" },
    words.answered[layout],
    element("button", { type: "button", class: "button plain", onclick: onAgain }, words.change),
  );
}

/** @param {string} text */
function heading(text) {
  return element("h2", { tabindex: -1 }, text);
}
