// @ts-check
// The frame around the views: menu, title, focus, and which view is shown at which address.

import { addresses, find, linkTo } from "../lib/addresses.js";
import { element } from "../lib/elements.js";
import { problemNotice } from "../lib/notices.js";
import { address as addressOf, problemIn } from "../lib/service.js";
import { language, name, title } from "../lib/texts.js";
import { views, page as words } from "./texts.js";
import { load } from "./views.js";

/** @typedef {import("../lib/addresses.js").Address} Address */

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
let leaving = new AbortController();

/**
 * Show the view at the address.
 *
 * @param {boolean} isFirst If it is the first, the focus stays where it is, at the beginning of the page.
 */
async function go(isFirst) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const { address, parameters } = find(location.hash);
  const view = address?.name ?? "missing";
  const heading = element("h1", { tabindex: -1 }, views[view].title);
  markCurrent(address);
  try {
    const { show } = await load[view]();
    if (signal.aborted) return;
    document.title = title(views[view].title);
    main.className = view;
    main.replaceChildren(heading);
    window.scrollTo(0, 0);
    const shown = show(main, parameters, signal);
    if (!isFirst) focusHeading();
    await shown;
  } catch (error) {
    if (signal.aborted) return;
    console.error(error);
    const retry = () => go(false);
    main.replaceChildren(heading, problemNotice(problemIn(error), retry));
  }
}

function focusHeading() {
  (main.querySelector("h1") ?? main).focus({ preventScroll: true });
}

/**
 * Mark the entry of the menu that is shown, or that leads to the view shown.
 *
 * @param {Address | null} address
 */
function markCurrent(address) {
  const current = address && linkTo(address.above ?? address.name);
  for (const link of document.querySelectorAll("header nav a")) {
    link.removeAttribute("aria-current");
    if (link.getAttribute("href") === current) link.setAttribute("aria-current", address?.isInMenu ? "page" : "true");
  }
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault(); // the address says which view is shown
  focusHeading();
}

function frame() {
  document.documentElement.lang = language;
  const entries = addresses.filter((one) => one.isInMenu);
  const links = entries.map((one) => element("a", { href: linkTo(one.name) }, views[one.name].menu));
  document
    .querySelector("header")
    ?.replaceChildren(
      element("a", { class: "skip", href: "#main", onclick: skip }, words.skip),
      element(
        "a",
        { class: "brand", href: "#/" },
        element("img", { src: "web/icon.svg", alt: "", width: 28, height: 28 }),
        name,
      ),
      element(
        "nav",
        { "aria-label": words.menu },
        element("ul", null, ...links.map((link) => element("li", null, link))),
      ),
    );
  document
    .querySelector("footer")
    ?.replaceChildren(
      element(
        "p",
        null,
        element("span", null, words.forPrograms),
        " ",
        element("a", { href: addressOf("/docs") }, words.documentation),
        " ",
        element("a", { href: addressOf("/openapi.json") }, words.description),
        " ",
        element("a", { href: addressOf("/metrics") }, words.metrics),
      ),
    );
}

frame();
window.addEventListener("hashchange", () => go(false));
go(true);
