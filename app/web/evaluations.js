// @ts-check
// The reports that were kept, newest first.

import { element } from "./elements.js";
import { askFor } from "./notices.js";
import { count, percent, time } from "./numbers.js";
import { address } from "./service.js";
import texts from "./texts.js";
import { linkTo } from "./views.js";

/**
 * @typedef {object} Summary One line of `GET /evaluations`.
 * @property {string} id
 * @property {string} created
 * @property {string} model
 * @property {number} version
 * @property {string | null} filename
 * @property {number} images
 * @property {number} scored
 * @property {number} unreadable
 * @property {number | null} accuracy
 */

const FIRST = 50;
const MOST = 1000;
const text = texts.evaluations;

/**
 * Show the view.
 *
 * @param {HTMLElement} root
 * @param {string[]} _parameters
 * @param {AbortSignal} signal
 */
export async function show(root, _parameters, signal) {
  const place = element("div", { class: "stack" });
  root.append(element("h1", null, text.title), element("p", { class: "lead" }, text.lead), place);
  await fill(place, FIRST, signal);
}

/**
 * @param {HTMLElement} place
 * @param {number} limit
 * @param {AbortSignal} signal
 */
async function fill(place, limit, signal) {
  const answer = await askFor(`/evaluations?limit=${limit}`, place, signal);
  if (!answer) return;
  /** @type {Summary[]} */
  const summaries = answer.evaluations;
  if (!summaries.length) return place.replaceChildren(...nothingYet());
  const hasMore = summaries.length === limit && limit < MOST;
  const list = element("ol", { class: "rows" }, ...summaries.map(row));
  place.replaceChildren(list, hasMore ? element("button", { type: "button", class: "button", onclick: showMore }, text.more) : "");

  async function showMore() {
    await fill(place, MOST, signal);
    const next = place.querySelectorAll("a")[limit];
    next?.focus();
  }
}

/** @param {Summary} one */
function row(one) {
  const link = linkTo("report", one.id) ?? address(`/evaluations/${encodeURIComponent(one.id)}`);
  const unreadable = one.unreadable ? count(one.unreadable) : null;
  return element("li", { class: "report" },
    element("div", null,
      element("a", { href: link, class: "cover path" }, one.filename ?? text.unnamed),
      element("p", { class: "quiet counts" }, text.counts(count(one.images), count(one.scored), unreadable))),
    element("p", { class: "quiet made" }, element("span", null, text.of(one.model, one.version)), " ",
      element("time", { datetime: one.created }, time(one.created))),
    element("p", { class: "figure" },
      ...(one.accuracy === null
        ? [element("span", { class: "quiet" }, text.noAccuracy)]
        : [element("strong", { class: "value" }, percent(one.accuracy)), " ", element("span", { class: "quiet" }, text.accuracy)])));
}

function nothingYet() {
  const evaluate = linkTo("evaluate");
  return [element("div", { class: "notice" },
    element("h2", null, text.none),
    ...(evaluate
      ? [element("p", null, element("a", { href: evaluate }, text.evaluate))]
      : [element("p", null, text.how), element("pre", null, element("code", null, text.command, address("/evaluate")))]))];
}
