// @ts-check
// The card of one picture: the file that was sent, and its prediction or the reason why it failed.

import { drawing, element } from "../lib/elements.js";
import { explain } from "../lib/notices.js";
import { bytes, duration, percent, roundPercent } from "../lib/numbers.js";
import { notices, versions } from "../lib/texts.js";
import { predict, card as words } from "./texts.js";

/** @typedef {import("../lib/service.js").Problem} Problem */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Prediction} Prediction */
/** @typedef {import("./types.js").Probability} Probability */
/**
 * @typedef {object} Card
 * @property {HTMLLIElement} node
 * @property {(text: string) => void} wait Says what the card is waiting for.
 * @property {(answer: Answer, signal: AbortSignal) => void} succeed
 * @property {(problem: Problem, onRetry: (() => void) | null) => void} fail
 * @property {() => void} close Releases the picture.
 */

const BARS = 5;

/**
 * Make the card of a file.
 *
 * @param {File} file
 * @returns {Card}
 */
export function makeCard(file) {
  const source = URL.createObjectURL(file);
  const told = element("div", { class: "told" });
  const rest = element("div", { class: "rest" });
  const name = file.name || predict.unnamed;
  const node = element(
    "li",
    { class: "card", tabindex: -1 },
    thumbnail(source),
    element("div", { class: "beside" }, element("h3", { class: "path", title: name }, name), told),
    rest,
  );
  return {
    node,
    close: () => URL.revokeObjectURL(source),
    wait(said) {
      node.classList.remove("failed");
      node.setAttribute("aria-busy", "true");
      told.replaceChildren(
        element("p", { class: "quiet" }, element("span", { class: "pulse", "aria-hidden": "true" }), said),
      );
      rest.replaceChildren();
    },
    succeed(answer, signal) {
      node.removeAttribute("aria-busy");
      told.replaceChildren(outcome(answer.prediction));
      rest.replaceChildren(
        decision(answer),
        ...damage(answer.prediction),
        ...bars(answer),
        why(file, answer.prediction, signal),
        facts(answer, file),
      );
    },
    fail(problem, onRetry) {
      node.removeAttribute("aria-busy");
      node.classList.add("failed");
      told.replaceChildren(element("p", { class: "outcome" }, words.failed));
      const again =
        onRetry && element("button", { type: "button", class: "button small", onclick: onRetry }, notices.tryAgain);
      rest.replaceChildren(...explain(problem), again || "");
    },
  };
}

/**
 * Make the panel that explains the prediction. Its content is requested when it is first opened.
 *
 * @param {File} file
 * @param {Prediction} prediction
 * @param {AbortSignal} signal
 */
function why(file, prediction, signal) {
  const place = element("div", { class: "awaited" }, element("p", { class: "quiet", role: "status" }, predict.asking));
  const node = element("details", { class: "why-of" }, element("summary", null, words.why), place);
  node.addEventListener(
    "toggle",
    async () => {
      const { makePanel } = await import("./why.js");
      place.replaceChildren(await makePanel(file, prediction, signal));
    },
    { once: true },
  );
  return node;
}

/** @param {string} source */
function thumbnail(source) {
  const place = element("div", { class: "thumb" });
  const picture = element("img", { src: source, alt: "", decoding: "async", loading: "lazy" });
  picture.addEventListener("error", () => picture.replaceWith(placeholder()));
  place.append(picture);
  return place;
}

/** Make the placeholder of a picture that the browser cannot show. */
function placeholder() {
  return drawing(
    "svg",
    { viewBox: "0 0 24 24", role: "img", "aria-label": words.noPreview, class: "placeholder" },
    drawing("rect", { x: 3, y: 4.5, width: 18, height: 15, rx: 2 }),
    drawing("circle", { cx: 8.5, cy: 9.5, r: 1.6 }),
    drawing("path", { d: "M3.5 17l5.5-4.5 3.5 3 3-2.5 5 4" }),
  );
}

/** @param {Prediction} prediction */
function outcome(prediction) {
  return element(
    "p",
    { class: "outcome" },
    element("span", { class: "quiet" }, words.predicted, " "),
    element("strong", null, prediction.label),
  );
}

/** @param {Answer} answer */
function decision({ prediction, positive }) {
  return element("p", { class: "quiet" }, decisionText(prediction, positive));
}

/**
 * @param {Prediction} prediction
 * @param {string | null} positive
 * @returns {string}
 */
function decisionText(prediction, positive) {
  if (prediction.threshold === undefined) return words.highest(prediction.predictions.length);
  const threshold = roundPercent(prediction.threshold);
  const found = prediction.predictions.find((one) => one.label === positive);
  if (!found) return words.byThreshold(threshold);
  const say = prediction.label === positive ? words.reached : words.missed;
  return say(found.label, percent(found.probability), threshold);
}

/** @param {Prediction} prediction */
function damage(prediction) {
  return prediction.damaged ? [element("p", { class: "damage" }, words.damaged)] : [];
}

/**
 * @param {Answer} answer
 * @returns {HTMLElement[]}
 */
function bars({ prediction, positive }) {
  const rows = prediction.predictions.map((one) => {
    const mark = one.label === positive ? prediction.threshold : undefined;
    return bar(one, one.label === prediction.label, mark);
  });
  const [first, more] = [rows.slice(0, BARS), rows.slice(BARS)];
  const list = element("ul", { class: "bars", "aria-label": words.probabilities }, ...first);
  if (!more.length) return [list];
  return [
    list,
    element(
      "details",
      null,
      element("summary", null, words.more(more.length)),
      element("ul", { class: "bars" }, ...more),
    ),
  ];
}

/**
 * @param {Probability} one
 * @param {boolean} isPredicted
 * @param {number | undefined} threshold
 */
function bar({ label, probability }, isPredicted, threshold) {
  const gauge = drawing(
    "svg",
    { class: "gauge", "aria-hidden": "true" },
    drawing("rect", { class: "track", width: "100%", height: "100%", rx: 3 }),
    drawing("rect", { class: "range", width: `${100 * probability}%`, height: "100%", rx: 3 }),
    threshold !== undefined &&
      drawing("rect", { class: "mark", x: `${100 * threshold}%`, y: "-25%", width: 2, height: "150%" }),
  );
  return element(
    "li",
    { class: isPredicted ? "chosen" : null },
    element("span", { class: "name" }, label),
    " ",
    element("span", { class: "number" }, percent(probability)),
    gauge,
  );
}

/**
 * @param {Answer} answer
 * @param {File} file
 */
function facts({ prediction, tookMs, stages }, file) {
  const { format, width, height } = prediction.image;
  const { decode, queue, inference } = stages;
  const isTimed = decode !== undefined && queue !== undefined && inference !== undefined;
  const parts = isTimed && words.parts(duration(decode), duration(queue), duration(inference));
  return element(
    "dl",
    { class: "facts" },
    element("dt", null, words.file),
    element("dd", null, words.image(format, width, height, bytes(file.size))),
    element("dt", null, words.time),
    element("dd", null, words.whole(duration(tookMs))),
    ...(parts ? [element("dt", null, words.within), element("dd", null, parts)] : []),
    element("dt", null, words.by),
    element("dd", null, versions.named(prediction.model, prediction.version)),
  );
}
