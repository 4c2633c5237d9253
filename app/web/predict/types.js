// @ts-check
// The shape of an answer, as docs/reference/http-api.md describes it. Types only: no module loads this one.

/** @typedef {{label: string, probability: number}} Probability */
/**
 * @typedef {object} Prediction The body of `POST /predict`.
 * @property {string} model
 * @property {number} version
 * @property {string} label
 * @property {number} probability
 * @property {number} [threshold]
 * @property {Probability[]} predictions
 * @property {{format: string, width: number, height: number}} image
 * @property {boolean} [damaged] Present and true if a part of the picture is what the decoder made of it.
 * @property {{maps: Record<string, number[][]>}} [explanation]
 * @property {string} [pixels] The picture as the model saw it, as a `data:` address.
 */
/**
 * @typedef {object} Answer
 * @property {Prediction} prediction
 * @property {string | null} positive The label that the threshold is for.
 * @property {number} tookMs The time of the round trip.
 * @property {Record<string, number>} stages Milliseconds, from `Server-Timing`.
 */

export {};
