// @ts-check
// The figures of a report: for all labels together, and for each.

import { element } from "../lib/elements.js";
import { growing } from "../lib/growing.js";
import { count } from "../lib/numbers.js";
import { counted, interval, number, percent, printable, threshold as written } from "../lib/wording.js";
import { band, cell, estimateOf, head, scaleLegend, section, table } from "./parts.js";
import { labels as labelWords, nouns, result as words } from "./texts.js";

/** @typedef {import("./types.js").Report} Report */

const MANY_LABELS = 20;
export const NOT_SHARES = ["log_loss", "expected_calibration_error", "roc_auc", "average_precision"];

/** @param {Report} report */
export function result(report) {
  const { metrics, intervals } = report;
  const figures = Object.entries(words.figures).map(([name, title]) => {
    const write = NOT_SHARES.includes(name) ? number : percent;
    return { title, value: write(metrics[name]), ends: intervals.metrics[name], write };
  });
  return section(
    "result",
    words.title,
    element(
      "div",
      { class: "headline" },
      element(
        "p",
        { class: "big" },
        element("span", null, words.accuracy),
        element("strong", null, percent(metrics.accuracy.value)),
        element("span", { class: "quiet" }, interval(metrics.accuracy)),
      ),
      element("div", { class: "scale" }, band(metrics.accuracy, metrics.majority_baseline), scaleLegend()),
    ),
    element("ul", { class: "sentences" }, ...report.summary.map((one) => element("li", null, one))),
    table({
      name: words.name,
      caption: words.caption(count(intervals.resamples)),
      class: "figures",
      items: figures,
      heads: [[words.figure], [words.value, "n"], [words.interval, "n"]],
      row: ({ title, value, ends, write }) =>
        element("tr", null, head(null, title), cell("n", value), cell("n quiet", ends ? interval(ends, write) : "")),
    }),
    element("p", { class: "quiet" }, words.noMicro),
    report.positive && element("p", { class: "quiet" }, labelWords.at(written(report.positive.threshold))),
    report.undefined.length > 0 && undefinedFigures(report.undefined),
  );
}

/** @param {Report["undefined"]} all */
function undefinedFigures(all) {
  const list = element("ul", { class: "dotted" });
  const { button } = growing(
    list,
    all,
    ({ metric, label, reason }) =>
      element("li", null, words.why(metric.replaceAll("_", " "), label && printable(label), printable(reason))),
    20,
  );
  return element(
    "details",
    null,
    element("summary", null, words.undefined(counted(all.length, ...nouns.figure))),
    list,
    button,
  );
}

/** @param {Report} report */
export function labels(report) {
  const rows = table({
    name: labelWords.name,
    caption: labelWords.caption,
    class: "per-label",
    items: report.per_label,
    first: 100,
    heads: [
      [labelWords.label],
      [labelWords.files, "n"],
      [labelWords.recall],
      [labelWords.precision],
      [labelWords.f1, "n"],
    ],
    row: (one) =>
      element(
        "tr",
        null,
        head(
          null,
          printable(one.label),
          one.label === report.positive?.label && " ",
          one.label === report.positive?.label && element("span", { class: "tag" }, labelWords.positive),
        ),
        cell("n", count(one.files)),
        cell("measure", estimateOf(one.recall), band(one.recall)),
        cell("measure", estimateOf(one.precision), band(one.precision)),
        cell("n", number(one.f1)),
      ),
  });
  return section(
    "labels",
    labelWords.title,
    report.positive && element("p", { class: "quiet" }, labelWords.at(written(report.positive.threshold))),
    report.per_label.length <= MANY_LABELS
      ? rows
      : element("details", null, element("summary", null, labelWords.all(count(report.per_label.length))), rows),
  );
}
