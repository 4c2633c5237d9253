// @ts-check
// Leads from a report to the same beside another one of its model.

import { linkTo } from "../frame/views.js";
import { element } from "../lib/elements.js";
import { time } from "../lib/numbers.js";
import { askJson } from "../lib/service.js";
import texts from "../lib/texts.js";
import { printable } from "../lib/wording.js";

/** @typedef {import("../reports/reports.js").Summary} Summary */

const words = texts.compare;

/**
 * Make the choice; the other reports come when they are there.
 *
 * @param {import("./types.js").Report} report
 * @param {AbortSignal} signal
 */
export function compareChoice(report, signal) {
  const select = element("select", { disabled: true }, element("option", null, words.nothing));
  const start = element("button", { type: "submit", class: "button small", disabled: true }, words.start);
  /** @param {Event} event */
  const go = (event) => {
    event.preventDefault();
    location.hash = linkTo("compare", report.id, select.value) ?? "";
  };
  askJson(`/evaluations?${new URLSearchParams({ model: report.model })}`, { signal }).then(
    ({ evaluations }) => {
      const others = evaluations.filter((/** @type {Summary} */ one) => one.id !== report.id);
      if (!others.length) return;
      select.replaceChildren(...others.map(option));
      select.disabled = start.disabled = false;
    },
    () => {},
  ); // it is a report all the same
  return element(
    "form",
    { class: "compare-with", onsubmit: go },
    element("label", { class: "field" }, element("span", null, words.with), select),
    start,
  );
}

/** @param {Summary} one */
function option(one) {
  const file = one.filename === null ? texts.evaluations.unnamed : printable(one.filename);
  return element("option", { value: one.id }, [texts.report.version(one.version), time(one.created), file].join(" · "));
}
