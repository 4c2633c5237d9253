// @ts-check
// The first section of a report: where every file went, how the set was read, and the matrix.

import { element } from "../lib/elements.js";
import { count } from "../lib/numbers.js";
import texts from "../lib/texts.js";
import { counted, printable } from "../lib/wording.js";
import { section } from "./parts.js";

/** @typedef {import("./types.js").Report} Report */

const NAMED = 5;
const words = texts.report.matrix;

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
        counted(entries, ...texts.report.words.entry),
        counted(directories, ...words.directory),
        count(ignored),
        counted(images, ...words.image),
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
 * Say how a labelled set was read where that is not plain.
 *
 * @param {Report["interpretation"]} interpretation
 * @returns {string[]}
 */
function interpretationSentences({ wrapper, encoding, matched, labels_file: file }) {
  const path = file && printable(file.path);
  return [
    wrapper !== null && words.wrapper(printable(wrapper)),
    encoding !== null && words.encoding(encoding),
    file && words.labelsFile(printable(file.path), counted(file.rows, ...words.row)),
    ...matched.map((one) => words.matched(printable(one.folder), path, printable(one.label), counted(one.files))),
    file &&
      file.missing.length > 0 &&
      words.missing(printable(file.path), counted(file.missing.length), file.missing.length === 1, named(file.missing)),
  ].flatMap((one) => one || []);
}

/** @param {string[]} paths */
function named(paths) {
  const rest = paths.length - NAMED;
  return paths.slice(0, NAMED).map(printable).join(", ") + (rest > 0 ? words.andMore(count(rest)) : "");
}
