// @ts-check
// The view at an address that the page does not have.

import { linkTo } from "../lib/addresses.js";
import { element } from "../lib/elements.js";
import { missing as words } from "./texts.js";

/** @param {HTMLElement} root */
export async function show(root) {
  root.append(
    element("p", { class: "lead" }, words.lead),
    element("p", null, element("a", { href: linkTo("predict") }, words.start)),
  );
}
