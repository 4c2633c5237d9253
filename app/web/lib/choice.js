// @ts-check
// The choice of a model and a version, remembered while the page is open.

import { element } from "./elements.js";
import { askJson } from "./service.js";
import * as texts from "./texts.js";

/**
 * @typedef {object} Model A model of `GET /models`.
 * @property {string} model
 * @property {number} serving
 * @property {number[]} versions
 * @property {Record<string, number>} [aliases] The version that each alias points to.
 * @property {number[]} loaded
 * @property {string[]} labels
 * @property {string | null} positive
 */

/** @type {Model[]} */
let models = [];
let model = "";
/** @type {number | null} Null means the version that serves. */
let version = null;
/** @type {Map<string, Promise<any>>} */
const manifests = new Map();

/**
 * Return the query for the chosen model. It is empty before the models are known, so that the service decides.
 *
 * @returns {string}
 */
export function query() {
  if (!model) return "";
  return `?${new URLSearchParams(version === null ? { model } : { model, version: String(version) })}`;
}

/**
 * Return the label that the threshold of a version is for.
 *
 * @param {string} name
 * @param {number} number
 * @returns {Promise<string | null>}
 */
export function positiveOf(name, number) {
  const known = models.find((one) => one.model === name && one.serving === number);
  if (known) return Promise.resolve(known.positive);
  return manifestOf(name, number).then((manifest) => manifest?.positive ?? null);
}

/**
 * Return the manifest of a version, requested once; null if it is not available.
 *
 * @param {string} name
 * @param {number} number
 * @returns {Promise<any>}
 */
export function manifestOf(name, number) {
  const path = `/models/${encodeURIComponent(name)}/versions/${number}`;
  const forget = () => {
    manifests.delete(path);
    return null;
  };
  const asked = manifests.get(path) ?? askJson(path).catch(forget);
  manifests.set(path, asked);
  return asked;
}

/**
 * Return the elements that show the choice, with controls if there is more than one option.
 *
 * @param {Model[]} served
 * @returns {HTMLElement[]}
 */
export function controls(served) {
  models = served;
  const current = models.find((one) => one.model === model) ?? models[0];
  if (!current) return [];
  model = current.model;
  if (version !== null && !current.versions.includes(version)) version = null;
  if (models.length === 1 && current.versions.length < 2) return [only(current)];
  const versions = element("select", { onchange: choose });
  fillVersions(versions, current);
  return [
    models.length > 1 && field(texts.versions.model, modelSelect(versions)),
    field(texts.versions.version, versions),
  ].flatMap((one) => one || []);

  /** @param {Event} event */
  function choose(event) {
    const chosen = Number(/** @type {HTMLSelectElement} */ (event.target).value);
    version = chosen === models.find((one) => one.model === model)?.serving ? null : chosen;
  }
}

/** @param {Model} one */
function only(one) {
  return element(
    "p",
    null,
    `${texts.versions.model}: `,
    element("b", null, texts.versions.named(one.model, one.serving)),
  );
}

/** @param {HTMLSelectElement} versions */
function modelSelect(versions) {
  const options = models.map((one) =>
    element("option", { value: one.model, selected: one.model === model }, one.model),
  );
  return element(
    "select",
    {
      onchange: (/** @type {Event} */ event) => {
        const chosen = models.find((one) => one.model === /** @type {HTMLSelectElement} */ (event.target).value);
        if (!chosen) return;
        [model, version] = [chosen.model, null];
        fillVersions(versions, chosen);
      },
    },
    ...options,
  );
}

/**
 * @param {HTMLSelectElement} select
 * @param {Model} of
 */
function fillVersions(select, of) {
  const chosen = version ?? of.serving;
  const newest = [...new Set([...of.versions, of.serving])].sort((one, other) => other - one);
  select.replaceChildren(
    ...newest.map((one) =>
      element(
        "option",
        { value: one, selected: one === chosen },
        one === of.serving ? texts.versions.serving(one) : String(one),
      ),
    ),
  );
}

/**
 * @param {string} name
 * @param {HTMLElement} control
 */
function field(name, control) {
  return element("label", { class: "field" }, element("span", null, name), control);
}
