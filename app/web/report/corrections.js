// @ts-check
// The section about the corrections of labels: the figures before and after, and what became of each row.

import { element } from "../lib/elements.js";
import { count } from "../lib/numbers.js";
import { counted, number, percent, printable } from "../lib/wording.js";
import { MAX_LABELS, stillMatrix } from "./matrix.js";
import { cell, estimateOf, head, pathOf, section, table } from "./parts.js";
import { NOT_SHARES } from "./result.js";
import { nouns, result as resultWords, corrections as words } from "./texts.js";

/** @typedef {import("./types.js").CorrectionsEffect} CorrectionsEffect */
/** @typedef {import("./types.js").Metrics} Metrics */
/** @typedef {import("./types.js").Report} Report */

/**
 * Make the section.
 *
 * @param {Report} report
 * @param {CorrectionsEffect} effect
 */
export function corrections(report, effect) {
  const { before, not_applied: left } = effect;
  const isSmall = before.confusion_matrix.columns.length - 1 <= MAX_LABELS;
  return section(
    "corrections",
    words.title,
    element("p", null, words.rows(counted(effect.rows, ...nouns.row), printable(effect.filename))),
    figures(before.metrics, report.metrics),
    isSmall &&
      element(
        "div",
        { class: "pictures" },
        stillMatrix(words.matrixBefore, before.confusion_matrix),
        stillMatrix(words.matrixAfter, report.confusion_matrix),
      ),
    table({
      name: words.statesName,
      items: Object.entries(effect.states).filter(([, rows]) => rows),
      heads: [[words.state], [words.meaning], [words.number, "n"]],
      row: ([state, rows]) =>
        element("tr", null, head("nowrap", state), cell("text", words.states[state] ?? ""), cell("n", count(rows))),
    }),
    left.length > 0 &&
      table({
        name: words.leftName,
        caption: words.left,
        items: left,
        heads: [[words.file], [words.row, "n"], [words.state], [words.reason]],
        row: (one) =>
          element(
            "tr",
            null,
            head("path", pathOf(one.path)),
            cell("n", count(one.row)),
            cell("nowrap", one.state),
            cell("text", printable(one.detail)),
          ),
      }),
  );
}

/**
 * @param {Metrics} before
 * @param {Metrics} after
 */
function figures(before, after) {
  return table({
    name: words.figuresName,
    class: "figures",
    items: ["accuracy", ...Object.keys(resultWords.figures)],
    heads: [[resultWords.figure], [words.before, "n"], [words.after, "n"]],
    row: (name) => {
      const title = resultWords.figures[name] ?? words.accuracy;
      return element("tr", null, head(null, title), ...[before, after].map((one) => cell("n", written(name, one))));
    },
  });
}

/**
 * @param {string} name
 * @param {Metrics} metrics
 */
function written(name, metrics) {
  if (name === "accuracy") return estimateOf(metrics.accuracy);
  return NOT_SHARES.includes(name) ? number(metrics[name]) : percent(metrics[name]);
}
