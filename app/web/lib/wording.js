// @ts-check
// Figures as words, as the service's own pages write them.

import { count as grouped } from "./numbers.js";
import { nouns, numbers } from "./texts.js";

/**
 * Write a count with its noun: `1 file`, `2,624 files`.
 *
 * @param {number} count
 * @param {string} [one]
 * @param {string} [many]
 */
export function counted(count, one = nouns.file[0], many = one === nouns.file[0] ? nouns.file[1] : `${one}s`) {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/**
 * Write a share from 0 to 1, with more digits if it would otherwise read 0% or 100%.
 *
 * @param {number | null | undefined} share
 * @returns {string}
 */
export function percent(share) {
  if (share === null || share === undefined) return numbers.none;
  const written = [1, 2, 3, 4, 5].map((digits) => fixed(100 * share, digits));
  const shown = written.find((text) => Number(text) !== 0 && Number(text) !== 100);
  return `${shown ?? written[0]}%`;
}

/**
 * Write a figure that is not a share, such as a loss or an error.
 *
 * @param {number | null | undefined} value
 */
export function number(value) {
  return value === null || value === undefined ? numbers.none : fixed(value, 3);
}

/**
 * Write a threshold, with as many digits as it has, up to four.
 *
 * @param {number} value
 */
export function threshold(value) {
  return String(Number(value.toPrecision(4)));
}

/**
 * Write an interval: `78.4% to 89.6%`.
 *
 * @param {{low: number | null, high: number | null}} ends
 * @param {(end: number) => string} [write]
 */
export function interval({ low, high }, write = percent) {
  return low === null || high === null ? numbers.none : numbers.interval(write(low), write(high));
}

/**
 * Escape characters that would break a line or change the direction of writing.
 *
 * @param {string} text
 */
export function printable(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\p{Zs}]/gu, (one) => (one === " " ? one : escaped(one)));
}

/**
 * Write a time to wait in seconds, minutes or hours.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) return counted(whole, ...nouns.second);
  if (whole < 5400) return counted(Math.round(whole / 60), ...nouns.minute);
  return counted(Math.round(whole / 3600), ...nouns.hour);
}

/**
 * Round as Python does: to the even digit if a value lies exactly between two.
 *
 * @param {number} value
 * @param {number} digits
 */
function fixed(value, digits) {
  const rounded = value.toFixed(digits);
  const exact = Math.abs(value).toFixed(60);
  const rest = exact.slice(exact.indexOf(".") + 1 + digits);
  const isTie = /^50*$/.test(rest);
  if (!isTie || Number(rounded.slice(-1)) % 2 === 0) return rounded;
  return `${value < 0 ? "-" : ""}${exact.slice(0, exact.indexOf(".") + 1 + digits)}`;
}

/** @type {Record<string, string>} */
const ESCAPES = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** @param {string} one */
function escaped(one) {
  const point = one.codePointAt(0) ?? 0;
  const digits = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8;
  return ESCAPES[one] ?? `\\${{ 2: "x", 4: "u", 8: "U" }[digits]}${point.toString(16).padStart(digits, "0")}`;
}
