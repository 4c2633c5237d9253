// @ts-check
// The addresses of the page, behind `#`, in the order of its menu. `frame/views.js` says which module shows each view.

/**
 * @typedef {"predict" | "evaluate" | "models" | "evaluations" | "report" | "compare"} Name
 *
 * @typedef {object} Address
 * @property {Name} name The name of the view that is shown there.
 * @property {string} path The address after `#/`; `*` stands for one parameter.
 * @property {boolean} isInMenu
 * @property {Name} [above] The entry of the menu that leads to it, if it is not one itself.
 */

/** @type {Address[]} */
export const addresses = [
  { name: "predict", path: "", isInMenu: true },
  { name: "evaluate", path: "evaluate", isInMenu: true },
  { name: "models", path: "models", isInMenu: true },
  { name: "evaluations", path: "evaluations", isInMenu: true },
  { name: "report", path: "evaluations/*", isInMenu: false, above: "evaluations" },
  { name: "report", path: "evaluations/*/*", isInMenu: false, above: "evaluations" },
  { name: "compare", path: "compare/*/*", isInMenu: false, above: "evaluations" },
];

/**
 * Find the address that a hash names, with its parameters.
 *
 * @param {string} hash
 * @returns {{address: Address | null, parameters: string[]}} The address is null if the page has no such view.
 */
export function find(hash) {
  const path = hash
    .replace(/\?.*$/, "")
    .replace(/^#?\/?/, "")
    .replace(/\/$/, "");
  const steps = path.split("/").map(decoded);
  for (const address of addresses) {
    const pattern = address.path.split("/");
    if (pattern.length === steps.length && pattern.every((step, index) => step === "*" || step === steps[index])) {
      return { address, parameters: steps.filter((_, index) => pattern[index] === "*") };
    }
  }
  return { address: null, parameters: [] };
}

/**
 * Return the query of a hash: the part after `?`.
 *
 * @param {string} hash
 */
export function queryOf(hash) {
  return new URLSearchParams(hash.split("?")[1] ?? "");
}

/**
 * Return the link to a view.
 *
 * @param {Name} name
 * @param {...string} parameters The parameters, one for each `*` of one of the view's paths.
 * @returns {string}
 */
export function linkTo(name, ...parameters) {
  const paths = addresses.filter((one) => one.name === name).map((one) => one.path.split("/"));
  const steps = paths.find((path) => path.filter((step) => step === "*").length === parameters.length);
  if (!steps) throw new RangeError(`The view ${name} has no address with ${parameters.length} parameters.`);
  const left = parameters.map(encodeURIComponent);
  return `#/${steps.map((step) => (step === "*" ? left.shift() : step)).join("/")}`;
}

/** @param {string} step */
function decoded(step) {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
