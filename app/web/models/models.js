// @ts-check
// The view of the models that are served: each with its versions and their measured accuracy.

import { element } from "../lib/elements.js";
import { askFor, explain } from "../lib/notices.js";
import { count, date, interval, percent } from "../lib/numbers.js";
import { bounded } from "../lib/queue.js";
import { address, askJson, problemIn } from "../lib/service.js";
import { gauge } from "./gauge.js";
import { models as words } from "./texts.js";

/** @typedef {import("../lib/choice.js").Model} Model */
/** @typedef {{images: number, scored: number, accuracy: number | null, accuracy_low: number | null, accuracy_high: number | null}} Headline */

const AT_ONCE = 4;
const SHOWN = 6;
const LABELS = 12;
const SERVING = "serving"; // the alias of the version that answers by default
const REPORT = "training/report.html"; // among the files of a version, if its training left one

/**
 * Show the view.
 *
 * @param {HTMLElement} root
 * @param {string[]} _parameters
 * @param {AbortSignal} signal
 */
export async function show(root, _parameters, signal) {
  const place = element("div", { class: "stack" });
  root.append(element("p", { class: "lead" }, words.lead), place);
  const served = await askFor("/models", place, signal);
  if (!served) return;
  const run = bounded(AT_ONCE);
  /** @param {Model} model @param {number} version */
  const row = (model, version) => versionRow(model, version, (work) => run(work), signal);
  const sections = served.models.map((/** @type {Model} */ one) => modelSection(one, row));
  place.replaceChildren(...(sections.length ? sections : [element("p", null, words.none)]));
}

/**
 * @param {Model} model
 * @param {(model: Model, version: number) => HTMLElement} row
 */
function modelSection(model, row) {
  const id = `model-${model.model}`;
  const newest = [...new Set([...model.versions, model.serving])].sort((one, other) => other - one);
  const first = newest.filter((one, index) => index < SHOWN || one === model.serving);
  const older = newest.filter((one) => !first.includes(one));
  const list = element("ol", { class: "rows", "aria-label": words.versions }, ...first.map((one) => row(model, one)));
  const more =
    older.length > 0 &&
    element("button", { type: "button", class: "button", onclick: showOlder }, words.older(older.length));
  return element(
    "section",
    { "aria-labelledby": id },
    element("div", { class: "about" }, element("h2", { id }, model.model), labels(model)),
    list,
    more,
  );

  /** @param {Event} event */
  function showOlder(event) {
    const rows = older.map((one) => row(model, one));
    list.append(...rows);
    rows[0]?.setAttribute("tabindex", "-1");
    rows[0]?.focus();
    /** @type {HTMLElement} */ (event.target).remove();
  }
}

/** @param {Model} model */
function labels(model) {
  const tags = model.labels.map((label) =>
    element("li", { class: "tag" }, label === model.positive ? words.positive(label) : label),
  );
  const [first, more] = [tags.slice(0, LABELS), tags.slice(LABELS)];
  const list = element("ul", { class: "tags", "aria-label": words.labels }, ...first);
  if (!more.length) return list;
  return element(
    "div",
    { class: "labels" },
    list,
    element(
      "details",
      null,
      element("summary", null, words.more(more.length)),
      element("ul", { class: "tags" }, ...more),
    ),
  );
}

/**
 * Make the row of a version; its figures are added when its manifest arrives.
 *
 * @param {Model} model
 * @param {number} version
 * @param {(work: () => Promise<any>) => Promise<any>} run
 * @param {AbortSignal} signal
 */
function versionRow(model, version, run, signal) {
  const measured = element("div", { class: "measured" });
  const made = element("p", { class: "made quiet" });
  const path = `/models/${encodeURIComponent(model.model)}/versions/${version}`;
  run(() => askJson(path, { signal })).then(
    (manifest) => {
      measured.replaceChildren(...accuracy(manifest.metrics));
      made.append(words.made(manifest.backbone, date(manifest.created)));
      if (REPORT in manifest.files) made.append(element("br"), reportLink(path, version));
    },
    (error) => signal.aborted || measured.replaceChildren(...explain(problemIn(error))),
  );
  return element(
    "li",
    { class: version === model.serving ? "version serving" : "version" },
    element(
      "div",
      { class: "title" },
      element("h3", null, words.number(version)),
      version === model.serving && element("span", { class: "tag no" }, SERVING),
      ...aliasesOf(model, version).map((alias) => element("span", { class: "tag" }, alias)),
      version !== model.serving && model.loaded.includes(version) && element("span", { class: "tag" }, words.inMemory),
    ),
    measured,
    made,
  );
}

/**
 * Return the aliases of a version but `serving`, which may already point to a version that is not in memory yet.
 *
 * @param {Model} model
 * @param {number} version
 */
function aliasesOf(model, version) {
  const aliases = Object.entries(model.aliases ?? {});
  return aliases.filter(([name, number]) => number === version && name !== SERVING).map(([name]) => name);
}

/**
 * Make the link to the report of a version's training; the service sends it as a page of its own.
 *
 * @param {string} path The version's, in the API.
 * @param {number} version
 */
function reportLink(path, version) {
  const attributes = { href: address(`${path}/report`), target: "_blank", rel: "noopener" };
  return element("a", { ...attributes, "aria-label": words.reportOf(version) }, words.report);
}

/**
 * @param {{test?: Headline, validation?: Headline}} metrics
 * @returns {(HTMLElement | SVGElement)[]}
 */
function accuracy(metrics) {
  const headline = metrics.test ?? metrics.validation;
  if (!headline || headline.accuracy === null) return [element("p", { class: "quiet" }, words.unmeasured)];
  const { accuracy: value, accuracy_low: low, accuracy_high: high } = headline;
  const files = words.measuredOn(count(headline.scored), metrics.test !== undefined && metrics.test !== null);
  return [
    element(
      "p",
      null,
      element("strong", { class: "value" }, percent(value)),
      " ",
      element("span", { class: "quiet" }, `${words.accuracy} ${files}`),
    ),
    gauge(value, low, high),
    element("p", { class: "quiet small" }, low !== null && high !== null && words.interval(interval(low, high))),
  ];
}
