// @ts-check
// Marking the files of lists by keyboard and by pointer. A list is one stop of the Tab key, as a toolbar is; its letters
// work only while one of its files has the focus (WCAG 2.1.4).

import { element } from "../lib/elements.js";
import { printable } from "../lib/wording.js";
import { Controls } from "./controls.js";
import { countLine } from "./sentence.js";
import { panel, keys as words } from "./texts.js";

/** @typedef {import("./marks.js").Judged} Judged */
/** @typedef {import("./marks.js").Marks} Marks */

const MARKING = ".marking";
const MOST_DIGITS = 9;
const BESIDE_CHOICE = ["arrowleft", "arrowright", "escape"]; // every other key belongs to a choice that has the focus

/** What marks the files of a report, in all of its lists. */
export class Marker {
  #marks;
  #labels;
  /** @type {WeakMap<Element, Controls>} */
  #controls = new WeakMap();

  /**
   * @param {Marks} marks
   * @param {string[]} labels The labels of the model.
   */
  constructor(marks, labels) {
    this.#marks = marks;
    this.#labels = labels;
    marks.onChange(() => {
      for (const node of document.querySelectorAll(MARKING)) this.#controls.get(node)?.paint();
    });
  }

  /**
   * Make the controls of a file, for its place in a list.
   *
   * @param {Judged} file
   */
  controls(file) {
    const made = new Controls(file, this.#labels, this.#marks);
    this.#controls.set(made.node, made);
    return made.node;
  }

  /**
   * Let the files of a list be marked by keyboard.
   *
   * @param {HTMLElement} list
   * @param {HTMLElement | null} more The button that shows more files.
   */
  listen(list, more) {
    list.addEventListener("focusin", (event) => stopAt(list, /** @type {HTMLElement} */ (event.target)));
    list.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const controls = this.#around(event.target);
      if (controls && this.#press(event, list, controls, more)) event.preventDefault();
    });
    this.ready(list);
  }

  /**
   * Let the Tab key reach a list that has got its first controls.
   *
   * @param {HTMLElement} list
   */
  ready(list) {
    if (list.querySelector(`${MARKING} [tabindex="0"]`)) return;
    list.querySelector(`${MARKING} button`)?.setAttribute("tabindex", "0");
  }

  /**
   * Remember which file has the focus while a list is made again.
   *
   * @param {HTMLElement} place The place of the list.
   * @returns {() => void} Gives the focus back.
   */
  hold(place) {
    const held = place.contains(document.activeElement) ? this.#around(document.activeElement) : undefined;
    return () => {
      const same = held && this.#all(place).find((one) => one.path === held.path);
      if (same) focus(same, 0);
    };
  }

  /**
   * Make the line that says which keys there are, and how much is marked.
   *
   * @param {() => void} onSee Goes to the marks.
   */
  help(onSee) {
    const told = element("span", null);
    const see = element("button", { type: "button", class: "link", onclick: onSee }, panel.see);
    const tell = () => {
      told.textContent = countLine(this.#marks);
      see.hidden = told.textContent === panel.nothing;
    };
    this.#marks.onChange(tell);
    tell();
    return element("div", { class: "marking-help" }, this.#keys(), element("p", null, told, " ", see));
  }

  #keys() {
    const { length } = this.#labels;
    const digits = length > 2 ? this.#labels.slice(0, MOST_DIGITS) : [];
    /** @type {[keys: string[], does: string][]} */
    const all = [
      [["J", "↓"], words.next],
      [["K", "↑"], words.previous],
      [["←", "→"], words.controls],
      [["R"], words.right],
      [["W"], words.wrong],
      ...digits.map((label, place) => /** @type {[string[], string]} */ ([[String(place + 1)], printable(label)])),
      [["U"], words.unusable],
      [["Backspace"], words.undo],
    ];
    return element(
      "ul",
      { class: "keyboard", "aria-label": words.lead },
      element("li", { "aria-hidden": "true" }, words.lead),
      ...all.map(([names, does]) =>
        element("li", null, ...names.flatMap((name) => [element("kbd", null, name), " "]), does),
      ),
    );
  }

  /** @param {EventTarget | null} target */
  #around(target) {
    const at = /** @type {Element | null} */ (target);
    const node = at?.closest(MARKING) ?? at?.closest("li, tr")?.querySelector(MARKING);
    return node ? this.#controls.get(node) : undefined;
  }

  /** @param {HTMLElement} list */
  #all(list) {
    return [...list.querySelectorAll(MARKING)].flatMap((node) => this.#controls.get(node) ?? []);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {HTMLElement} list
   * @param {Controls} file
   * @param {HTMLElement | null} more
   * @returns {boolean} True if the key means something here.
   */
  #press(event, list, file, more) {
    const key = event.key.toLowerCase();
    if (event.target instanceof HTMLSelectElement && !BESIDE_CHOICE.includes(key)) return false;
    const place = Math.max(0, file.stops.indexOf(/** @type {any} */ (event.target)));
    const go = (/** @type {number} */ by) => this.#go(list, file, { by, place }, more);
    /** @type {Record<string, () => void>} */
    const actions = {
      j: () => go(1),
      arrowdown: () => go(1),
      k: () => go(-1),
      arrowup: () => go(-1),
      arrowright: () => focus(file, place + 1),
      arrowleft: () => focus(file, place - 1),
      escape: () => focus(file, 0),
      r: () => file.right(),
      w: () => file.wrong(),
      u: () => file.unusable(),
      backspace: () => file.remove(),
      delete: () => file.remove(),
    };
    const label = this.#labels.length > 2 && /^[1-9]$/.test(key) ? this.#labels[Number(key) - 1] : undefined;
    const act = label === undefined ? actions[key] : () => file.mark(label);
    act?.();
    return act !== undefined;
  }

  /**
   * @param {HTMLElement} list
   * @param {Controls} from
   * @param {{by: number, place: number}} step The number of files, and the place among the controls.
   * @param {HTMLElement | null} more
   */
  #go(list, from, { by, place }, more) {
    const at = this.#all(list).indexOf(from) + by;
    if (at >= this.#all(list).length && more && !more.hidden) more.click();
    const next = this.#all(list)[at];
    if (next) focus(next, Math.min(place, next.stops.length - 1));
  }
}

/**
 * @param {Controls} file
 * @param {number} place Which of its controls.
 */
function focus(file, place) {
  file.stops[place]?.focus({ preventScroll: true });
  file.node.parentElement?.scrollIntoView({ block: "nearest" }); // the picture, too
}

/**
 * Make a control the one that the Tab key reaches.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement} control
 */
function stopAt(list, control) {
  if (!control.closest(MARKING)) return;
  for (const one of list.querySelectorAll(`${MARKING} [tabindex="0"]`)) one.setAttribute("tabindex", "-1");
  control.setAttribute("tabindex", "0");
}
