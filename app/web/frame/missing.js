// @ts-check
// The view where there is none.

import { element } from "../lib/elements.js";
import texts from "../lib/texts.js";

/** @param {HTMLElement} root */
export async function show(root) {
  root.append(
    element("h1", null, texts.missing.title),
    element("p", { class: "lead" }, texts.missing.lead),
    element("p", null, element("a", { href: "#/" }, texts.page.start)),
  );
}
