// @ts-check
// Small parts that several sections of a report use.

import { drawing, element } from "../lib/elements.js";
import { count } from "../lib/numbers.js";
import texts from "../lib/texts.js";
import { interval, percent, printable } from "../lib/wording.js";

/** @typedef {import("../lib/elements.js").Child} Child */
/** @typedef {import("./types.js").Estimate} Estimate */

/**
 * A section with its heading.
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
 * Something wide that scrolls in itself.
 *
 * @param {string} name
 * @param {...Child} children
 */
export function scrolling(name, ...children) {
  return element("div", { class: "scroll", role: "region", "aria-label": name, tabindex: 0 }, ...children);
}

/**
 * A table that scrolls in itself, whose rows may grow.
 *
 * @template Item
 * @param {object} wanted
 * @param {string} wanted.name
 * @param {string} [wanted.caption]
 * @param {string} [wanted.class]
 * @param {[string, string?][]} wanted.heads Text and class; an empty text is no heading.
 * @param {Item[]} wanted.items
 * @param {(item: Item) => HTMLTableRowElement} wanted.row
 * @param {number} [wanted.first] How many rows there are at first.
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
 * Fill an element with the first of many things; a button brings more of them, each time twice as many.
 *
 * @template Item
 * @param {HTMLElement} place
 * @param {Item[]} items
 * @param {(item: Item) => HTMLElement} make
 * @param {number} first
 * @param {() => void} [onGrown]
 */
export function growing(place, items, make, first, onGrown = () => {}) {
  const button = element("button", { type: "button", class: "button more", onclick: () => grow() });
  let shown = 0;
  let step = first;
  const add = () => {
    const fresh = items.slice(shown, shown + step).map(make);
    place.append(...fresh);
    shown += fresh.length;
    button.hidden = shown >= items.length;
    button.textContent = texts.report.more(count(items.length - shown));
    return fresh[0];
  };
  const grow = () => {
    step *= 2;
    const next = add();
    next?.setAttribute("tabindex", "-1");
    next?.focus({ preventScroll: true });
    onGrown();
  };
  add();
  return { button };
}

/**
 * A proportion with its interval, in words.
 *
 * @param {Estimate} one
 */
export function estimateOf(one) {
  if (one.value === null) return element("span", { class: "quiet" }, texts.report.words.undefined);
  return element(
    "span",
    { class: "estimate" },
    percent(one.value),
    " ",
    element("span", { class: "quiet" }, interval(one)),
  );
}

/**
 * A proportion on a scale from 0 to 100%, its interval as a bar; what it shows is said in words beside it.
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

/** What the parts of a `band` mean, and where its scale ends. */
export function scaleLegend() {
  const text = texts.report.result;
  return element(
    "p",
    { class: "legend", "aria-hidden": "true" },
    element("span", null, "0%"),
    element("span", null, element("i", { class: "swatch range" }), text.interval),
    element("span", null, element("i", { class: "swatch mark" }), text.majority),
    element("span", null, "100%"),
  );
}

/**
 * A choice of a few, the first of which is chosen.
 *
 * @param {string} name Of its radio buttons.
 * @param {string} legend Heard, not seen.
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
 * What the model saw of a file.
 *
 * @param {string} path
 * @param {string} source
 */
export function shot(path, source) {
  return element("img", {
    src: source,
    alt: texts.report.files.picture(printable(path)),
    width: 168,
    height: 168,
    loading: "lazy",
    decoding: "async",
  });
}

/**
 * A path that may break after each folder.
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
 * A table's cell of text or nodes, with the classes that it needs.
 *
 * @param {string | null} kind
 * @param {...Child} children
 */
export function cell(kind, ...children) {
  return element("td", { class: kind }, ...children);
}

/**
 * A row's heading.
 *
 * @param {string | null} kind
 * @param {...Child} children
 */
export function head(kind, ...children) {
  return element("th", { scope: "row", class: kind }, ...children);
}

/**
 * A line through points, each from 0 to 1 with 0 at the lower left, as a drawing of 100 by 100.
 *
 * @param {[number, number][]} points
 */
export function lineThrough(points) {
  return drawing("path", {
    class: "line",
    d: `M${points.map(([x, y]) => `${(100 * x).toFixed(2)} ${(100 - 100 * y).toFixed(2)}`).join("L")}`,
  });
}
