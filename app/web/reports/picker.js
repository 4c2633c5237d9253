// @ts-check
// The choice of two reports to compare.

import { linkTo } from "../lib/addresses.js";
import { element } from "../lib/elements.js";
import { time } from "../lib/numbers.js";
import { versions } from "../lib/texts.js";
import { setName } from "../report/parts.js";
import { report } from "../report/texts.js";
import { picker as words } from "./texts.js";

/** @typedef {import("../report/types.js").Summary} Summary */

/** The boxes in the rows of a list, and the line that says which reports are chosen. */
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

  /** Ids, newest first: the newer report is compared with the older one. */
  get chosen() {
    return this.#summaries.map((one) => one.id).filter((id) => this.#chosen.has(id));
  }

  /**
   * Make the box of a report.
   *
   * @param {Summary} one
   */
  box(one) {
    const name = [fileOf(one), versions.named(one.model, one.version), time(one.created)].join(", ");
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
    const names = chosen.map((one) => `${fileOf(one)}, ${report.version(one.version)}`);
    this.#start.disabled = chosen.length !== 2;
    if (chosen.length > 2) this.#told.textContent = words.tooMany(chosen.length);
    else this.#told.textContent = chosen.length ? words.chosen(names) : words.choose;
  }

  #go() {
    location.hash = linkTo("compare", ...this.chosen);
  }
}

/** @param {Summary} one */
function fileOf(one) {
  return setName(one.filename, one.corrections);
}
