// @ts-check
// The view of two reports side by side, of any two versions, on the files that are in both.

import { linkTo } from "../lib/addresses.js";
import { element } from "../lib/elements.js";
import { askFor } from "../lib/notices.js";
import { count, time } from "../lib/numbers.js";
import { address } from "../lib/service.js";
import { title, versions } from "../lib/texts.js";
import { counted, printable, threshold as written } from "../lib/wording.js";
import { FlipList, pairedTable } from "../report/comparison.js";
import { MAX_LABELS, stillMatrix } from "../report/matrix.js";
import { band, cell, estimateOf, head, pathOf, scaleLegend, section, table } from "../report/parts.js";
import * as reportTexts from "../report/texts.js";
import { compare as words } from "./texts.js";

/** @typedef {import("../report/types.js").SideBySide} SideBySide */
/** @typedef {import("../report/types.js").ComparedReport} ComparedReport */

/**
 * Show the view.
 *
 * @param {HTMLElement} root
 * @param {string[]} parameters The ids of two reports.
 * @param {AbortSignal} signal
 */
export async function show(root, [id = "", other = ""], signal) {
  const place = element("div", { class: "awaited" }, element("p", { class: "quiet", role: "status" }, words.loading));
  root.append(place);
  const query = new URLSearchParams({ against: other });
  /** @type {SideBySide | null} */
  const found = await askFor(`/evaluations/${encodeURIComponent(id)}/comparison?${query}`, place, signal);
  if (!found) return;
  document.title = title(words.documentTitle(found.this.name, found.against.name));
  place.replaceWith(
    element(
      "div",
      { class: "evaluation whole" },
      element(
        "div",
        { class: "sections" },
        element("section", { class: "sides", "aria-label": words.sides }, sideOf(found.this), sideOf(found.against)),
        outcome(found),
        matrices(found),
        flips(found),
        apart(found),
      ),
    ),
  );
}

/** @param {ComparedReport} one */
function sideOf(one) {
  const { images, scored, unreadable } = one.accounting;
  const file = one.archive.filename === null ? reportTexts.report.unnamed : printable(one.archive.filename);
  return element(
    "article",
    { class: "side" },
    element("h2", null, element("a", { href: linkTo("report", one.id) }, capital(one.name))),
    element(
      "p",
      { class: "quiet" },
      versions.named(one.model, one.version),
      " · ",
      element("time", { datetime: one.created }, time(one.created)),
    ),
    element("p", { class: "path" }, file),
    element("p", null, reportTexts.matrix.images(counted(images), count(scored), count(unreadable))),
    element("p", null, words.itsAccuracy, " ", estimateOf(one.metrics.accuracy)),
    one.threshold === null ? null : element("p", { class: "quiet" }, words.threshold(written(one.threshold))),
  );
}

/** @param {SideBySide} found */
function outcome(found) {
  const { comparison } = found;
  return section(
    "outcome",
    words.outcome,
    element("p", { class: "verdict-line" }, comparison.verdict),
    element("ul", { class: "sentences" }, ...found.summary.map((one) => element("li", null, one))),
    element("h3", null, words.accuracy),
    element(
      "div",
      { class: "scales" },
      element(
        "dl",
        null,
        ...onScale(found.this.name, found.metrics),
        ...onScale(found.against.name, comparison.metrics),
      ),
      scaleLegend(),
    ),
    element("h3", null, reportTexts.comparison.name),
    pairedTable(comparison.paired, namesOf(found)),
  );
}

/**
 * @param {string} name
 * @param {SideBySide["metrics"]} metrics
 */
function onScale(name, { accuracy, majority_baseline: majority }) {
  return [
    element(
      "div",
      null,
      element("dt", null, capital(name)),
      element("dd", null, estimateOf(accuracy)),
      element("dd", { class: "scale" }, band(accuracy, majority)),
    ),
  ];
}

/** @param {SideBySide} found */
function matrices(found) {
  if (found.confusion_matrix.columns.length - 1 > MAX_LABELS) return null;
  return section(
    "matrices",
    words.matrices,
    element(
      "div",
      { class: "two" },
      stillMatrix(reportTexts.comparison.matrix(found.this.name), found.confusion_matrix),
      stillMatrix(reportTexts.comparison.matrix(found.against.name), found.comparison.confusion_matrix),
    ),
  );
}

/** @param {SideBySide} found */
function flips(found) {
  const pictured = new Map(Object.entries(found.thumbnails));
  const addressOf = (/** @type {string} */ path) => {
    const at = pictured.get(path);
    return at === undefined ? null : address(at);
  };
  const all = found.comparison.flips;
  return section(
    "flips",
    reportTexts.comparison.flips,
    all.length ? new FlipList(all, namesOf(found), addressOf).node : element("p", null, words.noFlips),
  );
}

/**
 * Make the section of the files that were not compared: with two labels, or in one report only.
 *
 * @param {SideBySide} found
 */
function apart(found) {
  const names = namesOf(found);
  const only = (/** @type {string} */ name, /** @type {string[]} */ paths) =>
    paths.length > 0 &&
    table({
      name: words.only(name),
      caption: words.onlyCaption(name, counted(paths.length)),
      items: paths,
      heads: [[words.file]],
      row: (path) => element("tr", null, head("path", pathOf(path))),
    });
  return section(
    "apart",
    words.apart,
    found.other_label.length > 0 &&
      table({
        name: words.otherLabel,
        caption: words.otherLabelCaption(counted(found.other_label.length)),
        items: found.other_label,
        heads: [[words.file], [words.labelIn(names.this)], [words.labelIn(names.against)]],
        row: (one) =>
          element(
            "tr",
            null,
            head("path", pathOf(one.path)),
            cell(null, printable(one.this)),
            cell(null, printable(one.against)),
          ),
      }),
    only(names.this, found.only_this),
    only(names.against, found.only_against),
    !found.other_label.length &&
      !found.only_this.length &&
      !found.only_against.length &&
      element("p", null, words.nothingApart),
  );
}

/** @param {SideBySide} found */
function namesOf(found) {
  return { this: found.this.name, against: found.against.name };
}

/** @param {string} name */
function capital(name) {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
