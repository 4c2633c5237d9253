// @ts-check
// Two of many reports are chosen, and compared.

import { linkTo } from "../frame/views.js";
import { element } from "../lib/elements.js";
import { time } from "../lib/numbers.js";
import texts from "../lib/texts.js";
import { printable } from "../lib/wording.js";

/** @typedef {import("./reports.js").Summary} Summary */

const words = texts.compare;

/** The boxes in the rows of a list, and what says what is chosen. */
export class ReportPicker {
  #summaries;
  /** @type {Set<string>} */
  #chosen;
  #told = element("p", { role: "status" });
  #start = element("button", { type: "button", class: "button primary", onclick: () => this.#go() }, words.start);

  /**
   * @param {Summary[]} summaries Newest first.
   * @param {string[]} chosen Their ids.
   */
  constructor(summaries, chosen) {
    this.#summaries = summaries;
    this.#chosen = new Set(chosen);
    this.node = element("div", { class: "picker" }, this.#told, this.#start);
    this.#tell();
  }

  /** Ids, newest first: the newer of two is the one that is compared with the other. */
  get chosen() {
    return this.#summaries.map((one) => one.id).filter((id) => this.#chosen.has(id));
  }

  /**
   * Make the box of a report.
   *
   * @param {Summary} one
   */
  box(one) {
    const name = [fileOf(one), texts.evaluations.of(one.model, one.version), time(one.created)].join(", ");
    const input = element("input", {
      type: "checkbox",
      checked: this.#chosen.has(one.id),
      "aria-label": words.pick(name),
      onchange: () => {
        if (input.checked) this.#chosen.add(one.id);
        else this.#chosen.delete(one.id);
        this.#tell();
      },
    });
    return element("label", { class: "pick" }, input);
  }

  #tell() {
    const chosen = this.#summaries.filter((one) => this.#chosen.has(one.id));
    const names = chosen.map((one) => `${fileOf(one)}, ${texts.report.version(one.version)}`);
    this.#start.disabled = chosen.length !== 2;
    if (chosen.length > 2) this.#told.textContent = words.tooMany(chosen.length);
    else this.#told.textContent = chosen.length ? words.chosen(names) : words.choose;
  }

  #go() {
    location.hash = linkTo("compare", ...this.chosen) ?? "";
  }
}

/** @param {Summary} one */
function fileOf(one) {
  return one.filename === null ? texts.evaluations.unnamed : printable(one.filename);
}
