// @ts-check
// A heat map over its picture: warm where something supports the label, cold where it counts against it.

import { element } from "./elements.js";

/** @typedef {number[][]} Map Rows of values: above 0 supports the label, below 0 counts against it. */

const FOR = [255, 122, 0];
const AGAINST = [20, 110, 255];

/**
 * Return the value that gets the full colour: the largest distance from 0.
 *
 * @param {Map[]} maps
 * @returns {number}
 */
export function scaleOf(maps) {
  return Math.max(...maps.flat(2).map(Math.abs), Number.MIN_VALUE);
}

/**
 * Make the layer over a picture. The CSS property `--strength` sets its opacity.
 *
 * @param {Map} map
 * @param {number} scale The result of `scaleOf`.
 * @returns {HTMLCanvasElement}
 */
export function layer(map, scale) {
  const [height, width] = [map.length, map[0]?.length ?? 0];
  const canvas = element("canvas", { class: "layer", width, height, "aria-hidden": "true" });
  const colours = map
    .flat()
    .flatMap((value) => [...(value > 0 ? FOR : AGAINST), Math.round((255 * Math.abs(value)) / scale)]);
  canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(colours), width, height), 0, 0);
  return canvas;
}
