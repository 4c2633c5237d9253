// @ts-check
// Texts of the list of reports, and of two of them side by side.

export const reports = {
  lead: "One report for each evaluation, newest first. Reports are stored with their model.",
  none: "There are no reports yet.",
  how: "Send a zip with one folder per label:",
  command: "curl --data-binary @test.zip -H 'Content-Type: application/zip' ",
  evaluate: "Evaluate a folder or a zip",
  /**
   * @param {string} images
   * @param {string} scored
   * @param {string | null} unreadable
   */
  counts: (images, scored, unreadable) =>
    unreadable
      ? `${images} image files: ${scored} scored, ${unreadable} unreadable`
      : `${images} image files, all scored`,
  accuracy: "accuracy",
  noAccuracy: "no accuracy",
  more: "Show older reports",
  allModels: "all models",
  /** @param {number} reports */
  found: (reports) => (reports === 1 ? "1 report" : `${reports} reports`),
  noneOf: "There are no reports on this model yet.",
};

export const picker = {
  start: "Compare",
  choose: "Choose two reports to compare them.",
  /** @param {string[]} names */
  chosen: (names) => `Chosen: ${names.join(" and ")}.${names.length === 1 ? " Choose one more." : ""}`,
  /** @param {number} reports */
  tooMany: (reports) => `${reports} reports are chosen. Keep two of them to compare.`,
  /** @param {string} report */
  pick: (report) => `Compare ${report}`,
};

export const compare = {
  /**
   * @param {string} one
   * @param {string} other
   */
  documentTitle: (one, other) => `${one} and ${other}, side by side`,
  loading: "Comparing the reports…",
  sides: "The reports",
  itsAccuracy: "Accuracy on its own files:",
  /** @param {string} threshold */
  threshold: (threshold) => `Threshold ${threshold}`,
  outcome: "On the files in both",
  accuracy: "Accuracy",
  matrices: "Confusion matrices",
  noFlips: "Both predict the same label for every file.",
  apart: "What was not compared",
  nothingApart: "Nothing: every file is in both reports, with the same label.",
  otherLabel: "Files with two labels",
  /** @param {string} files */
  otherLabelCaption: (files) => `${files} with another label in the other report`,
  /** @param {string} name */
  labelIn: (name) => `label, ${name}`,
  /** @param {string} name */
  only: (name) => `Files that only ${name} has`,
  /**
   * @param {string} name
   * @param {string} files
   */
  onlyCaption: (name, files) => `${files} that only ${name} has`,
  file: "file",
};
