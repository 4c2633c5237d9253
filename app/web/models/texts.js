// @ts-check
// Texts of the view of the models.

export const models = {
  lead: "The models served here, with the measured accuracy of each version. The band is the 95% interval.",
  labels: "Labels",
  /** @param {string} label */
  positive: (label) => `${label} (positive)`,
  /** @param {number} labels */
  more: (labels) => `${labels} more`,
  versions: "Versions",
  /** @param {number} version */
  number: (version) => `Version ${version}`,
  inMemory: "in memory",
  unmeasured: "No accuracy was measured.",
  /** @param {string} interval */
  interval: (interval) => `95% interval: ${interval}`,
  /**
   * @param {string} images
   * @param {boolean} isTest
   */
  measuredOn: (images, isTest) => `on ${images} ${isTest ? "test" : "validation"} images`,
  accuracy: "accuracy",
  /**
   * @param {string} backbone
   * @param {string} date
   */
  made: (backbone, date) => `${backbone}, published ${date}`,
  report: "Training report",
  /** @param {number} version */
  reportOf: (version) => `Training report of version ${version}, in a new tab`,
  none: "This service has no model.",
  /** @param {number} versions */
  older: (versions) => (versions === 1 ? "Show 1 older version" : `Show ${versions} older versions`),
};
