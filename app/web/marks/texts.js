// @ts-check
// Texts of the marks.

/** @typedef {import("./marks.js").Kind} Kind */
/** @typedef {import("./marks.js").Trouble} Trouble */
/** @typedef {import("./marks.js").Verdict} Verdict */

/** @type {Record<Kind, string>} */
const kinds = {
  suspect: "suspect",
  misclassified: "misclassified",
  near: "near-duplicate",
  exact: "duplicate",
  right: "predicted correctly",
  unreadable: "unreadable",
};

/** @type {Record<Verdict, string>} */
const verdicts = { wrong: "wrong label", right: "right", unusable: "not usable" };

/**
 * @param {Kind} kind
 * @param {Verdict} verdict
 */
export const why = (kind, verdict) => `${kinds[kind] ?? kind}: ${verdicts[verdict]}`;

export const controls = {
  /** @param {string} path */
  name: (path) => `Mark ${path}`,
  right: "Right",
  /** @param {string} label */
  wrong: (label) => `Wrong: ${label}`,
  another: "Wrong: another label",
  unusable: "Not usable",
  /** @type {Record<Verdict, string>} */
  said: { wrong: "Wrong label", right: "Label is right", unusable: "Not usable" },
  removed: "Mark removed",
};

export const keys = {
  lead: "Keys on a file:",
  next: "next",
  previous: "previous",
  right: "label is right",
  wrong: "label is wrong",
  unusable: "not usable",
  undo: "undo",
  controls: "its controls",
};

export const panel = {
  menu: "Marks",
  title: "Your marks",
  see: "See your marks",
  lead:
    "Say of each file above whether its label is right or wrong, or the file is not usable. The marks do not change " +
    "the set or this report; export them to use them.",
  kept: "This browser keeps them until you clear them.",
  /** @param {string} file */
  corrected: (file) =>
    `The labels of this report are those after ${file}. A row about a file that it changed will not fit the set, ` +
    "which still has the old label: change that row in the old file.",
  nothing: "Nothing is marked yet.",
  /**
   * @param {string} all
   * @param {string} wrong
   * @param {string} right
   * @param {string} unusable
   */
  count: (all, wrong, right, unusable) => `${all} marked: ${wrong} wrong, ${right} right, ${unusable} not usable.`,
  /** @param {string} name */
  save: (name) => `Export ${name}`,
  review: "Marked files",
  undo: "Undo",
  undone: "Undone.",
  clear: "Clear marks",
  cleared: "The marks are cleared. Undo brings them back.",
  apply: "Apply the file to the same set, which stays as it is: choose both under Evaluate, or give them to a command.",
  commands: [
    "fullcount evaluate DATA --corrections corrections.csv",
    "fullcount train DATA --model MODEL --corrections corrections.csv",
  ],
  /** @type {Record<Trouble | "unstored", string>} */
  trouble: {
    blocked:
      "This browser does not let the page keep anything, so the marks are lost when you leave or reload it. " +
      "Export them before.",
    full:
      "The browser has no room left for the page, so the last marks are not kept when you leave or reload it. " +
      "Export them before, or clear the marks of other reports.",
    damaged: "The marks that this browser kept for this report cannot be read. The next mark replaces them.",
    unstored: "This report is not stored, so the marks are lost when you leave or reload the page. Export them before.",
  },
};
