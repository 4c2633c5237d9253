// @ts-check
// The panel that explains a prediction: the picture as the model saw it, and the heat map of each label.

import { layer, scaleOf } from "../lib/activation.js";
import { manifestOf } from "../lib/choice.js";
import { element } from "../lib/elements.js";
import { explain } from "../lib/notices.js";
import { problemIn } from "../lib/service.js";
import { predict } from "./sending.js";
import { why as words } from "./texts.js";

/** @typedef {import("./types.js").Prediction} Prediction */

const MAX_LABELS = 5;
const STRENGTH = 60;
let made = 0;

/**
 * Make the panel of a picture.
 *
 * @param {File} file
 * @param {Prediction} prediction The prediction to explain.
 * @param {AbortSignal} signal
 * @returns {Promise<HTMLElement>}
 */
export async function makePanel(file, prediction, signal) {
  try {
    const { model, version } = prediction;
    const hasMaps = Boolean((await manifestOf(model, version))?.activation_maps);
    const top = Math.min(MAX_LABELS, prediction.predictions.length);
    const query = new URLSearchParams({ model, version: String(version), top_k: String(top), pixels: "true" });
    if (hasMaps) query.set("explain", "true");
    const answer = await predict(file, `?${query}`, signal, () => {});
    return panel(answer.prediction);
  } catch (error) {
    return element("div", { class: "why" }, ...explain(problemIn(error)));
  }
}

/** @param {Prediction} prediction */
function panel(prediction) {
  const seen = element("div", { class: "seen" }, element("img", { src: prediction.pixels ?? "", alt: words.seen }));
  const figure = element("figure", null, seen, element("figcaption", { class: "quiet small" }, words.caption));
  const maps = prediction.explanation?.maps;
  if (!maps) return element("div", { class: "why" }, figure, element("p", { class: "quiet" }, words.none));
  const scale = scaleOf(Object.values(maps));
  const told = element("p", { class: "keys" });
  /** @param {string} label */
  const show = (label) => {
    seen.querySelector("canvas")?.remove();
    seen.append(layer(maps[label] ?? [], scale));
    told.replaceChildren(
      element("span", null, element("i", { class: "swatch warm" }), words.warm(label)),
      element("span", null, element("i", { class: "swatch cold" }), words.cold),
    );
  };
  const strength = element("input", { type: "range", min: 0, max: 100, value: STRENGTH });
  const set = () => seen.style.setProperty("--strength", String(Number(strength.value) / 100));
  strength.addEventListener("input", set);
  set();
  show(prediction.label);
  made += 1;
  const choices = Object.keys(maps).map((label) =>
    element(
      "label",
      { class: "pick" },
      element("input", {
        type: "radio",
        name: `why-${made}`,
        checked: label === prediction.label,
        onchange: () => show(label),
      }),
      label,
    ),
  );
  return element(
    "div",
    { class: "why" },
    figure,
    element(
      "div",
      { class: "beside-why" },
      element("fieldset", null, element("legend", null, words.question), ...choices),
      element("label", { class: "slide" }, element("span", null, words.strength), strength),
      told,
    ),
  );
}
