// @ts-check
// The frame around the views: menu, title, focus, and which view is shown at which address.

import { element } from "../lib/elements.js";
import { problemNotice } from "../lib/notices.js";
import { address, problemIn } from "../lib/service.js";
import texts from "../lib/texts.js";
import { find, linkTo, views } from "./views.js";

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
let leaving = new AbortController();

/**
 * Show the view at the address.
 *
 * @param {boolean} isFirst Then the focus stays where it is, at the beginning of the page.
 */
async function go(isFirst) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [view, parameters] = find(location.hash);
  markCurrent(view);
  try {
    const module = await view.load();
    if (signal.aborted) return;
    document.title = texts.page.title(titleOf(view.name));
    main.replaceChildren();
    main.className = view.name;
    window.scrollTo(0, 0);
    const shown = module.show(main, parameters, signal);
    const isFocused = isFirst || focusHeading();
    await shown;
    if (!isFocused && !signal.aborted) focusHeading();
  } catch (error) {
    if (signal.aborted) return;
    console.error(error);
    main.replaceChildren(
      element("h1", null, titleOf(view.name)),
      problemNotice(problemIn(error), () => go(false)),
    );
  }
}

/** @returns {boolean} Whether there is one. */
function focusHeading() {
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
  return heading !== null;
}

/**
 * Mark the entry of the menu whose view is shown, or that leads to it.
 *
 * @param {import("./views.js").View} view
 */
function markCurrent(view) {
  const above = view.name === "missing" ? null : `#/${view.above ?? view.path.split("/")[0]}`;
  for (const link of document.querySelectorAll("header nav a")) {
    link.removeAttribute("aria-current");
    if (link.getAttribute("href") === above) link.setAttribute("aria-current", view.isInMenu ? "page" : "true");
  }
}

/** @param {string} name */
function titleOf(name) {
  return partOf(name).title;
}

/**
 * @param {string} name
 * @returns {{title: string, menu?: string}}
 */
function partOf(name) {
  return /** @type {any} */ (texts)[name];
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault(); // the address says which view is shown
  if (!focusHeading()) main.focus();
}

function frame() {
  document.documentElement.lang = texts.language;
  const entries = views.filter((one) => one.isInMenu);
  const links = entries.map((one) =>
    element("li", null, element("a", { href: linkTo(one.name) }, partOf(one.name).menu)),
  );
  document
    .querySelector("header")
    ?.replaceChildren(
      element("a", { class: "skip", href: "#main", onclick: skip }, texts.page.skip),
      element(
        "a",
        { class: "brand", href: "#/" },
        element("img", { src: "web/icon.svg", alt: "", width: 28, height: 28 }),
        texts.name,
      ),
      element("nav", { "aria-label": texts.page.menu }, element("ul", null, ...links)),
    );
  document
    .querySelector("footer")
    ?.replaceChildren(
      element(
        "p",
        null,
        element("span", null, texts.page.forPrograms),
        " ",
        element("a", { href: address("/docs") }, texts.page.documentation),
        " ",
        element("a", { href: address("/openapi.json") }, texts.page.description),
        " ",
        element("a", { href: address("/metrics") }, texts.page.metrics),
      ),
    );
}

frame();
window.addEventListener("hashchange", () => go(false));
go(true);
