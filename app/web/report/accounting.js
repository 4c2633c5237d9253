// @ts-check
// Every file of a report: its state, the reading of the set, the matrix, and the files left out.

import { element } from "../lib/elements.js";
import { count } from "../lib/numbers.js";
import { counted, printable } from "../lib/wording.js";
import { cell, head, pathOf, section, table } from "./parts.js";
import { leftOut as leftOutWords, nouns, matrix as words } from "./texts.js";

/** @typedef {import("./types.js").Report} Report */

const NAMED = 5;

/**
 * @param {Report} report
 * @param {HTMLElement} matrix
 * @param {import("./threshold.js").ThresholdPanel | null} panel The threshold's, beside it.
 * @param {() => void} onLeftOut
 */
export function accounting(report, matrix, panel, onLeftOut) {
  const { images, scored, unreadable, entries, directories, ignored } = report.accounting;
  return section(
    "matrix",
    words.title,
    element("p", { class: "sum" }, words.images(counted(images), count(scored), count(unreadable))),
    element(
      "p",
      null,
      words.entries(
        counted(entries, ...nouns.entry),
        counted(directories, ...nouns.directory),
        count(ignored),
        counted(images, ...nouns.image),
      ),
      unreadable + ignored > 0 && " ",
      unreadable + ignored > 0 &&
        element("button", { type: "button", class: "link", onclick: onLeftOut }, words.leftOut),
    ),
    element(
      "ul",
      { class: "sentences" },
      ...interpretationSentences(report.interpretation).map((one) => element("li", null, one)),
    ),
    panel ? element("div", { class: "beside" }, element("div", null, matrix, panel.drawings), panel.node) : matrix,
  );
}

/**
 * Describe how a labelled set was read, if that is not obvious.
 *
 * @param {Report["interpretation"]} interpretation
 * @returns {string[]}
 */
function interpretationSentences({
  wrapper,
  encoding,
  matched,
  labels_file: file,
  other_labels_files: others = [],
  parts = [],
}) {
  const files = file ? [file, ...others] : [];
  const path = files.map((one) => printable(one.path)).join(", ") || null;
  return [
    wrapper !== null && words.wrapper(printable(wrapper)),
    parts.length > 0 && words.parts(named(parts.map((part) => `${part.folder}/ (${counted(part.files)})`))),
    encoding !== null && words.encoding(encoding),
    ...files.flatMap((one) => [
      words.labelsFile(printable(one.path), counted(one.rows, ...nouns.row)),
      ...(one.understood ?? []).map(printable),
    ]),
    ...matched.map((one) => words.matched(printable(one.folder), path, printable(one.label), counted(one.files))),
    ...files.map(
      ({ path: table, missing }) =>
        missing.length > 0 &&
        words.missing(printable(table), counted(missing.length), missing.length === 1, named(missing)),
    ),
  ].flatMap((one) => one || []);
}

/** @param {string[]} paths */
function named(paths) {
  const rest = paths.length - NAMED;
  return paths.slice(0, NAMED).map(printable).join(", ") + (rest > 0 ? words.andMore(count(rest)) : "");
}

/** @param {Report} report */
export function leftOut(report) {
  const { excluded, ignored } = report;
  return section(
    "left-out",
    leftOutWords.title,
    excluded.length > 0 &&
      table({
        name: leftOutWords.unreadableName,
        caption: leftOutWords.unreadable,
        items: excluded,
        heads: [[leftOutWords.file], [leftOutWords.label], [leftOutWords.why]],
        row: (one) =>
          element(
            "tr",
            null,
            head("path", pathOf(one.path)),
            cell(null, printable(one.label)),
            cell("text", printable(one.detail || one.reason)),
          ),
      }),
    ignored.length > 0 &&
      table({
        name: leftOutWords.ignoredName,
        caption: leftOutWords.ignored,
        items: ignored,
        heads: [[leftOutWords.entry], [leftOutWords.why]],
        row: (one) => element("tr", null, head("path", pathOf(one.path)), cell("nowrap", one.reason)),
      }),
    !excluded.length && !ignored.length && element("p", null, leftOutWords.nothing),
  );
}
