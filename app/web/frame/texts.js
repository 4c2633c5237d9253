// @ts-check
// Texts of the frame, with the title of each view and its word in the menu, if it has one.

/** @type {Record<import("../lib/addresses.js").Name | "missing", {title: string, menu?: string}>} */
export const views = {
  predict: { title: "Try a picture", menu: "Try" },
  evaluate: { title: "Evaluate labelled pictures", menu: "Evaluate" },
  models: { title: "Models", menu: "Models" },
  evaluations: { title: "Reports", menu: "Reports" },
  report: { title: "Report" },
  compare: { title: "Two reports side by side" },
  missing: { title: "Nothing here" },
};

export const page = {
  menu: "Views",
  skip: "Skip to the content",
  forPrograms: "For programs:",
  documentation: "API documentation",
  description: "OpenAPI",
  metrics: "Metrics",
};

export const missing = {
  lead: "There is no view at this address.",
  start: "Start",
};
