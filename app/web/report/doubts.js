// @ts-check
// The section of the doubtful files of a report: used for training, duplicate, damaged, or perhaps mislabelled.

import { element } from "../lib/elements.js";
import { growing } from "../lib/growing.js";
import { count } from "../lib/numbers.js";
import { counted, interval, percent, printable } from "../lib/wording.js";
import { cell, head, pathOf, section, shot, table } from "./parts.js";
import { nouns, doubts as words } from "./texts.js";

/** @typedef {import("./types.js").Report} Report */
/** @typedef {{path: string, node: HTMLElement}} Shot A place for the picture of a file. */
/** @typedef {{marker: import("../marks/marker.js").Marker, onSee: () => void}} Marking What marks files, and the way to the marks. */
/** @typedef {import("./types.js").Duplicate} Duplicate */

/**
 * Make the section: files used for training, duplicates, damaged files, files that may be mislabelled.
 *
 * @param {Report} report
 * @param {Marking} marking
 */
export function doubts(report, marking) {
  const { marker, onSee } = marking;
  /** @type {Shot[]} */
  const shots = [];
  const suspects = element("ul", { class: report.stored ? "files pictured" : "files" });
  const { button } = growing(
    suspects,
    report.mislabelled,
    (one) => {
      const node = element("span", { class: "shot" });
      shots.push({ path: one.path, node });
      return element(
        "li",
        null,
        node,
        element(
          "p",
          { class: "verdict" },
          element("b", null, printable(one.actual)),
          " ",
          element("span", { class: "quiet" }, words.suggested),
          " ",
          element("b", { class: "odd" }, printable(one.suggested)),
          " ",
          element("b", { class: "sure" }, percent(one.probability_suggested)),
        ),
        element("p", { class: "where" }, pathOf(one.path)),
        marker.controls({ path: one.path, given: one.actual, suggested: one.suggested, kind: "suspect" }),
      );
    },
    12,
  );
  marker.listen(suspects, button);
  const twice = new Duplicates(report.duplicates, marking);
  const node = section(
    "doubts",
    words.title,
    element("h3", null, words.trained),
    ...leakageSentences(report.leakage).map((one) => element("p", null, one)),
    report.leakage &&
      report.leakage.files.length > 0 &&
      table({
        name: words.trainedName,
        items: report.leakage.files,
        heads: [[words.file], [words.label], [words.match]],
        row: (one) =>
          element(
            "tr",
            null,
            head("path", pathOf(one.path)),
            cell(null, printable(one.label)),
            cell(null, matchOf(one)),
          ),
      }),
    element("h3", null, words.twice),
    ...twice.nodes,
    element("h3", null, words.damaged),
    damagedFiles(report.damaged ?? []),
    element("h3", null, words.wrong),
    element(
      "p",
      null,
      report.mislabelled.length ? words.mislabelled(counted(report.mislabelled.length)) : words.notWrong,
    ),
    report.mislabelled.length > 0 && marker.help(onSee),
    suspects,
    button,
  );
  suspects.hidden = !report.mislabelled.length;
  return { node, shots, use: (/** @type {Map<string, string>} */ given) => twice.use(given) };
}

/**
 * @param {Report["leakage"]} leakage
 * @returns {string[]}
 */
function leakageSentences(leakage) {
  if (!leakage) return [words.unknown];
  const { files, without } = leakage;
  const exact = files.filter((one) => one.match === "exact").length;
  const seen =
    !files.length || !without
      ? words.notTrained(counted(leakage.training_images, ...nouns.trainingPicture))
      : words.seen(
          counted(files.length),
          count(exact),
          count(files.length - exact),
          counted(without.files, ...nouns.other),
          `${percent(without.metrics.accuracy.value)} (${interval(without.metrics.accuracy)})`,
        );
  return leakage.too_flat ? [seen, words.flat(counted(leakage.too_flat))] : [seen];
}

/** The groups of files that are the same picture, each with the controls to mark its files. */
class Duplicates {
  /** @type {Map<string, string>} Path to label, of the files whose group has several. */
  #given = new Map();
  /** @type {(() => void)[]} */
  #waiting = [];
  #marker;

  /**
   * @param {Duplicate[]} all
   * @param {Marking} marking
   */
  constructor(all, { marker, onSee }) {
    this.#marker = marker;
    this.table = table({
      name: words.duplicatesName,
      items: all,
      heads: [[words.files], [words.labels], [words.match]],
      row: (one) => this.#row(one),
    });
    marker.listen(this.table, this.table.querySelector(".more"));
    const several = (all[0]?.labels.length ?? 0) > 1 ? ` ${words.severalLabels}` : "";
    this.nodes = all.length
      ? [
          element("p", null, words.duplicates(counted(all.length, ...nouns.picture)), several),
          marker.help(onSee),
          this.table,
        ]
      : [element("p", null, words.notTwice)];
  }

  /**
   * Let the files be marked whose label the report itself does not say.
   *
   * @param {Map<string, string>} given Path to label.
   */
  use(given) {
    this.#given = given;
    for (const fill of this.#waiting) fill();
    this.#waiting = [];
    this.#marker.ready(this.table);
  }

  /** @param {Duplicate} one */
  #row(one) {
    return element(
      "tr",
      null,
      head("paths", ...one.paths.map((path) => this.#file(path, one))),
      cell(
        null,
        one.labels.map(printable).join(", "),
        one.labels.length > 1 && " ",
        one.labels.length > 1 && element("span", { class: "tag watch" }, words.twoLabels),
      ),
      cell(null, matchOf(one)),
    );
  }

  /**
   * @param {string} path
   * @param {Duplicate} group
   */
  #file(path, { labels, match }) {
    const place = element("div", null, pathOf(path));
    const fill = () => {
      const given = labels.length === 1 ? labels[0] : this.#given.get(path);
      if (given === undefined) return false;
      const suggested = labels.length === 2 ? (labels.find((label) => label !== given) ?? null) : null;
      place.append(this.#marker.controls({ path, given, suggested, kind: match === "exact" ? "exact" : "near" }));
      return true;
    };
    if (!fill()) this.#waiting.push(fill);
    return place;
  }
}

/** @param {{match: string}} one */
function matchOf({ match }) {
  return match === "exact" ? words.exact : words.near;
}

/** @param {{path: string, label: string}[]} files */
function damagedFiles(files) {
  if (!files.length) return element("p", null, words.notDamaged);
  return table({
    name: words.damagedName,
    caption: words.damagedCaption,
    items: files,
    heads: [[words.file], [words.label]],
    row: (one) => element("tr", null, head("path", pathOf(one.path)), cell(null, printable(one.label))),
  });
}

/**
 * Fill places with the pictures that exist.
 *
 * @param {Shot[]} shots
 * @param {import("./comparison.js").AddressOf} addressOf
 */
export function fillShots(shots, addressOf) {
  for (const { path, node } of shots) {
    const source = addressOf(path);
    if (source !== null && !node.firstChild) node.append(shot(path, source));
  }
}
