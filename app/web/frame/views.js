// @ts-check
// The module and the stylesheets of each view. Its address is in `lib/addresses.js`, its title in `texts.js`.

import { styled } from "./styles.js";

/** @typedef {import("../lib/addresses.js").Name} Name */
/**
 * A view's module. `show` fills `<main>`, which holds the view's heading, until the signal says that the view is left.
 *
 * @typedef {{show: (root: HTMLElement, parameters: string[], signal: AbortSignal) => Promise<void>}} View
 */

/** @type {Record<Name | "missing", () => Promise<View>>} */
export const load = {
  predict: () => styled(import("../predict/predict.js"), "../predict/predict.css"),
  evaluate: () => styled(styledAsReport(import("../evaluate/evaluate.js")), "../evaluate/evaluate.css"),
  models: () => styled(import("../models/models.js"), "../models/models.css"),
  evaluations: () => styled(styledAsReport(import("../reports/reports.js")), "../reports/reports.css"),
  report: () => styledAsReport(import("../report/report.js")),
  compare: () => styled(styledAsReport(import("../reports/compare.js")), "../reports/reports.css"),
  missing: () => import("./missing.js"),
};

/**
 * Load the module of a view that shows reports, with the stylesheets of a report.
 *
 * @template Module
 * @param {Promise<Module>} module
 */
function styledAsReport(module) {
  return styled(
    module,
    "../report/report.css",
    "../report/matrix.css",
    "../report/threshold.css",
    "../report/files.css",
    "../marks/marks.css",
  );
}
