// @ts-check
// Lists that begin short: a button adds more of their items.

import { element } from "./elements.js";
import { count } from "./numbers.js";
import { lists as words } from "./texts.js";

/**
 * Fill an element with the first of many items. A button adds more, twice as many each time.
 *
 * @template Item
 * @param {HTMLElement} place
 * @param {Item[]} items
 * @param {(item: Item) => HTMLElement} make
 * @param {number} first
 * @param {() => void} [onGrown]
 */
export function growing(place, items, make, first, onGrown = () => {}) {
  const button = element("button", { type: "button", class: "button more", onclick: () => grow() });
  let shown = 0;
  let step = first;
  const add = () => {
    const fresh = items.slice(shown, shown + step).map(make);
    place.append(...fresh);
    shown += fresh.length;
    button.hidden = shown >= items.length;
    button.textContent = words.more(count(items.length - shown));
    return fresh[0];
  };
  const grow = () => {
    step *= 2;
    const next = add();
    next?.setAttribute("tabindex", "-1");
    next?.focus({ preventScroll: true });
    onGrown();
  };
  add();
  return { button };
}
