// @ts-check
// What becomes of the marks: how many there are, their file, and how to take them back.

import { announce, element } from "../lib/elements.js";
import { growing } from "../lib/growing.js";
import { save } from "../lib/saving.js";
import { printable } from "../lib/wording.js";
import { correctionsOf, FILE_NAME } from "./corrections-file.js";
import { countLine } from "./sentence.js";
import { panel as words } from "./texts.js";

const FIRST = 24;

/**
 * Make the parts of the section about the marks.
 *
 * @param {import("./marks.js").Marks} marks
 * @param {import("./marker.js").Marker} marker
 * @param {{stored: boolean, corrections?: {filename: string} | null | undefined}} report
 * @returns {HTMLElement[]}
 */
export function panel(marks, marker, { stored, corrections = null }) {
  const counted = element("p", { class: "sum" });
  const trouble = element("p", { class: "notice watch", role: "alert" });
  const button = (/** @type {string} */ text, /** @type {string} */ kind, /** @type {() => void} */ act) =>
    element("button", { type: "button", class: `button ${kind}`, onclick: act }, text);
  const keep = button(words.save(FILE_NAME), "primary", () =>
    save(new Blob([correctionsOf(marks.all())], { type: "text/csv" }), FILE_NAME),
  );
  const undo = button(words.undo, "", () => {
    marks.undo();
    announce(`${words.undone} ${countLine(marks)}`);
    if (undo.disabled) keep.focus();
  });
  const clear = button(words.clear, "", () => {
    marks.clear();
    announce(words.cleared);
    undo.focus();
  });
  const marked = review(marks, marker);
  const tell = () => {
    counted.textContent = countLine(marks);
    undo.disabled = !marks.canUndo;
    clear.disabled = !marks.all().length;
    const text = marks.trouble && words.trouble[stored ? marks.trouble : "unstored"];
    trouble.hidden = !text;
    marked.hidden = clear.disabled && !marked.open;
    if (text && text !== trouble.textContent) trouble.textContent = text;
  };
  marks.onChange(tell);
  tell();
  return [
    element("p", null, words.lead, marks.trouble !== "blocked" && ` ${words.kept}`),
    ...(corrections ? [element("p", null, words.corrected(printable(corrections.filename)))] : []),
    counted,
    trouble,
    element("div", { class: "marks-tools" }, keep, undo, clear),
    marked,
    element("p", null, words.apply),
    element("pre", null, words.commands.join("\n")),
  ];
}

/**
 * Make the list of the marked files. It is made when it is opened, and keeps a file whose mark is then removed.
 *
 * @param {import("./marks.js").Marks} marks
 * @param {import("./marker.js").Marker} marker
 */
function review(marks, marker) {
  const place = element("div", { class: "listed" });
  const fill = () => {
    const list = element("ul", { class: "files", "aria-label": words.review });
    const { button } = growing(list, marks.all(), (mark) => entry(mark, marker), FIRST);
    place.replaceChildren(list, button);
    marker.listen(list, button);
  };
  const node = element("details", null, element("summary", null, words.review), place);
  node.addEventListener("toggle", () => node.open && fill());
  return node;
}

/**
 * @param {import("./marks.js").Mark} mark
 * @param {import("./marker.js").Marker} marker
 */
function entry({ path, was, should_be: label, kind }, marker) {
  return element(
    "li",
    null,
    element("p", { class: "verdict" }, element("b", null, printable(was))),
    element("p", { class: "where" }, element("span", { class: "path" }, printable(path))),
    marker.controls({ path, given: was, suggested: label, kind }),
  );
}
