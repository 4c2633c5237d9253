// @ts-check
// Counts the files of a report again: every figure here equals the service's own, at its threshold and at any other.
// Nothing here uses the DOM or the network.

import { rowsOf } from "../lib/csv.js";

/** @typedef {import("./types.js").Estimate} Estimate */
/** @typedef {import("./types.js").Matrix} Matrix */
/** @typedef {import("./types.js").AtThreshold} AtThreshold */

/**
 * The image files of a report by columns; a file's place is its index in each.
 *
 * @typedef {object} Files
 * @property {string[]} labels The labels of the model.
 * @property {string[]} rows The given labels: those of the model, then others.
 * @property {string[]} paths
 * @property {Int32Array} given Index into `rows`.
 * @property {Int32Array} predicted Index into `labels`, as the service predicted; `labels.length` if it is unreadable.
 * @property {Float32Array} probabilities The probabilities of all labels, file by file.
 * @property {string[]} reasons The reason why a file is unreadable; empty for a scored file.
 */

/**
 * The files of a row and a column of the matrix, or every mistake if both are null.
 *
 * @typedef {{row: number | null, column: number | null}} Cell
 */

const Z_95 = 1.959963984540054;
const SLICE_MS = 12;
const ROWS_BETWEEN_LOOKS = 64;

/**
 * Read a report's table of files; ignored entries, which come last, are left out.
 *
 * @param {string} text
 * @param {Matrix} matrix
 * @param {() => Promise<void>} [pause] Awaited now and then, so that the page stays responsive.
 * @returns {Promise<Files>}
 */
export async function readFiles(text, matrix, pause = () => new Promise((resolve) => setTimeout(resolve))) {
  const labels = matrix.columns.slice(0, -1);
  const rows = new Map(matrix.rows.map((label, index) => [label, index]));
  const places = new Map(labels.map((label, index) => [label, index]));
  const most = matrix.counts.flat().reduce((sum, count) => sum + count, 0);
  /** @type {Files} */
  const files = {
    labels,
    rows: matrix.rows,
    paths: [],
    given: new Int32Array(most),
    predicted: new Int32Array(most),
    probabilities: new Float32Array(most * labels.length),
    reasons: [],
  };
  let until = performance.now() + SLICE_MS;
  const lines = rowsOf(text);
  lines.next(); // the names of the columns
  for (const line of lines) {
    const [path = "", label = "", predicted = ""] = line;
    const [fate, reason = ""] = line.slice(-2);
    if (fate === "ignored") break;
    const place = files.paths.push(path) - 1;
    files.given[place] = rows.get(label) ?? -1;
    files.predicted[place] = fate === "scored" ? (places.get(predicted) ?? -1) : labels.length;
    files.reasons.push(reason);
    for (let index = 0; index < labels.length; index += 1) {
      const written = line[3 + index];
      files.probabilities[place * labels.length + index] = written ? Number(written) : NaN;
    }
    if (place % ROWS_BETWEEN_LOOKS === 0 && performance.now() > until) {
      await pause();
      until = performance.now() + SLICE_MS;
    }
  }
  if (files.paths.length !== most)
    throw new RangeError(`The table has ${files.paths.length} image files, not ${most}.`);
  return files;
}

/**
 * Predict the label of each file as the service does: by the threshold of the positive label, or the most probable.
 *
 * @param {Files} files
 * @param {{positive: number, threshold: number} | null} decision
 * @returns {Int32Array} The predicted labels, as in `Files.predicted`.
 */
export function decide(files, decision) {
  const { labels, probabilities, predicted } = files;
  const least = Math.fround(decision?.threshold ?? 0); // the service compares in 32 bits
  return predicted.map((before, place) => {
    if (before === labels.length) return before;
    const at = place * labels.length;
    if (decision)
      return probability(files, place, decision.positive) >= least ? decision.positive : 1 - decision.positive;
    let best = 0;
    for (let index = 1; index < labels.length; index += 1) {
      if (/** @type {number} */ (probabilities[at + index]) > /** @type {number} */ (probabilities[at + best]))
        best = index;
    }
    return best;
  });
}

/**
 * Count files by given label and predicted label.
 *
 * @param {Files} files
 * @param {Int32Array} predicted
 * @returns {number[][]} The counts of a confusion matrix, a list for each row.
 */
export function count(files, predicted) {
  const counts = files.rows.map(() => new Array(files.labels.length + 1).fill(0));
  predicted.forEach((column, place) => {
    const row = counts[/** @type {number} */ (files.given[place])];
    if (row) row[column] += 1;
  });
  return counts;
}

/**
 * Compute the figures of one label against the rest from a matrix.
 *
 * @param {number[][]} counts
 * @param {number} label Index.
 * @param {number} labels The number of labels of the model.
 * @param {number} threshold
 * @returns {AtThreshold}
 */
export function against(counts, label, labels, threshold) {
  const known = counts.slice(0, labels).map((row) => row.slice(0, labels));
  const hits = known[label]?.[label] ?? 0;
  const support = sum(known[label] ?? []);
  const predicted = sum(known.map((row) => row[label] ?? 0));
  return {
    threshold,
    true_positives: hits,
    false_positives: predicted - hits,
    false_negatives: support - hits,
    true_negatives: sum(known.map(sum)) - predicted - support + hits,
    precision: estimate(hits, predicted),
    recall: estimate(hits, support),
    f1: predicted + support ? (2 * hits) / (predicted + support) : null,
  };
}

/**
 * Estimate the accuracy from a matrix, on scored files with known labels.
 *
 * @param {number[][]} counts
 * @param {number} labels
 */
export function accuracy(counts, labels) {
  const known = counts.slice(0, labels);
  return estimate(sum(known.map((row, index) => row[index] ?? 0)), sum(known.map((row) => sum(row.slice(0, labels)))));
}

/**
 * Estimate a proportion with its 95% score interval (Wilson 1927). All three are null without trials.
 *
 * @param {number} successes
 * @param {number} trials
 * @returns {Estimate}
 */
export function estimate(successes, trials) {
  if (!trials) return { value: null, low: null, high: null };
  const share = successes / trials;
  const square = Z_95 * Z_95;
  const centre = (share + square / (2 * trials)) / (1 + square / trials);
  const spread = Math.sqrt((share * (1 - share)) / trials + square / (4 * trials * trials));
  const half = (Z_95 / (1 + square / trials)) * spread;
  const low = successes ? Math.max(0, Math.min(share, centre - half)) : 0;
  const high = successes < trials ? Math.min(1, Math.max(share, centre + half)) : 1;
  return { value: share, low, high };
}

/**
 * Find the files of a cell: mistakes with the most certain first, correct files with the least certain first.
 *
 * @param {Files} files
 * @param {Int32Array} predicted
 * @param {Cell} cell
 * @returns {number[]} The places of the files.
 */
export function filesIn(files, predicted, { row, column }) {
  const places = [];
  for (let place = 0; place < predicted.length; place += 1) {
    const given = files.given[place] ?? -1;
    const isMistake =
      predicted[place] !== given && predicted[place] !== files.labels.length && given < files.labels.length;
    if (row === null ? isMistake : given === row && predicted[place] === column) places.push(place);
  }
  if (column === files.labels.length) return places;
  const sign = row !== null && row === column ? 1 : -1;
  const sure = (/** @type {number} */ place) => probability(files, place, predicted[place] ?? 0);
  return places.sort((one, other) => sign * (sure(one) - sure(other)) || byPath(files, one, other));
}

/**
 * @param {Files} files
 * @param {number} place
 * @param {number} label
 * @returns {number}
 */
export function probability(files, place, label) {
  return files.probabilities[place * files.labels.length + label] ?? NaN;
}

/**
 * Compute the points of a label's curves, with thresholds that fall from one probability to the next.
 *
 * @param {Files} files
 * @param {number} label
 * @returns {{threshold: number, recall: number, precision: number, falseAlarms: number}[]}
 */
export function stepsOf(files, label) {
  const places = [...knownPlaces(files)].sort(
    (one, other) => probability(files, other, label) - probability(files, one, label),
  );
  const positives = places.filter((place) => files.given[place] === label).length;
  const others = places.length - positives;
  const steps = [];
  let hits = 0;
  for (const [index, place] of places.entries()) {
    hits += files.given[place] === label ? 1 : 0;
    const threshold = probability(files, place, label);
    const next = places[index + 1];
    if (next !== undefined && probability(files, next, label) === threshold) continue;
    steps.push({
      threshold,
      recall: hits / positives,
      precision: hits / (index + 1),
      falseAlarms: (index + 1 - hits) / others,
    });
  }
  return steps;
}

/**
 * Count scored files with known labels by a label's probability, in bins of equal width.
 *
 * @param {Files} files
 * @param {number} label
 * @param {number} bins
 * @returns {{of: number[], others: number[]}} Files of the label, and the others.
 */
export function histogram(files, label, bins) {
  const of = new Array(bins).fill(0);
  const others = new Array(bins).fill(0);
  for (const place of knownPlaces(files)) {
    const bin = Math.min(bins - 1, Math.floor(probability(files, place, label) * bins));
    (files.given[place] === label ? of : others)[bin] += 1;
  }
  return { of, others };
}

/** @param {Files} files */
function* knownPlaces(files) {
  for (let place = 0; place < files.paths.length; place += 1) {
    const isScored = files.predicted[place] !== files.labels.length;
    if (isScored && (files.given[place] ?? -1) < files.labels.length) yield place;
  }
}

/**
 * @param {Files} files
 * @param {number} one
 * @param {number} other
 */
function byPath(files, one, other) {
  return (files.paths[one] ?? "") < (files.paths[other] ?? "") ? -1 : 1;
}

/** @param {number[]} counts */
function sum(counts) {
  return counts.reduce((total, one) => total + one, 0);
}
