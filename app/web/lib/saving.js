// @ts-check
// Hands a file to the person, as a download.

import { element } from "./elements.js";

/**
 * Save data as a file.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const source = URL.createObjectURL(blob);
  element("a", { href: source, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(source), 60_000); // the browser may still be reading
}
