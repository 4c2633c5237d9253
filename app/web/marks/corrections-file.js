// @ts-check
// Writes marks as the table that `fullcount evaluate --corrections` and `fullcount train --corrections` read.

import { rowOf } from "../lib/csv.js";
import { verdictOf } from "./marks.js";
import { why } from "./texts.js";

export const FILE_NAME = "corrections.csv";
const HEADER = ["path", "was", "should_be", "why"];

/**
 * Write a row for each mark: the label that the file had, and the one it should have, empty if it is not usable.
 *
 * @param {import("./marks.js").Mark[]} marks
 */
export function correctionsOf(marks) {
  const rows = marks.map((mark) => [mark.path, mark.was, mark.should_be, why(mark.kind, verdictOf(mark))]);
  return [HEADER, ...rows].map(rowOf).join("");
}
