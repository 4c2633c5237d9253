// @ts-check
// The reports that were kept, newest first: of all models or of one. Two of them can be chosen and compared.

import { linkTo, queryOf } from "../frame/views.js";
import { announce, element } from "../lib/elements.js";
import { askFor } from "../lib/notices.js";
import { count, percent, time } from "../lib/numbers.js";
import { address, askJson } from "../lib/service.js";
import texts from "../lib/texts.js";
import { ReportPicker } from "./picker.js";

/** @typedef {import("../lib/choice.js").Model} Model */
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
 * Show the view; behind `?model=` in the address, the reports of that model.
 *
 * @param {HTMLElement} root
 * @param {string[]} _parameters
 * @param {AbortSignal} signal
 */
export async function show(root, _parameters, signal) {
  const place = element("div", { class: "stack past" });
  root.append(element("h1", null, text.title), element("p", { class: "lead" }, text.lead), place);
  const model = queryOf(location.hash).get("model") ?? "";
  const served = await askJson("/models", { signal }).catch(() => ({ models: [] })); // while it is not ready, reports are there
  if (signal.aborted) return;
  /** @type {string[]} */
  const names = served.models.map((/** @type {Model} */ one) => one.model);
  const list = element("div", { class: "past" });
  let asked = new AbortController();
  signal.addEventListener("abort", () => asked.abort());
  /** @param {string} chosen */
  const choose = async (chosen) => {
    asked.abort(); // or its answer could come after this one's
    asked = new AbortController();
    const shown = await fill(list, { model: chosen }, asked.signal);
    if (shown !== null) announce(text.found(shown));
  };
  place.append(...(names.length > 1 || model ? [filter(names, model, choose)] : []), list);
  await fill(list, { model }, asked.signal);
}

/**
 * @param {string[]} names
 * @param {string} model
 * @param {(model: string) => void} onChoose
 */
function filter(names, model, onChoose) {
  const shown = names.includes(model) || !model ? names : [...names, model];
  const select = element(
    "select",
    {
      onchange: () => {
        const query = select.value && `?${new URLSearchParams({ model: select.value })}`;
        history.replaceState(null, "", `${linkTo("evaluations")}${query}`); // the view is here already
        onChoose(select.value);
      },
    },
    element("option", { value: "" }, text.allModels),
    ...shown.map((one) => element("option", { value: one, selected: one === model }, one)),
  );
  return element("label", { class: "field filter-model" }, element("span", null, text.model), select);
}

/**
 * @param {HTMLElement} place
 * @param {{model: string, limit?: number, chosen?: string[]}} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>} How many reports are shown; null where they could not be had.
 */
async function fill(place, { model, limit = FIRST, chosen = [] }, signal) {
  const query = new URLSearchParams({ limit: String(limit), ...(model ? { model } : {}) });
  const answer = await askFor(`/evaluations?${query}`, place, signal);
  if (!answer) return null;
  /** @type {Summary[]} */
  const summaries = answer.evaluations;
  if (!summaries.length) {
    place.replaceChildren(...(model ? [element("p", null, text.noneOf)] : nothingYet()));
    return 0;
  }
  const hasMore = summaries.length === limit && limit < MOST;
  const picker = summaries.length > 1 ? new ReportPicker(summaries, chosen) : null;
  const list = element("ol", { class: "rows" }, ...summaries.map((one) => row(one, picker)));
  place.replaceChildren(
    picker?.node ?? "",
    list,
    hasMore ? element("button", { type: "button", class: "button", onclick: showMore }, text.more) : "",
  );
  return summaries.length;

  async function showMore() {
    await fill(place, { model, limit: MOST, chosen: picker?.chosen ?? [] }, signal);
    place.querySelectorAll("a")[limit]?.focus();
  }
}

/**
 * @param {Summary} one
 * @param {ReportPicker | null} picker
 */
function row(one, picker) {
  const link = linkTo("report", one.id) ?? address(`/evaluations/${encodeURIComponent(one.id)}`);
  const unreadable = one.unreadable ? count(one.unreadable) : null;
  return element(
    "li",
    { class: "report" },
    picker?.box(one),
    element(
      "div",
      null,
      element("a", { href: link, class: "cover path" }, one.filename ?? text.unnamed),
      element("p", { class: "quiet counts" }, text.counts(count(one.images), count(one.scored), unreadable)),
    ),
    element(
      "p",
      { class: "quiet made" },
      element("span", null, text.of(one.model, one.version)),
      " ",
      element("time", { datetime: one.created }, time(one.created)),
    ),
    element(
      "p",
      { class: "figure" },
      ...(one.accuracy === null
        ? [element("span", { class: "quiet" }, text.noAccuracy)]
        : [
            element("strong", { class: "value" }, percent(one.accuracy)),
            " ",
            element("span", { class: "quiet" }, text.accuracy),
          ]),
    ),
  );
}

function nothingYet() {
  const evaluate = linkTo("evaluate");
  return [
    element(
      "div",
      { class: "notice" },
      element("h2", null, text.none),
      ...(evaluate
        ? [element("p", null, element("a", { href: evaluate }, text.evaluate))]
        : [
            element("p", null, text.how),
            element("pre", null, element("code", null, text.command, address("/evaluate"))),
          ]),
    ),
  ];
}
