// @ts-check
// Two versions, or two reports, on the same files: parts of a report's section and of the view of two reports.

import { announce, element } from "../lib/elements.js";
import { growing } from "../lib/growing.js";
import { count } from "../lib/numbers.js";
import { counted, percent, printable } from "../lib/wording.js";
import { MAX_LABELS, stillMatrix } from "./matrix.js";
import { cell, estimateOf, head, pathOf, section, segments, shot, table } from "./parts.js";
import { report as reportWords, comparison as words } from "./texts.js";

/** @typedef {import("./types.js").Comparison} Comparison */
/** @typedef {import("./types.js").Flip} Flip */
/** @typedef {import("./types.js").Report} Report */

/** @typedef {{this: string, against: string}} Names The names of the two sides, in lower case. */
/** @typedef {(path: string) => string | null} AddressOf Where the picture of a file is, if there is one. */

const FIRST = 24;

/**
 * Make the section that compares a report's version with another one.
 *
 * @param {Report} report
 * @param {Comparison} other
 * @param {FlipList | null} flips
 */
export function comparison(report, other, flips) {
  const names = namesIn(report, other);
  return section(
    "comparison",
    words.title(names.against),
    element("p", { class: "verdict-line" }, other.verdict),
    element("p", null, words.accuracy(names.against), " ", estimateOf(other.metrics.accuracy)),
    other.confusion_matrix.columns.length - 1 <= MAX_LABELS &&
      stillMatrix(words.matrix(names.against), other.confusion_matrix),
    pairedTable(other.paired, names),
    ...(flips ? [element("h3", null, words.flips), flips.node] : []),
  );
}

/**
 * @param {Report} report
 * @param {Comparison} other
 * @returns {Names}
 */
export function namesIn(report, other) {
  return { this: reportWords.version(report.version), against: reportWords.version(other.against) };
}

/**
 * Make the table of files by which of the two sides is right.
 *
 * @param {Comparison["paired"]} paired
 * @param {Names} names
 */
export function pairedTable(paired, names) {
  return table({
    name: words.name,
    caption: words.caption,
    class: "figures paired",
    items: [
      { name: words.right(names.this), right: paired.both_right, wrong: paired.only_this },
      { name: words.wrong, right: paired.only_against, wrong: paired.both_wrong },
    ],
    heads: [[""], [words.right(names.against), "n"], [words.wrong, "n"]],
    row: (one) => element("tr", null, head(null, one.name), cell("n", count(one.right)), cell("n", count(one.wrong))),
  });
}

/** The files that two sides predict differently: all, or those where one of them is right. */
export class FlipList {
  #flips;
  #names;
  /** @type {AddressOf | null} Null as long as that is not known: then there is room for pictures. */
  #addressOf;
  #is = (/** @type {Flip} */ _flip) => true;
  #place = element("div", { class: "listed" });

  /**
   * @param {Flip[]} flips
   * @param {Names} names
   * @param {AddressOf | null} addressOf
   */
  constructor(flips, names, addressOf) {
    this.#flips = flips;
    this.#names = names;
    this.#addressOf = addressOf;
    const choices = [
      { text: words.all, is: () => true },
      { text: words.onlyRight(names.this), is: (/** @type {Flip} */ flip) => flip.this === flip.actual },
      { text: words.onlyRight(names.against), is: (/** @type {Flip} */ flip) => flip.against === flip.actual },
    ];
    const filter = segments(
      "flips-shown",
      words.filter,
      choices.map(({ text, is }) => ({
        text: words.choice(text, count(flips.filter(is).length)),
        choose: () => this.#choose(is),
      })),
    );
    this.node = element("div", { class: "flips" }, filter, this.#place);
    this.#show();
  }

  /** @param {AddressOf} addressOf */
  picture(addressOf) {
    this.#addressOf = addressOf;
    this.#show();
  }

  /** @param {(flip: Flip) => boolean} is */
  #choose(is) {
    this.#is = is;
    this.#show();
    announce(words.filtered(count(this.#flips.filter(is).length), counted(this.#flips.length)));
  }

  #show() {
    const found = this.#flips.filter(this.#is);
    const addressOf = this.#addressOf;
    const list = element("ul", { class: "files", "aria-label": words.flips });
    list.classList.toggle("pictured", addressOf === null || found.some((flip) => addressOf(flip.path) !== null));
    const { button } = growing(list, found, (flip) => this.#entry(flip), FIRST);
    this.#place.replaceChildren(...(found.length ? [list, button] : []));
  }

  /** @param {Flip} flip */
  #entry(flip) {
    const source = this.#addressOf?.(flip.path) ?? null;
    return element(
      "li",
      null,
      element("span", { class: "shot" }, source !== null && shot(flip.path, source)),
      element(
        "div",
        { class: "verdict" },
        element("p", null, element("b", null, printable(flip.actual))),
        prediction(this.#names.this, flip.this, flip.this_probability, flip.actual),
        prediction(this.#names.against, flip.against, flip.against_probability, flip.actual),
      ),
      element("p", { class: "where" }, pathOf(flip.path)),
    );
  }
}

/**
 * @param {string} name
 * @param {string} label
 * @param {number} probability
 * @param {string} actual
 */
function prediction(name, label, probability, actual) {
  const sign =
    label === actual
      ? { class: "hit", text: "✓", said: words.isRight }
      : { class: "miss", text: "✗", said: words.isWrong };
  return element(
    "p",
    null,
    element("span", { class: sign.class, role: "img", "aria-label": sign.said }, sign.text),
    " ",
    element("span", { class: "quiet" }, words.predicts(name)),
    " ",
    element("b", null, printable(label)),
    " ",
    element("span", { class: "sure quiet" }, percent(probability)),
  );
}
