// @ts-check
// Texts for people that several folders need. Each folder has its own, too. A text with values is a function.

export const language = "en";
export const locale = "en-GB";
export const name = "Fullcount";

/** @param {string} view */
export const title = (view) => `${view} · ${name}`;

export const service = {
  unreachable: {
    detail: "The service does not answer.",
    hint: "Check that it is still running and that you are still connected to it.",
  },
  /** @param {number} status */
  unexpected: (status) => ({
    detail: status ? `The service answered with the status ${status}.` : "Something unexpected happened.",
    hint: "Try again. If it happens again, look at the log of the service.",
  }),
};

export const notices = {
  notReady: "The service is not ready yet",
  unreachable: "The service does not answer",
  problem: "That did not work",
  askingAgain: "This page keeps trying.",
  tryAgain: "Try again",
};

export const numbers = {
  none: "not defined",
  belowTenth: "< 0.1%",
  aboveRest: "> 99.9%",
  /** @param {string} number */
  milliseconds: (number) => `${number}\u00a0ms`,
  /** @param {string} number */
  seconds: (number) => `${number}\u00a0s`,
  byteUnits: ["bytes", "kB", "MB", "GB"],
  /**
   * @param {string} low
   * @param {string} high
   */
  interval: (low, high) => `${low} to ${high}`,
};

/** @type {Record<"file" | "second" | "minute" | "hour", [one: string, many: string]>} */
export const nouns = {
  file: ["file", "files"],
  second: ["second", "seconds"],
  minute: ["minute", "minutes"],
  hour: ["hour", "hours"],
};

export const lists = {
  /** @param {string} rest */
  more: (rest) => `Show more: ${rest} left`,
};

export const versions = {
  model: "Model",
  version: "Version",
  /** @param {number} version */
  serving: (version) => `${version} (serving)`,
  /**
   * @param {string} model
   * @param {number} version
   */
  named: (model, version) => `${model}, version ${version}`,
};
