// @ts-check
// The sections of a report that stand still: result, labels, curves, doubts, what was left out.

import { element } from "../lib/elements.js";
import { count } from "../lib/numbers.js";
import texts from "../lib/texts.js";
import { counted, interval, number, percent, printable, threshold as written } from "../lib/wording.js";
import { band, cell, estimateOf, growing, head, pathOf, scaleLegend, section, shot, table } from "./parts.js";

/** @typedef {import("./types.js").Report} Report */
/** @typedef {{path: string, node: HTMLElement}} Shot A place for the picture of a file. */

const words = texts.report;
const MANY_LABELS = 20;
const NOT_SHARES = ["log_loss", "expected_calibration_error", "roc_auc", "average_precision"];
const DATA_ADDRESS = /^data:image\/(svg\+xml|png);base64,[A-Za-z0-9+/=]+$/;

/** @param {Report} report */
export function result(report) {
  const { metrics, intervals } = report;
  const text = words.result;
  const figures = Object.entries(text.figures).map(([name, title]) => {
    const write = NOT_SHARES.includes(name) ? number : percent;
    return { title, value: write(metrics[name]), ends: intervals.metrics[name], write };
  });
  return section(
    "result",
    text.title,
    element(
      "div",
      { class: "headline" },
      element(
        "p",
        { class: "big" },
        element("span", null, text.accuracy),
        element("strong", null, percent(metrics.accuracy.value)),
        element("span", { class: "quiet" }, interval(metrics.accuracy)),
      ),
      element("div", { class: "scale" }, band(metrics.accuracy, metrics.majority_baseline), scaleLegend()),
    ),
    element("ul", { class: "sentences" }, ...report.summary.map((one) => element("li", null, one))),
    table({
      name: text.name,
      caption: text.caption(count(intervals.resamples)),
      class: "figures",
      items: figures,
      heads: [[text.figure], [text.value, "n"], [text.interval, "n"]],
      row: ({ title, value, ends, write }) =>
        element("tr", null, head(null, title), cell("n", value), cell("n quiet", ends ? interval(ends, write) : "")),
    }),
    element("p", { class: "quiet" }, text.noMicro),
    report.positive && element("p", { class: "quiet" }, words.labels.at(written(report.positive.threshold))),
    report.undefined.length > 0 && undefinedFigures(report.undefined),
  );
}

/** @param {Report["undefined"]} all */
function undefinedFigures(all) {
  const text = words.result;
  const list = element("ul", { class: "dotted" });
  const { button } = growing(
    list,
    all,
    ({ metric, label, reason }) =>
      element("li", null, text.why(metric.replaceAll("_", " "), label && printable(label), printable(reason))),
    20,
  );
  return element(
    "details",
    null,
    element("summary", null, text.undefined(counted(all.length, ...text.figureNoun))),
    list,
    button,
  );
}

/** @param {Report} report */
export function labels(report) {
  const text = words.labels;
  const rows = table({
    name: text.name,
    caption: text.caption,
    class: "per-label",
    items: report.per_label,
    first: 100,
    heads: [[text.label], [text.files, "n"], [text.recall], [text.precision], [text.f1, "n"]],
    row: (one) =>
      element(
        "tr",
        null,
        head(
          null,
          printable(one.label),
          one.label === report.positive?.label && " ",
          one.label === report.positive?.label && element("span", { class: "tag" }, text.positive),
        ),
        cell("n", count(one.files)),
        cell("measure", estimateOf(one.recall), band(one.recall)),
        cell("measure", estimateOf(one.precision), band(one.precision)),
        cell("n", number(one.f1)),
      ),
  });
  return section(
    "labels",
    text.title,
    report.positive && element("p", { class: "quiet" }, text.at(written(report.positive.threshold))),
    report.per_label.length <= MANY_LABELS
      ? rows
      : element("details", null, element("summary", null, text.all(count(report.per_label.length))), rows),
  );
}

/**
 * The curves as the service draws them, asked for when they come near.
 *
 * @param {() => Promise<Document>} askPage The service's own page of the report.
 */
export function curves(askPage) {
  const places = element(
    "div",
    { class: "pictures" },
    ...Array.from({ length: 3 }, () =>
      element("figure", { class: "drawn" }, element("p", { class: "quiet" }, words.curves.waiting)),
    ),
  );
  const made = section("curves", words.curves.title, places, element("p", { class: "quiet" }, words.curves.note));
  const watcher = new IntersectionObserver(
    ([seen]) => {
      if (!seen?.isIntersecting) return;
      watcher.disconnect();
      askPage().then(
        (page) => {
          const pictures = [...page.querySelectorAll("#curves img")].flatMap((one) => pictureOf(one));
          if (pictures.length) places.replaceChildren(...pictures);
          else made.remove();
        },
        () => made.remove(),
      );
    },
    { rootMargin: "600px" },
  );
  watcher.observe(made);
  return made;
}

/**
 * Copy a picture of the page: its data, its size and its words, nothing else.
 *
 * @param {Element} image
 */
function pictureOf(image) {
  const light = image.getAttribute("src") ?? "";
  if (!DATA_ADDRESS.test(light)) return [];
  const dark = image.parentElement?.querySelector("source")?.getAttribute("srcset") ?? "";
  return [
    element(
      "figure",
      { class: "drawn" },
      element(
        "picture",
        null,
        DATA_ADDRESS.test(dark) &&
          element("source", { srcset: dark, media: "screen and (prefers-color-scheme: dark)" }),
        element("img", {
          src: light,
          alt: image.getAttribute("alt"),
          width: Number(image.getAttribute("width")),
          height: Number(image.getAttribute("height")),
        }),
      ),
    ),
  ];
}

/**
 * What to doubt: trained on, there twice, perhaps mislabelled.
 *
 * @param {Report} report
 * @returns {{node: HTMLElement, shots: Shot[]}} The section, and places for pictures.
 */
export function doubts(report) {
  const text = words.doubts;
  /** @type {Shot[]} */
  const shots = [];
  const match = (/** @type {string} */ kind) => cell(null, kind === "exact" ? text.exact : text.near);
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
          element("span", { class: "quiet" }, text.suggested),
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
    text.title,
    element("h3", null, text.trained),
    ...leakageSentences(report.leakage).map((one) => element("p", null, one)),
    report.leakage &&
      report.leakage.files.length > 0 &&
      table({
        name: text.trainedName,
        items: report.leakage.files,
        heads: [[text.file], [text.label], [text.match]],
        row: (one) =>
          element("tr", null, head("path", pathOf(one.path)), cell(null, printable(one.label)), match(one.match)),
      }),
    element("h3", null, text.twice),
    ...duplicates(report.duplicates, match),
    element("h3", null, text.wrong),
    element(
      "p",
      null,
      report.mislabelled.length ? text.mislabelled(counted(report.mislabelled.length)) : text.notWrong,
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
  const text = words.doubts;
  if (!leakage) return [text.unknown];
  const { files, without } = leakage;
  const exact = files.filter((one) => one.match === "exact").length;
  const seen =
    !files.length || !without
      ? text.notTrained(counted(leakage.training_images, ...text.trainingPicture))
      : text.seen(
          counted(files.length),
          count(exact),
          count(files.length - exact),
          counted(without.files, ...text.other),
          `${percent(without.metrics.accuracy.value)} (${interval(without.metrics.accuracy)})`,
        );
  return leakage.too_flat ? [seen, text.flat(counted(leakage.too_flat))] : [seen];
}

/**
 * @param {Report["duplicates"]} all
 * @param {(kind: string) => HTMLElement} match
 * @returns {HTMLElement[]}
 */
function duplicates(all, match) {
  const text = words.doubts;
  if (!all.length) return [element("p", null, text.notTwice)];
  const several = (all[0]?.labels.length ?? 0) > 1 ? ` ${text.severalLabels}` : "";
  return [
    element("p", null, text.duplicates(counted(all.length, ...words.words.picture)), several),
    table({
      name: text.duplicatesName,
      items: all,
      heads: [[text.files], [text.labels], [text.match]],
      row: (one) =>
        element(
          "tr",
          null,
          head("path", ...one.paths.flatMap((path, index) => (index ? [element("br"), pathOf(path)] : [pathOf(path)]))),
          cell(
            null,
            one.labels.map(printable).join(", "),
            one.labels.length > 1 && " ",
            one.labels.length > 1 && element("span", { class: "tag watch" }, text.twoLabels),
          ),
          match(one.match),
        ),
    }),
  ];
}

/** @param {Report} report */
export function leftOut(report) {
  const text = words.leftOut;
  const { excluded, ignored } = report;
  return section(
    "left-out",
    text.title,
    excluded.length > 0 &&
      table({
        name: text.unreadableName,
        caption: text.unreadable,
        items: excluded,
        heads: [[text.file], [text.label], [text.why]],
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
        name: text.ignoredName,
        caption: text.ignored,
        items: ignored,
        heads: [[text.entry], [text.why]],
        row: (one) => element("tr", null, head("path", pathOf(one.path)), cell("nowrap", one.reason)),
      }),
    !excluded.length && !ignored.length && element("p", null, text.nothing),
  );
}

/**
 * Put pictures where there are some.
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
