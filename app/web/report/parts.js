// @ts-check
// Small parts that several sections of a report use.

import { drawing, element } from "../lib/elements.js";
import { growing } from "../lib/growing.js";
import { numbers } from "../lib/texts.js";
import { interval, percent, printable } from "../lib/wording.js";
import { files, report, result } from "./texts.js";

/** @typedef {import("../lib/elements.js").Child} Child */
/** @typedef {import("./types.js").Estimate} Estimate */

/**
 * Make a section with its heading.
 *
 * @param {string} name Its id.
 * @param {string} title
 * @param {...Child} children
 */
export function section(name, title, ...children) {
  const heading = element("h2", { id: `${name}-title`, tabindex: -1 }, title);
  return element("section", { id: name, "aria-labelledby": heading.id }, heading, ...children);
}

/**
 * Make a region for wide content, which scrolls on its own.
 *
 * @param {string} name
 * @param {...Child} children
 */
export function scrolling(name, ...children) {
  return element("div", { class: "scroll", role: "region", "aria-label": name, tabindex: 0 }, ...children);
}

/**
 * Make a table that scrolls on its own, with a button for more rows.
 *
 * @template Item
 * @param {object} options
 * @param {string} options.name
 * @param {string} [options.caption]
 * @param {string} [options.class]
 * @param {[string, string?][]} options.heads The text and the class of each heading; an empty text makes an empty cell.
 * @param {Item[]} options.items
 * @param {(item: Item) => HTMLTableRowElement} options.row
 * @param {number} [options.first] The number of rows at first.
 */
export function table({ name, caption, class: named, heads, items, row, first = 20 }) {
  const body = element("tbody");
  const made = element(
    "table",
    { class: named },
    caption ? element("caption", null, element("span", null, caption)) : null,
    element(
      "thead",
      null,
      element(
        "tr",
        null,
        ...heads.map(([text, kind]) =>
          text ? element("th", { scope: "col", class: kind }, text) : element("td", { class: kind }),
        ),
      ),
    ),
    body,
  );
  return element("div", { class: "table" }, scrolling(name, made), growing(body, items, row, first).button);
}

/**
 * Write a proportion with its interval.
 *
 * @param {Estimate} one
 */
export function estimateOf(one) {
  if (one.value === null) return element("span", { class: "quiet" }, numbers.none);
  return element(
    "span",
    { class: "estimate" },
    percent(one.value),
    " ",
    element("span", { class: "quiet" }, interval(one)),
  );
}

/**
 * Draw a proportion on a scale from 0 to 100%, its interval as a bar. The caller writes the numbers beside it.
 *
 * @param {Estimate} one
 * @param {number | null} [mark]
 */
export function band(one, mark = null) {
  const { value, low, high } = one;
  const isDefined = value !== null && low !== null && high !== null;
  return element(
    "span",
    { class: "band", "aria-hidden": "true" },
    isDefined && element("i", { class: "range", "--from": low, "--to": high }),
    isDefined && element("i", { class: "point", "--from": value }),
    mark === null ? null : element("i", { class: "mark", "--from": mark }),
  );
}

/** Make the legend of a `band`, with the ends of its scale. */
export function scaleLegend() {
  return element(
    "p",
    { class: "legend", "aria-hidden": "true" },
    element("span", null, "0%"),
    element("span", null, element("i", { class: "swatch range" }), result.interval),
    element("span", null, element("i", { class: "swatch mark" }), result.majority),
    element("span", null, "100%"),
  );
}

/**
 * Make a choice between a few options, the first of which is chosen.
 *
 * @param {string} name The name of the radio buttons.
 * @param {string} legend The legend, for screen readers only.
 * @param {{text: string, choose: () => void}[]} choices
 */
export function segments(name, legend, choices) {
  return element(
    "fieldset",
    { class: "segments" },
    element("legend", { class: "heard" }, legend),
    ...choices.map(({ text, choose }, index) =>
      element(
        "label",
        null,
        element("input", { type: "radio", name, checked: index === 0, onchange: choose }),
        element("span", null, text),
      ),
    ),
  );
}

/**
 * Make the picture of a file, as the model saw it.
 *
 * @param {string} path
 * @param {string} source
 */
export function shot(path, source) {
  return element("img", {
    src: source,
    alt: files.picture(printable(path)),
    width: 168,
    height: 168,
    loading: "lazy",
    decoding: "async",
  });
}

/**
 * Write a path that may break after each folder.
 *
 * @param {string} text
 */
export function pathOf(text) {
  const parts = printable(text).split("/");
  return element(
    "span",
    { class: "path" },
    ...parts.flatMap((part, index) => (index < parts.length - 1 ? [`${part}/`, element("wbr")] : [part])),
  );
}

/**
 * Make a table's cell of text or nodes, with its classes.
 *
 * @param {string | null} kind
 * @param {...Child} children
 */
export function cell(kind, ...children) {
  return element("td", { class: kind }, ...children);
}

/**
 * Make the heading of a row.
 *
 * @param {string | null} kind
 * @param {...Child} children
 */
export function head(kind, ...children) {
  return element("th", { scope: "row", class: kind }, ...children);
}

/**
 * Draw a line through points in a drawing of 100 by 100. The points go from 0 to 1, with 0 at the lower left.
 *
 * @param {[number, number][]} points
 */
export function lineThrough(points) {
  return drawing("path", {
    class: "line",
    d: `M${points.map(([x, y]) => `${(100 * x).toFixed(2)} ${(100 - 100 * y).toFixed(2)}`).join("L")}`,
  });
}

/**
 * Name the set of a report, and its corrections: two reports on one zip may differ in nothing else.
 *
 * @param {string | null} filename
 * @param {string | null} [corrections]
 */
export function setName(filename, corrections) {
  const name = filename === null ? report.unnamed : printable(filename);
  return corrections ? report.corrected(name, printable(corrections)) : name;
}
