// @ts-check
// A proportion with its interval, drawn on a line from 0 to 100%. The caller writes the numbers beside it.

import { drawing } from "../lib/elements.js";

/**
 * @param {number} value
 * @param {number | null} low
 * @param {number | null} high
 * @returns {SVGSVGElement}
 */
export function gauge(value, low, high) {
  const hasRange = low !== null && high !== null;
  return drawing(
    "svg",
    { class: "gauge", "aria-hidden": "true" },
    drawing("rect", { class: "track", width: "100%", height: "100%", rx: 3 }),
    hasRange && drawing("rect", { class: "range", x: share(low), width: share(high - low), height: "100%" }),
    drawing("rect", {
      class: "mark",
      x: share(value),
      y: "-25%",
      width: 3,
      height: "150%",
      transform: "translate(-1.5 0)",
    }),
  );
}

/** @param {number} value */
function share(value) {
  return `${100 * value}%`;
}
