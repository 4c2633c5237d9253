// @ts-check
// The files of a cell of the matrix, or all mistakes: a list with pictures that can be searched and grows.

import { layer, scaleOf } from "../lib/activation.js";
import { element } from "../lib/elements.js";
import { growing } from "../lib/growing.js";
import { address } from "../lib/service.js";
import { counted, percent, printable, threshold as written } from "../lib/wording.js";
import { filesIn, probability } from "./counting.js";
import { pathOf, shot } from "./parts.js";
import { files as words } from "./texts.js";

/** @typedef {import("./counting.js").Cell} Cell */
/** @typedef {import("./counting.js").Files} Files */
/** @typedef {import("./types.js").Report} Report */

/**
 * @typedef {object} Item
 * @property {string} path
 * @property {string} given
 * @property {string | null} predicted Null if the file is unreadable.
 * @property {number | null} probability
 * @property {string} reason
 * @property {number | null} place
 */

const FIRST = 24;

/** A list of files beside the matrix of a report. */
export class Listing {
  /** @type {Cell} */
  #cell = { row: null, column: null };
  /** @type {Files | null} */
  #files = null;
  /** @type {Int32Array | null} */
  #predicted = null;
  /** @type {number | null} A threshold that is not the one in use. */
  #threshold = null;
  #isFinal = false;
  /** @type {Set<number> | null} Null while it is unknown; there is room for pictures then. */
  #pictured;
  /** @type {Item[] | null} */
  #items = null;
  /** @type {Record<number, number[][]>} */
  #maps = {};

  /**
   * @param {Report} report
   * @param {{onMistakes: () => void, onBack: () => void, marking: import("./doubts.js").Marking}} surroundings
   */
  constructor(report, { onMistakes, onBack, marking }) {
    this.#report = report;
    this.#marker = marking.marker;
    this.#pictured = report.stored ? null : new Set();
    this.#heading = element("h2", { id: "files-title", tabindex: -1 });
    this.#status = element("p", { class: "quiet", role: "status" });
    this.#mistakes = element("button", { type: "button", class: "button small", onclick: onMistakes }, words.mistakes);
    this.#back = element("button", { type: "button", class: "button small", onclick: onBack }, words.back);
    this.#filter = element("input", {
      type: "search",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#show(),
    });
    this.#place = element("div", { class: "listed" });
    const slider = element("input", { type: "range", min: 0, max: 100, value: 0 });
    slider.addEventListener("input", () =>
      this.#place.style.setProperty("--strength", String(Number(slider.value) / 100)),
    );
    this.#strength = element(
      "div",
      { class: "strength", hidden: true },
      element("label", { class: "slide" }, element("span", null, words.heatMaps), slider),
      element(
        "p",
        { class: "keys" },
        element("span", null, element("i", { class: "swatch warm" }), words.warm),
        element("span", null, element("i", { class: "swatch cold" }), words.cold),
      ),
    );
    const filter = element(
      "label",
      { class: "filter" },
      element("span", { class: "heard" }, words.filter),
      this.#filter,
    );
    this.#filter.placeholder = words.filter;
    this.node = element(
      "section",
      { id: "files", "aria-labelledby": "files-title" },
      element(
        "div",
        { class: "files-head" },
        element("div", null, this.#heading, this.#status),
        element("div", { class: "files-tools" }, filter, this.#mistakes, this.#back),
      ),
      this.#strength,
      this.#marker.help(marking.onSee),
      this.#place,
    );
    this.#choose();
  }

  /**
   * List the files of a cell, and go there.
   *
   * @param {Cell} cell
   */
  choose(cell) {
    this.#cell = cell;
    this.#filter.value = "";
    this.#choose();
    this.#heading.focus({ preventScroll: true });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.node.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }

  /**
   * Set the predictions for each file, at the threshold in use or at another.
   *
   * @param {Files} files
   * @param {Int32Array} predicted
   * @param {number | null} threshold
   */
  use(files, predicted, threshold) {
    [this.#files, this.#predicted, this.#threshold] = [files, predicted, threshold];
    this.#choose();
  }

  /** Say that the predictions for each file are missing. */
  giveUp() {
    this.#isFinal = true;
    this.#pictured = new Set();
    this.#choose();
  }

  /**
   * @param {number[]} places The places of the files that have pictures.
   * @param {Record<number, number[][]>} maps The class activation maps of some of them.
   */
  picture(places, maps) {
    this.#pictured = new Set(places);
    this.#maps = maps;
    this.#strength.hidden = !Object.keys(maps).length;
    this.#show();
  }

  #report;
  #marker;
  #heading;
  #status;
  #mistakes;
  #back;
  #filter;
  #place;
  #strength;

  #choose() {
    const { row, column } = this.#cell;
    const given = row === null ? "" : printable(this.#report.confusion_matrix.rows[row] ?? "");
    const { columns } = this.#report.confusion_matrix;
    const isUnreadable = column === columns.length - 1;
    if (row === null || column === null) this.#heading.textContent = words.mistakes;
    else if (isUnreadable) this.#heading.textContent = words.unreadable(given);
    else if (row === column) this.#heading.textContent = words.right(given);
    else this.#heading.textContent = words.wrong(given, printable(columns[column] ?? ""));
    this.#mistakes.hidden = row === null;
    this.#back.hidden = row === null;
    this.#items =
      this.#files && this.#predicted
        ? itemsOf(this.#files, this.#predicted, this.#cell)
        : itemsIn(this.#report, this.#cell);
    this.#show();
  }

  #show() {
    const items = this.#items;
    if (!items) {
      this.#status.textContent = this.#isFinal ? words.unknown : words.waiting;
      this.#place.replaceChildren();
      return;
    }
    const query = this.#filter.value.trim().toLowerCase();
    const matches = query
      ? items.filter((one) => `${one.path}\n${one.given}\n${one.predicted ?? ""}`.toLowerCase().includes(query))
      : items;
    this.#status.textContent = this.#summary(matches.length, items.length);
    const list = element("ul", { class: "files", "aria-label": words.list });
    list.classList.toggle("pictured", !this.#pictured || matches.some((one) => this.#hasPicture(one)));
    const { button } = growing(list, matches, (one) => this.#entry(one), FIRST);
    const giveBack = this.#marker.hold(this.#place);
    this.#place.replaceChildren(...(matches.length ? [list, button] : []));
    this.#marker.listen(list, button);
    giveBack();
  }

  /** @param {number} found @param {number} all */
  #summary(found, all) {
    if (!all) return words.none;
    if (!found) return words.noneFound;
    const files = found === all ? counted(all) : words.filtered(String(found), counted(all));
    return [files, this.#order(), this.#threshold === null ? "" : words.at(written(this.#threshold))]
      .filter(Boolean)
      .join(", ");
  }

  #order() {
    const { row, column } = this.#cell;
    if (column === this.#report.confusion_matrix.columns.length - 1) return words.inOrder;
    return row !== null && row === column ? words.leastSure : words.surest;
  }

  /** @param {Item} one */
  #hasPicture(one) {
    return one.place !== null && this.#pictured !== null && this.#pictured.has(one.place);
  }

  /** @param {Item} one */
  #entry(one) {
    const source = address(`/evaluations/${encodeURIComponent(this.#report.id)}/thumbnails/${one.place}`);
    const map = one.place === null ? undefined : this.#maps[one.place];
    return element(
      "li",
      null,
      element(
        "span",
        { class: "shot" },
        this.#hasPicture(one) && shot(one.path, source),
        map && layer(map, scaleOf([map])),
      ),
      element("p", { class: "verdict" }, ...verdict(one)),
      element("p", { class: "where" }, pathOf(one.path)),
      this.#marker.controls({ path: one.path, given: one.given, ...judgement(one) }),
    );
  }
}

/**
 * @param {Item} one
 * @returns {{suggested: string | null, kind: import("../marks/marks.js").Kind}}
 */
function judgement({ given, predicted }) {
  if (predicted === null) return { suggested: null, kind: "unreadable" };
  return predicted === given ? { suggested: null, kind: "right" } : { suggested: predicted, kind: "misclassified" };
}

/** @param {Item} one */
function verdict(one) {
  const given = element("b", null, printable(one.given));
  const quiet = (/** @type {string} */ text) => element("span", { class: "quiet" }, text);
  if (one.predicted === null) return [given, " ", quiet(words.isUnreadable), ` ${printable(one.reason)}`];
  const sure = one.probability === null ? [] : [" ", element("b", { class: "sure" }, percent(one.probability))];
  if (one.predicted === one.given) return [given, " ", quiet(words.isRight), ...sure];
  return [given, " ", quiet(words.isPredicted), " ", element("b", { class: "odd" }, printable(one.predicted)), ...sure];
}

/**
 * @param {Files} files
 * @param {Int32Array} predicted
 * @param {Cell} cell
 * @returns {Item[]}
 */
function itemsOf(files, predicted, cell) {
  return filesIn(files, predicted, cell).map((place) => {
    const label = predicted[place] ?? 0;
    const isScored = label < files.labels.length;
    return {
      path: files.paths[place] ?? "",
      given: files.rows[files.given[place] ?? 0] ?? "",
      predicted: isScored ? (files.labels[label] ?? "") : null,
      probability: isScored ? probability(files, place, label) : null,
      reason: files.reasons[place] ?? "",
      place,
    };
  });
}

/**
 * Find the files that the report itself names: mistakes and unreadable files.
 *
 * @param {Report} report
 * @param {Cell} cell
 * @returns {Item[] | null} Null if it does not name the files of this cell.
 */
function itemsIn(report, { row, column }) {
  const { rows, columns } = report.confusion_matrix;
  if (column === columns.length - 1) {
    return report.excluded
      .filter((one) => one.label === rows[row ?? 0])
      .map((one) => ({
        path: one.path,
        given: one.label,
        predicted: null,
        probability: null,
        reason: one.reason,
        place: null,
      }));
  }
  if (row !== null && (row === column || row >= columns.length - 1)) return null;
  const found =
    row === null
      ? report.misclassified
      : report.misclassified.filter((one) => one.actual === rows[row] && one.predicted === columns[column ?? 0]);
  return found.map((one) => ({
    path: one.path,
    given: one.actual,
    predicted: one.predicted,
    probability: one.probability,
    reason: "",
    place: null,
  }));
}
