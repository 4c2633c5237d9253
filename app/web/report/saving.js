// @ts-check
// Saves a report in one of its forms as a file.

import { announce, element } from "../lib/elements.js";
import { explain } from "../lib/notices.js";
import { save } from "../lib/saving.js";
import { ask, problemIn } from "../lib/service.js";
import { saving as words } from "./texts.js";

/** @typedef {import("./types.js").Report} Report */

/** @type {Record<string, string>} */
const MEDIA_TYPES = { html: "text/html", csv: "text/csv", json: "application/json", png: "image/png" };
const COPIED_MS = 2000;

/**
 * Make the buttons that save a report.
 *
 * @param {Report} report One that is not stored is saved as JSON only, from what is here.
 * @param {AbortSignal} signal
 */
export function saveButtons(report, signal) {
  const told = element("div", { class: "refused", role: "alert" });
  const forms = Object.keys(MEDIA_TYPES).filter((form) => report.stored || form === "json");
  const buttons = forms.map((form) => {
    const button = element(
      "button",
      { type: "button", class: "button small", onclick: () => run() },
      words.forms[form],
    );
    const run = async () => {
      if (button.getAttribute("aria-disabled") === "true") return;
      button.setAttribute("aria-disabled", "true");
      told.replaceChildren();
      announce(words.saving);
      try {
        save(await made(report, form, signal), `${report.model}-${report.version}-${report.id}.${form}`);
      } catch (error) {
        if (!signal.aborted) told.replaceChildren(...explain(problemIn(error)));
      } finally {
        button.removeAttribute("aria-disabled");
      }
    };
    return button;
  });
  return element(
    "div",
    { class: "saving", role: "group", "aria-label": words.save },
    element("span", { class: "quiet" }, words.save),
    ...buttons,
    report.stored && copyButton(),
    told,
  );
}

/**
 * @param {Report} report
 * @param {string} form
 * @param {AbortSignal} signal
 */
async function made(report, form, signal) {
  if (!report.stored) return new Blob([JSON.stringify(report)], { type: "application/json" });
  const response = await ask(`/evaluations/${encodeURIComponent(report.id)}`, {
    headers: { Accept: MEDIA_TYPES[form] ?? "" },
    signal,
  });
  return response.blob();
}

/** Make the button that copies the address, if the browser lets a page write to the clipboard. */
function copyButton() {
  if (!navigator.clipboard) return null;
  const button = element("button", { type: "button", class: "button small", onclick: () => copy() }, words.copy);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      button.remove(); // the person, or the browser's policy, does not allow it
      return;
    }
    announce(words.copied);
    button.textContent = words.copied;
    setTimeout(() => {
      button.textContent = words.copy;
    }, COPIED_MS);
  };
  return button;
}
