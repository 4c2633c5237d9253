// @ts-check
// The choice of another report on the same model to compare a report with.

import { linkTo } from "../lib/addresses.js";
import { element } from "../lib/elements.js";
import { time } from "../lib/numbers.js";
import { askJson } from "../lib/service.js";
import { setName } from "./parts.js";
import { report as reportWords, compareChoice as words } from "./texts.js";

/** @typedef {import("./types.js").Summary} Summary */

/**
 * Make the choice. The other reports are filled in when they arrive.
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
    location.hash = linkTo("compare", report.id, select.value);
  };
  askJson(`/evaluations?${new URLSearchParams({ model: report.model })}`, { signal }).then(
    ({ evaluations }) => {
      const others = evaluations.filter((/** @type {Summary} */ one) => one.id !== report.id);
      if (!others.length) return;
      select.replaceChildren(...others.map(option));
      select.disabled = start.disabled = false;
    },
    () => {},
  ); // the report is complete without the choice
  return element(
    "form",
    { class: "compare-with", onsubmit: go },
    element("label", { class: "field" }, element("span", null, words.with), select),
    start,
  );
}

/** @param {Summary} one */
function option(one) {
  const file = setName(one.filename, one.corrections);
  return element("option", { value: one.id }, [reportWords.version(one.version), time(one.created), file].join(" · "));
}
