// @ts-check
// The marks of a report in a sentence.

import { count } from "../lib/numbers.js";
import { countsOf } from "./marks.js";
import { panel as words } from "./texts.js";

/** @param {import("./marks.js").Marks} marks */
export function countLine(marks) {
  const all = marks.all();
  const { wrong, right, unusable } = countsOf(all);
  return all.length ? words.count(count(all.length), count(wrong), count(right), count(unusable)) : words.nothing;
}
