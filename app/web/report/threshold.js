// @ts-check
// The threshold of the positive label, which can be moved: its figures are counted here, file by file.

import { drawing, element } from "../lib/elements.js";
import { count } from "../lib/numbers.js";
import { number, printable, threshold as written } from "../lib/wording.js";
import { accuracy, against, count as counts, decide, histogram, stepsOf } from "./counting.js";
import { cell, estimateOf, head, lineThrough, table } from "./parts.js";
import { threshold as words } from "./texts.js";

/** @typedef {import("./counting.js").Files} Files */
/** @typedef {import("./types.js").AtThreshold} AtThreshold */
/** @typedef {import("./types.js").Positive} Positive */
/** @typedef {import("./types.js").Report} Report */
/** @typedef {(predicted: Int32Array, counts: number[][], threshold: number | null) => void} Moved */

const BINS = 40;
const MAX_POINTS = 400;

/** The control, its figures and its drawings. */
export class ThresholdPanel {
  /** @type {Files | null} */
  #files = null;
  /** @type {ReturnType<typeof stepsOf>} */
  #steps = [];
  #threshold;
  #isWaiting = false;

  /**
   * @param {Report} report
   * @param {Positive} positive
   * @param {Moved} onMove The threshold is null where it is the one in use.
   */
  constructor(report, positive, onMove) {
    this.#positive = positive;
    this.#onMove = onMove;
    this.#threshold = positive.threshold;
    this.#label = report.confusion_matrix.columns.indexOf(positive.label);
    const take = (/** @type {Event} */ event) => this.#take(/** @type {HTMLInputElement} */ (event.target));
    this.#slider = element("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.005,
      disabled: true,
      "aria-label": words.slider,
      oninput: take,
    });
    this.#exact = element("input", {
      type: "number",
      min: 0,
      max: 1,
      step: "any",
      disabled: true,
      "aria-label": words.exact,
      onchange: take,
    });
    this.#back = element(
      "button",
      { type: "button", class: "button small", disabled: true, onclick: () => this.#return() },
      words.back(written(positive.threshold)),
    );
    this.#drawn = element("div", { class: "distribution", "aria-hidden": "true" });
    this.#points = element("div", { class: "points" }, ...this.#curves([], []));
    this.#said = element("p", { class: "quiet small said" }, words.waiting);
    const label = printable(positive.label);
    this.node = element(
      "fieldset",
      { class: "threshold" },
      element("legend", null, words.title),
      this.#back,
      this.#said,
      element("div", { class: "exact" }, element("span", null, words.name(label)), this.#exact),
      element("div", { class: "slide" }, this.#drawn, this.#slider),
      element("p", { class: "quiet small" }, words.distribution(label)),
      this.#tally(),
    );
    this.drawings = element(
      "div",
      { class: "drawings" },
      this.#points,
      element("p", { class: "quiet small" }, words.pointNote),
    );
    this.#write(atInUse(report, positive));
  }

  /** @param {Files} files */
  use(files) {
    this.#files = files;
    this.#steps = stepsOf(files, this.#label);
    this.#draw();
    const drawn = thinned(this.#steps);
    const first = drawn[0]?.precision ?? 1;
    this.#points.replaceChildren(
      ...this.#curves([[0, first], ...drawn.map(recallPrecision)], [[0, 0], ...drawn.map(alarmsRecall)]),
    );
    for (const control of [this.#slider, this.#exact]) control.disabled = false;
    this.#move();
  }

  #positive;
  #onMove;
  #label;
  #slider;
  #exact;
  #back;
  #drawn;
  #points;
  #said;
  /** @type {Record<string, HTMLElement>} */
  #figures = {};

  /** @param {HTMLInputElement} input */
  #take(input) {
    const value = Number(input.value);
    if (input.value === "" || !(value >= 0 && value <= 1)) {
      this.#exact.value = written(this.#threshold);
      return;
    }
    this.#threshold = value;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#move();
    });
  }

  #return() {
    this.#threshold = this.#positive.threshold;
    this.#move();
    this.#slider.focus();
  }

  #move() {
    if (!this.#files) return;
    const isInUse = this.#threshold === this.#positive.threshold;
    const predicted = isInUse
      ? this.#files.predicted
      : decide(this.#files, { positive: this.#label, threshold: this.#threshold });
    const now = counts(this.#files, predicted);
    this.#write({
      ...against(now, this.#label, this.#files.labels.length, this.#threshold),
      accuracy: accuracy(now, this.#files.labels.length),
    });
    this.#onMove(predicted, now, isInUse ? null : this.#threshold);
  }

  /** @param {AtThreshold & {accuracy: import("./types.js").Estimate}} at */
  #write(at) {
    const isInUse = at.threshold === this.#positive.threshold;
    const text = written(at.threshold);
    this.#slider.value = String(at.threshold);
    if (document.activeElement !== this.#exact || Number(this.#exact.value) !== at.threshold) this.#exact.value = text;
    const numbers = [at.true_positives, at.false_negatives, at.false_positives].map(count);
    this.#slider.setAttribute("aria-valuetext", words.said(text, numbers[0] ?? "", numbers[1] ?? "", numbers[2] ?? ""));
    this.#back.disabled = isInUse;
    const inUse = written(this.#positive.threshold);
    if (this.#files) this.#said.textContent = isInUse ? words.isInUse(inUse) : words.isMoved(inUse);
    this.#figure("precision", estimateOf(at.precision));
    this.#figure("recall", estimateOf(at.recall));
    this.#figure("f1", number(at.f1));
    this.#figure("accuracy", estimateOf(at.accuracy));
    this.#figure("found", count(at.true_positives));
    this.#figure("missed", count(at.false_negatives));
    this.#figure("falseAlarms", count(at.false_positives));
    this.#figure("correctRejections", count(at.true_negatives));
    this.node.style.setProperty("--threshold", String(at.threshold));
    this.#place(".now", at.threshold);
    this.#place(".in-use", this.#positive.threshold);
    for (const [name, from, to] of /** @type {[string, number, number][]} */ ([
      ["below", 0, at.threshold],
      ["above", at.threshold, 1],
    ])) {
      const clip = this.#drawn.querySelector(`#${name} rect`);
      clip?.setAttribute("x", String(100 * from));
      clip?.setAttribute("width", String(100 * (to - from)));
    }
  }

  /** @param {string} name @param {Node | string} value */
  #figure(name, value) {
    this.#figures[name]?.replaceChildren(value);
  }

  #tally() {
    const one = (
      /** @type {"precision" | "recall" | "f1" | "accuracy" | "found" | "missed" | "falseAlarms" | "correctRejections"} */ name,
      /** @type {string | null} */ kind = null,
    ) => {
      const place = element("dd", { "data-figure": name });
      this.#figures[name] = place;
      return element("div", { class: kind }, element("dt", null, words[name]), place);
    };
    return element(
      "dl",
      { class: "tally" },
      one("found", "good"),
      one("missed", "bad"),
      one("falseAlarms", "bad"),
      one("correctRejections", "good"),
      one("precision"),
      one("recall"),
      one("f1"),
      one("accuracy"),
    );
  }

  /**
   * Move the points to where a threshold lies on the curves.
   *
   * @param {string} point
   * @param {number} threshold
   */
  #place(point, threshold) {
    const at = stepAt(this.#steps, threshold);
    const places = at ? [recallPrecision(at), alarmsRecall(at)] : [null, [0, 0]];
    this.#points.querySelectorAll(point).forEach((dot, index) => {
      const place = places[index];
      dot.toggleAttribute("hidden", !place || !this.#steps.length);
      dot.setAttribute("transform", place ? `translate(${100 * (place[0] ?? 0)} ${100 - 100 * (place[1] ?? 0)})` : "");
    });
  }

  /**
   * @param {[number, number][]} precisionRecall
   * @param {[number, number][]} roc
   */
  #curves(precisionRecall, roc) {
    return [
      this.#curve(words.precisionRecall, words.precision, words.recall, precisionRecall),
      this.#curve(words.roc, words.recall, words.falseAlarmRate, roc),
    ];
  }

  /**
   * @param {string} name
   * @param {string} up
   * @param {string} right
   * @param {[number, number][]} points
   */
  #curve(name, up, right, points) {
    return element(
      "figure",
      null,
      element("p", { class: "up", "aria-hidden": "true" }, up),
      drawing(
        "svg",
        { viewBox: "-4 -4 108 108", role: "img", "aria-label": name },
        drawing("path", { class: "frame", d: "M0 0V100H100" }),
        drawing("path", { class: "grid", d: "M0 50H100M0 0H100M50 0V100M100 0V100" }),
        points.length > 1 && lineThrough(points),
        drawing("circle", { class: "in-use", r: 5, hidden: true }),
        drawing("circle", { class: "now", r: 3.4, hidden: true }),
      ),
      element(
        "p",
        { class: "across", "aria-hidden": "true" },
        element("span", null, "0%"),
        element("span", null, right),
        element("span", null, "100%"),
      ),
    );
  }

  #draw() {
    const files = /** @type {Files} */ (this.#files);
    const { of, others } = histogram(files, this.#label, BINS);
    const most = Math.sqrt(Math.max(1, ...of, ...others));
    const width = 100 / BINS;
    const bars = (/** @type {number[]} */ bins, /** @type {number} */ sign) =>
      bins
        .map((files, bin) => {
          const height = (sign * 48 * Math.sqrt(files)) / most;
          return files ? `M${bin * width + 0.15} 50v${-height}h${width - 0.3}v${height}z` : "";
        })
        .join("");
    const clip = (/** @type {string} */ id) =>
      drawing("clipPath", { id }, drawing("rect", { x: 0, y: 0, width: 100, height: 100 }));
    const half = (/** @type {string} */ kind, /** @type {string} */ side, /** @type {string} */ d) =>
      drawing("path", { class: kind, "clip-path": `url(#${side})`, d });
    this.#drawn.replaceChildren(
      drawing(
        "svg",
        { viewBox: "0 0 100 100", preserveAspectRatio: "none", focusable: "false" },
        drawing("defs", null, clip("below"), clip("above")),
        half("bad", "below", bars(of, 1)),
        half("good", "above", bars(of, 1)),
        half("good", "below", bars(others, -1)),
        half("bad", "above", bars(others, -1)),
        drawing("path", { class: "axis", d: "M0 50H100" }),
      ),
      element("i", { class: "used", "--at": this.#positive.threshold }),
      element("i", { class: "line" }),
    );
  }
}

/**
 * Make a table of the thresholds in the report, for a report without the predictions for each file.
 *
 * @param {Positive} positive
 */
export function thresholdTable(positive) {
  return element(
    "section",
    { id: "thresholds", "aria-labelledby": "thresholds-title" },
    element("h2", { id: "thresholds-title", tabindex: -1 }, words.tableTitle),
    element("p", null, words.lead(printable(positive.label), written(positive.threshold))),
    table({
      name: words.table,
      caption: words.caption,
      class: "figures",
      items: positive.thresholds,
      heads: [
        [words.threshold],
        [words.found, "n"],
        [words.missed, "n"],
        [words.falseAlarms, "n"],
        [words.recall, "n"],
        [words.precision, "n"],
        [words.f1, "n"],
      ],
      row: (one) =>
        element(
          "tr",
          { class: one.threshold === positive.threshold ? "chosen" : null },
          head(
            null,
            written(one.threshold),
            one.threshold === positive.threshold && " ",
            one.threshold === positive.threshold && element("span", { class: "tag" }, words.inUse),
          ),
          cell("n", count(one.true_positives)),
          cell("n", count(one.false_negatives)),
          cell("n", count(one.false_positives)),
          cell("n", estimateOf(one.recall)),
          cell("n", estimateOf(one.precision)),
          cell("n", number(one.f1)),
        ),
    }),
  );
}

/**
 * @param {Report} report
 * @param {Positive} positive
 */
function atInUse(report, positive) {
  const found = /** @type {AtThreshold} */ (positive.thresholds.find((one) => one.threshold === positive.threshold));
  return { ...found, accuracy: report.metrics.accuracy };
}

/**
 * @param {ReturnType<typeof stepsOf>} steps Their thresholds fall.
 * @param {number} threshold
 */
function stepAt(steps, threshold) {
  const least = Math.fround(threshold);
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.threshold ?? 0) >= least) low = middle + 1;
    else high = middle;
  }
  return steps[low - 1];
}

/**
 * @param {{recall: number, precision: number}} step
 * @returns {[number, number]}
 */
function recallPrecision(step) {
  return [step.recall, step.precision];
}

/**
 * @param {{recall: number, falseAlarms: number}} step
 * @returns {[number, number]}
 */
function alarmsRecall(step) {
  return [step.falseAlarms, step.recall];
}

/**
 * @template Step
 * @param {Step[]} steps
 * @returns {Step[]} No more than can be seen side by side.
 */
function thinned(steps) {
  if (steps.length <= MAX_POINTS) return steps;
  return Array.from(
    { length: MAX_POINTS },
    (_, index) => /** @type {Step} */ (steps[Math.round((index * (steps.length - 1)) / (MAX_POINTS - 1))]),
  );
}
