// @ts-check
// The views of the page, in the order of its menu. A view is one line here, one module, one part of the texts.

import { styled } from "./styles.js";

/**
 * A view's module: `show` fills `<main>`, which was emptied for it, until the signal says that the view is left.
 *
 * @typedef {{show: (root: HTMLElement, parameters: string[], signal: AbortSignal) => Promise<void>}} Module
 *
 * @typedef {object} View
 * @property {string} name Its part of the texts.
 * @property {string} path The address after `#/`; `*` stands for one parameter.
 * @property {boolean} isInMenu
 * @property {string} [above] The entry of the menu that leads to it, where the address does not begin so.
 * @property {() => Promise<Module>} load
 */

/** @type {View[]} */
export const views = [
  { name: "predict", path: "", isInMenu: true, load: () => import("../predict/predict.js") },
  {
    name: "evaluate",
    path: "evaluate",
    isInMenu: true,
    load: () => styled(import("../evaluate/evaluate.js"), "../evaluate/evaluate.css"),
  },
  { name: "models", path: "models", isInMenu: true, load: () => import("../models/models.js") },
  {
    name: "evaluations",
    path: "evaluations",
    isInMenu: true,
    load: () => styled(import("../reports/reports.js"), "../report/compare.css"),
  },
  {
    name: "report",
    path: "evaluations/*",
    isInMenu: false,
    load: () => styled(import("../report/report.js"), "../report/compare.css"),
  },
  {
    name: "report",
    path: "evaluations/*/*",
    isInMenu: false,
    load: () => styled(import("../report/report.js"), "../report/compare.css"),
  },
  {
    name: "compare",
    path: "compare/*/*",
    isInMenu: false,
    above: "evaluations",
    load: () => styled(import("../reports/compare.js"), "../report/compare.css"),
  },
];

/** @type {View} */
const missing = { name: "missing", path: "", isInMenu: false, load: () => import("./missing.js") };

/**
 * Find the view at an address, with its parameters.
 *
 * @param {string} hash
 * @returns {[View, string[]]}
 */
export function find(hash) {
  const given = hash
    .replace(/\?.*$/, "")
    .replace(/^#?\/?/, "")
    .replace(/\/$/, "")
    .split("/")
    .map(decoded);
  for (const view of views) {
    const wanted = view.path.split("/");
    if (wanted.length === given.length && wanted.every((part, index) => part === "*" || part === given[index])) {
      return [view, given.filter((_, index) => wanted[index] === "*")];
    }
  }
  return [missing, []];
}

/**
 * Return what an address asks of its view: what stands behind `?`.
 *
 * @param {string} hash
 */
export function queryOf(hash) {
  return new URLSearchParams(hash.split("?")[1] ?? "");
}

/**
 * Return the address of a view, or null where the page has no such view.
 *
 * @param {string} name
 * @param {...string} parameters
 * @returns {string | null}
 */
export function linkTo(name, ...parameters) {
  const view = views.find((one) => one.name === name);
  if (!view) return null;
  const left = parameters.map(encodeURIComponent);
  return `#/${view.path.replace(/\*/g, () => left.shift() ?? "")}`;
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
