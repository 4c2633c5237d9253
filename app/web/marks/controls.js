// @ts-check
// The controls that mark one file: buttons, and a choice if several other labels are possible.

import { announce, element } from "../lib/elements.js";
import { printable } from "../lib/wording.js";
import { verdictOf } from "./marks.js";
import { countLine } from "./sentence.js";
import { controls as words } from "./texts.js";

/** @typedef {import("./marks.js").Judged} Judged */
/** @typedef {import("./marks.js").Marks} Marks */

/** The controls of one file, which show its mark. */
export class Controls {
  #marks;
  #file;
  #others;
  #likely;
  #right;
  #wrong;
  #unusable;
  #choice;

  /**
   * @param {Judged} file
   * @param {string[]} labels The labels of the model.
   * @param {Marks} marks
   */
  constructor(file, labels, marks) {
    this.#marks = marks;
    this.#file = file;
    this.#others = othersFirstSuggested(file, labels);
    this.#likely = likelyOf(file, this.#others);
    this.#right = this.#button(words.right, () => file.given);
    this.#wrong =
      this.#likely === null ? null : this.#button(words.wrong(printable(this.#likely)), () => this.#likely ?? "");
    this.#unusable = this.#button(words.unusable, () => "");
    this.#choice = this.#others.length > 1 ? this.#select() : null;
    this.node = element(
      "div",
      { class: "marking", role: "toolbar", "aria-label": words.name(printable(file.path)) },
      this.#right,
      this.#wrong,
      this.#choice,
      this.#unusable,
    );
    this.paint();
  }

  /** Return the controls that can have the focus, in their order. */
  get stops() {
    return [this.#right, this.#wrong, this.#choice, this.#unusable].flatMap((one) => one ?? []);
  }

  get path() {
    return this.#file.path;
  }

  /** Mark the label as right. */
  right() {
    this.mark(this.#file.given);
  }

  /** Mark the label as wrong, or offer the other labels if none of them is likelier, or it is marked so already. */
  wrong() {
    const mark = this.#marks.of(this.path);
    if (this.#likely !== null && mark?.should_be !== this.#likely) this.mark(this.#likely);
    else this.#choice?.focus();
  }

  unusable() {
    this.mark("");
  }

  remove() {
    this.#marks.remove(this.path);
    announce(`${words.removed}. ${countLine(this.#marks)}`);
  }

  /** Show the file's mark. */
  paint() {
    const mark = this.#marks.of(this.path);
    const label = mark?.should_be;
    const press = (/** @type {Element | null} */ button, /** @type {boolean} */ isOn) =>
      button?.setAttribute("aria-pressed", String(isOn));
    press(this.#right, label === this.#file.given);
    press(this.#wrong, label !== undefined && label === this.#likely);
    press(this.#unusable, label === "");
    this.node.dataset.mark = mark ? verdictOf(mark) : "";
    if (this.#choice) this.#showChoice(this.#choice, label);
  }

  /**
   * Mark which label is right.
   *
   * @param {string} label Empty if the file is not usable.
   */
  mark(label) {
    this.#marks.set(this.#file, label);
    const mark = this.#marks.of(this.path);
    if (!mark) return;
    const verdict = verdictOf(mark);
    const said = verdict === "wrong" ? `${words.said.wrong}: ${printable(label)}` : words.said[verdict];
    announce(`${said}. ${countLine(this.#marks)}`);
  }

  /**
   * @param {string} text
   * @param {() => string} label
   */
  #button(text, label) {
    const press = () => (this.#marks.of(this.path)?.should_be === label() ? this.remove() : this.mark(label()));
    return element("button", { type: "button", tabindex: -1, "aria-pressed": "false", onclick: press }, text);
  }

  #select() {
    const choice = element(
      "select",
      { tabindex: -1, "aria-label": words.another },
      element("option", { value: "" }, words.another),
    );
    choice.addEventListener("pointerdown", () => this.#offer(choice));
    choice.addEventListener("focus", () => this.#offer(choice));
    choice.addEventListener("change", () => {
      const label = this.#others[Number(choice.value)];
      if (choice.value === "" || label === undefined) this.remove();
      else this.mark(label);
    });
    return choice;
  }

  /**
   * Fill the choice, which stays empty until somebody wants it: a long list has thousands of labels.
   *
   * @param {HTMLSelectElement} choice
   */
  #offer(choice) {
    if (choice.options.length > 1) return;
    choice.append(...this.#others.map((label, place) => element("option", { value: place }, printable(label))));
  }

  /**
   * @param {HTMLSelectElement} choice
   * @param {string | undefined} label
   */
  #showChoice(choice, label) {
    const place = label === undefined || label === this.#likely ? -1 : this.#others.indexOf(label);
    if (place >= 0) this.#offer(choice);
    choice.value = place < 0 ? "" : String(place);
    choice.classList.toggle("chosen", place >= 0);
  }
}

/**
 * @param {Judged} file
 * @param {string[]} labels
 */
function othersFirstSuggested({ given, suggested }, labels) {
  const others = labels.filter((label) => label !== given);
  return suggested !== null && others.includes(suggested)
    ? [suggested, ...others.filter((label) => label !== suggested)]
    : others;
}

/**
 * Find the label that a file has if its own is wrong: the only other one, or the one that is suggested.
 *
 * @param {Judged} file
 * @param {string[]} others
 * @returns {string | null}
 */
function likelyOf({ suggested }, others) {
  const [first = null] = others;
  return others.length === 1 || first === suggested ? first : null;
}
