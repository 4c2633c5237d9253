// @ts-check
// Numbers, sizes, times and dates as people read them.

import * as texts from "./texts.js";

const share = new Intl.NumberFormat(texts.locale, {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const round = new Intl.NumberFormat(texts.locale, { style: "percent", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(texts.locale, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(texts.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const upToTenths = new Intl.NumberFormat(texts.locale, { maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat(texts.locale, { day: "numeric", month: "short", year: "numeric" });
const minute = new Intl.DateTimeFormat(texts.locale, {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/**
 * Write a proportion with one decimal. A value close to 0 or 1 is not rounded to it.
 *
 * @param {number | null} value
 * @returns {string}
 */
export function percent(value) {
  if (value === null) return texts.numbers.none;
  if (value > 0 && value < 0.0005) return texts.numbers.belowTenth;
  if (value < 1 && value >= 0.9995) return texts.numbers.aboveRest;
  return share.format(value);
}

/**
 * Write a proportion that somebody chose, with no more decimals than it has.
 *
 * @param {number} value
 * @returns {string}
 */
export function roundPercent(value) {
  return round.format(value);
}

/**
 * Write an interval of proportions.
 *
 * @param {number} low
 * @param {number} high
 * @returns {string}
 */
export function interval(low, high) {
  return texts.numbers.interval(percent(low), percent(high));
}

/**
 * @param {number} value
 * @returns {string}
 */
export function count(value) {
  return whole.format(value);
}

/**
 * @param {number} value
 * @returns {string}
 */
export function bytes(value) {
  const units = texts.numbers.byteUnits;
  let power = 0;
  while (value >= 1000 && power < units.length - 1) {
    value /= 1000;
    power += 1;
  }
  return `${(power && value < 10 ? upToTenths : whole).format(value)} ${units[power]}`;
}

/**
 * @param {number} milliseconds
 * @returns {string}
 */
export function duration(milliseconds) {
  if (milliseconds >= 1000) return texts.numbers.seconds(tenths.format(milliseconds / 1000));
  return texts.numbers.milliseconds(milliseconds < 10 ? tenths.format(milliseconds) : whole.format(milliseconds));
}

/**
 * @param {string} iso
 * @returns {string} The day, in the reader's time zone.
 */
export function date(iso) {
  return unbroken(day.format(new Date(iso)));
}

/**
 * @param {string} iso
 * @returns {string} The day and the minute, in the reader's time zone.
 */
export function time(iso) {
  return unbroken(minute.format(new Date(iso)));
}

/** @param {string} text */
function unbroken(text) {
  return text.replaceAll(" ", "\u00a0");
}
