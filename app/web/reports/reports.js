// @ts-check
// The view of the stored reports, newest first, of all models or of one. Two of them can be chosen and compared.

import { linkTo, queryOf } from "../lib/addresses.js";
import { announce, element } from "../lib/elements.js";
import { askFor } from "../lib/notices.js";
import { count, percent, time } from "../lib/numbers.js";
import { address, askJson } from "../lib/service.js";
import { versions } from "../lib/texts.js";
import { setName } from "../report/parts.js";
import { ReportPicker } from "./picker.js";
import { reports as words } from "./texts.js";

/** @typedef {import("../lib/choice.js").Model} Model */
/** @typedef {import("../report/types.js").Summary} Summary */

const FIRST = 50;
const MAX = 1000;

/**
 * Show the view. With `?model=` in the address, show the reports of that model only.
 *
 * @param {HTMLElement} root
 * @param {string[]} _parameters
 * @param {AbortSignal} signal
 */
export async function show(root, _parameters, signal) {
  const place = element("div", { class: "stack past" });
  root.append(element("p", { class: "lead" }, words.lead), place);
  const model = queryOf(location.hash).get("model") ?? "";
  // Reports can be read before the models are ready.
  const served = await askJson("/models", { signal }).catch(() => ({ models: [] }));
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
    if (shown !== null) announce(words.found(shown));
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
    element("option", { value: "" }, words.allModels),
    ...shown.map((one) => element("option", { value: one, selected: one === model }, one)),
  );
  return element("label", { class: "field filter-model" }, element("span", null, versions.model), select);
}

/**
 * @param {HTMLElement} place
 * @param {{model: string, limit?: number, chosen?: string[]}} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>} The number of reports shown; null if they are not available.
 */
async function fill(place, { model, limit = FIRST, chosen = [] }, signal) {
  const query = new URLSearchParams({ limit: String(limit), ...(model ? { model } : {}) });
  const answer = await askFor(`/evaluations?${query}`, place, signal);
  if (!answer) return null;
  /** @type {Summary[]} */
  const summaries = answer.evaluations;
  if (!summaries.length) {
    place.replaceChildren(...(model ? [element("p", null, words.noneOf)] : nothingYet()));
    return 0;
  }
  const hasMore = summaries.length === limit && limit < MAX;
  const picker = summaries.length > 1 ? new ReportPicker(summaries, chosen) : null;
  const list = element("ol", { class: "rows" }, ...summaries.map((one) => row(one, picker)));
  place.replaceChildren(
    picker?.node ?? "",
    list,
    hasMore ? element("button", { type: "button", class: "button", onclick: showMore }, words.more) : "",
  );
  return summaries.length;

  async function showMore() {
    await fill(place, { model, limit: MAX, chosen: picker?.chosen ?? [] }, signal);
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
      element("a", { href: link, class: "cover path" }, setName(one.filename, one.corrections)),
      element("p", { class: "quiet counts" }, words.counts(count(one.images), count(one.scored), unreadable)),
    ),
    element(
      "p",
      { class: "quiet made" },
      element("span", null, versions.named(one.model, one.version)),
      " ",
      element("time", { datetime: one.created }, time(one.created)),
    ),
    element(
      "p",
      { class: "figure" },
      ...(one.accuracy === null
        ? [element("span", { class: "quiet" }, words.noAccuracy)]
        : [
            element("strong", { class: "value" }, percent(one.accuracy)),
            " ",
            element("span", { class: "quiet" }, words.accuracy),
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
      element("h2", null, words.none),
      ...(evaluate
        ? [element("p", null, element("a", { href: evaluate }, words.evaluate))]
        : [
            element("p", null, words.how),
            element("pre", null, element("code", null, words.command, address("/evaluate"))),
          ]),
    ),
  ];
}
