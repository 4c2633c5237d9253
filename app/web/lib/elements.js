// @ts-check
// Makes elements. Text is always a text node: no name from a person or a file is parsed as HTML.

/** @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Value */
/** @typedef {Node | string | number | null | undefined | false} Child */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element of HTML.
 *
 * Attributes: `true` sets an attribute without a value; `false`, `null` and `undefined` leave it out. A function under
 * `onNAME` listens to the event NAME; a name that begins with `--` is a custom property of CSS, which the page's policy
 * allows where it forbids the attribute `style`.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, Value> | null} [attributes]
 * @param {...Child} children `null`, `undefined` and `false` are left out.
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  fill(made, attributes, children);
  return made;
}

/**
 * Make an element of SVG, as `element` does.
 *
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, Value> | null} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Name]}
 */
export function drawing(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  fill(made, attributes, children);
  return made;
}

/**
 * Announce a text to screen readers. The page must also show it.
 *
 * @param {string} text
 */
export function announce(text) {
  const place = document.getElementById("status");
  if (place) place.textContent = text;
}

/**
 * @param {HTMLElement | SVGElement} made
 * @param {Record<string, Value> | null | undefined} attributes
 * @param {Child[]} children
 */
function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) set(made, name, value);
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    made.append(child instanceof Node ? child : String(child));
  }
}

/**
 * @param {HTMLElement | SVGElement} made
 * @param {string} name
 * @param {Value} value
 */
function set(made, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
  else if (name.startsWith("--")) made.style.setProperty(name, String(value));
  else made.setAttribute(name, value === true ? "" : String(value));
}
