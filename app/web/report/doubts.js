// @ts-check
// The section of the doubtful files of a report: used for training, duplicate, damaged, or perhaps mislabelled.

import { element } from "../lib/elements.js";
import { count } from "../lib/numbers.js";
import { counted, interval, percent, printable } from "../lib/wording.js";
import { cell, growing, head, pathOf, section, shot, table } from "./parts.js";
import { nouns, doubts as words } from "./texts.js";

/** @typedef {import("./types.js").Report} Report */
/** @typedef {{path: string, node: HTMLElement}} Shot A place for the picture of a file. */

/**
 * Make the section: files used for training, duplicates, damaged files, files that may be mislabelled.
 *
 * @param {Report} report
 * @returns {{node: HTMLElement, shots: Shot[]}} The section, and places for pictures.
 */
export function doubts(report) {
  /** @type {Shot[]} */
  const shots = [];
  const match = (/** @type {string} */ kind) => cell(null, kind === "exact" ? words.exact : words.near);
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
      );
    },
    12,
  );
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
          element("tr", null, head("path", pathOf(one.path)), cell(null, printable(one.label)), match(one.match)),
      }),
    element("h3", null, words.twice),
    ...duplicates(report.duplicates, match),
    element("h3", null, words.damaged),
    damagedFiles(report.damaged ?? []),
    element("h3", null, words.wrong),
    element(
      "p",
      null,
      report.mislabelled.length ? words.mislabelled(counted(report.mislabelled.length)) : words.notWrong,
    ),
    suspects,
    button,
  );
  suspects.hidden = !report.mislabelled.length;
  return { node, shots };
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

/**
 * @param {Report["duplicates"]} all
 * @param {(kind: string) => HTMLElement} match
 * @returns {HTMLElement[]}
 */
function duplicates(all, match) {
  if (!all.length) return [element("p", null, words.notTwice)];
  const several = (all[0]?.labels.length ?? 0) > 1 ? ` ${words.severalLabels}` : "";
  return [
    element("p", null, words.duplicates(counted(all.length, ...nouns.picture)), several),
    table({
      name: words.duplicatesName,
      items: all,
      heads: [[words.files], [words.labels], [words.match]],
      row: (one) =>
        element(
          "tr",
          null,
          head("path", ...one.paths.flatMap((path, index) => (index ? [element("br"), pathOf(path)] : [pathOf(path)]))),
          cell(
            null,
            one.labels.map(printable).join(", "),
            one.labels.length > 1 && " ",
            one.labels.length > 1 && element("span", { class: "tag watch" }, words.twoLabels),
          ),
          match(one.match),
        ),
    }),
  ];
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
