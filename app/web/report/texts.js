// @ts-check
// Texts of a report, by section.

export const report = {
  title: "Report",
  /**
   * @param {string} model
   * @param {number} version
   */
  documentTitle: (model, version) => `${model}, version ${version}: report`,
  /** @param {number} version */
  version: (version) => `version ${version}`,
  loading: "Loading the report…",
  sections: "Sections",
  unnamed: "unnamed set",
  /**
   * @param {string} set
   * @param {string} corrections
   */
  corrected: (set, corrections) => `${set}, corrected by ${corrections}`,
  notKept:
    "This report could not be stored, so it is lost when you leave this page, " +
    "and only the files listed below are known by name. Save it as JSON.",
  noRecords:
    "The predictions for each file are missing, so files that were predicted correctly cannot be listed, " +
    "and the threshold cannot be moved.",
  /**
   * @param {string} id
   * @param {string} digest
   */
  imprint: (id, digest) => `Report ${id}, archive SHA-256 ${digest}.`,
};

/**
 * @typedef {"entry" | "directory" | "image" | "picture" | "row" | "figure" | "trainingPicture" | "other"} Noun
 * @type {Record<Noun, [one: string, many: string]>}
 */
export const nouns = {
  entry: ["entry", "entries"],
  directory: ["directory", "directories"],
  image: ["image", "images"],
  picture: ["picture", "pictures"],
  row: ["row", "rows"],
  figure: ["figure", "figures"],
  trainingPicture: ["training image", "training images"],
  other: ["other file", "other files"],
};

export const saving = {
  save: "Save",
  saving: "Preparing the file…",
  /** @type {Record<string, string>} */
  forms: { html: "Page", csv: "Table (CSV)", json: "JSON", png: "Matrix (PNG)" },
  copy: "Copy the link",
  copied: "Copied",
};

export const compareChoice = {
  with: "Compare with",
  nothing: "no other report on this model",
  start: "Compare",
};

export const matrix = {
  menu: "Every file",
  title: "Every file is counted",
  /**
   * @param {string} images
   * @param {string} scored
   * @param {string} unreadable
   */
  images: (images, scored, unreadable) => `${images} = ${scored} scored + ${unreadable} unreadable`,
  /**
   * @param {string} entries
   * @param {string} directories
   * @param {string} ignored
   * @param {string} images
   */
  entries: (entries, directories, ignored, images) => `${entries} = ${directories} + ${ignored} ignored + ${images}.`,
  leftOut: "See the files left out and the reasons.",
  name: "Confusion matrix",
  caption:
    "A row for each given label, a column for each predicted label. " +
    "Choose a cell to see its files; use the arrow keys to move.",
  shown: "Show",
  counts: "Counts",
  shares: "Shares of the row",
  files: "files",
  unknown: "(not a label of the model)",
  /**
   * @param {string} files
   * @param {string} share
   * @param {string} given
   * @param {string} predicted
   */
  cell: (files, share, given, predicted) => `${files}, ${share} of its row: ${given}, predicted ${predicted}`,
  /**
   * @param {string} files
   * @param {string} share
   * @param {string} given
   */
  unreadable: (files, share, given) => `${files}, ${share} of its row: ${given}, unreadable`,
  none: "none",
  pairs: "Confused most often",
  given: "given label",
  predicted: "predicted label",
  ofLabel: "of the label",
  any: "Files of any cell",
  look: "Show the files",
  /** @param {string} encoding */
  encoding: (encoding) => `Names that are not marked as UTF-8 were read as ${encoding}.`,
  /**
   * @param {string} path
   * @param {string} rows
   */
  labelsFile: (path, rows) => `${path} gives the labels, in ${rows}.`,
  /**
   * @param {string} folder
   * @param {string | null} file
   * @param {string} label
   * @param {string} files
   */
  matched: (folder, file, label, files) =>
    `${file === null ? `The folder '${folder}'` : `'${folder}' in ${file}`} counts as the label '${label}' (${files}).`,
  /**
   * @param {string} path
   * @param {string} files
   * @param {boolean} isOne
   * @param {string} named
   */
  missing: (path, files, isOne, named) => `${path} lists ${files} that ${isOne ? "does" : "do"} not exist: ${named}.`,
  /** @param {string} named */
  parts: (named) => `These folders of labels were evaluated together: ${named}.`,
  /** @param {string} wrapper */
  wrapper: (wrapper) => `Everything is in the folder '${wrapper}', so the labels were looked for there.`,
  /** @param {string} count */
  andMore: (count) => ` and ${count} more`,
};

export const threshold = {
  menu: "Thresholds",
  title: "Move the threshold",
  tableTitle: "Other thresholds",
  /** @param {string} label */
  name: (label) => `Predict ${label} from`,
  slider: "Threshold",
  exact: "Threshold, as a number",
  /** @param {string} threshold */
  back: (threshold) => `Back to ${threshold}`,
  inUse: "in use",
  /** @param {string} threshold */
  isInUse: (threshold) => `${threshold} is the threshold in use: the matrix and the figures are those of the report.`,
  /** @param {string} threshold */
  isMoved: (threshold) =>
    `The report uses ${threshold}. The figures of a threshold chosen on these files are optimistic: check them on others.`,
  waiting: "Loading the predictions for each file…",
  found: "found",
  missed: "missed",
  falseAlarms: "false alarms",
  correctRejections: "correct rejections",
  precision: "precision",
  recall: "recall",
  f1: "F1",
  accuracy: "accuracy",
  threshold: "threshold",
  /** @param {string} label */
  distribution: (label) =>
    `Up: files with the label ${label}. Down: all others. Files to the right of the line are predicted ${label}; ` +
    "orange is wrong. Heights grow with the square root of the count.",
  precisionRecall: "Precision by recall",
  roc: "ROC: recall by false alarm rate",
  falseAlarmRate: "false alarm rate",
  pointNote: "The point is the chosen threshold; the ring is the one in use.",
  table: "Thresholds of the positive label",
  /**
   * @param {string} label
   * @param {string} threshold
   */
  lead: (label, threshold) =>
    `A file is predicted ${label} from a probability of ${threshold} on. A lower threshold finds more of them and ` +
    "raises more false alarms. The figures of a threshold chosen from this table are optimistic: check them on other files.",
  caption:
    "Found: files with the label that were predicted to have it. Missed: files with the label that were not. " +
    "False alarms: files without the label that were predicted to have it.",
  /**
   * @param {string} threshold
   * @param {string} found
   * @param {string} missed
   * @param {string} falseAlarms
   */
  said: (threshold, found, missed, falseAlarms) =>
    `Threshold ${threshold}: ${found} found, ${missed} missed, ${falseAlarms} false alarms.`,
};

export const files = {
  menu: "Files",
  heatMaps: "Heat maps",
  warm: "supports the predicted label",
  cold: "counts against it",
  mistakes: "All mistakes",
  /**
   * @param {string} given
   * @param {string} predicted
   */
  wrong: (given, predicted) => `${given}, predicted ${predicted}`,
  /** @param {string} given */
  right: (given) => `${given}, predicted correctly`,
  /** @param {string} given */
  unreadable: (given) => `${given}, unreadable`,
  surest: "most certain first",
  leastSure: "least certain first",
  inOrder: "in the order of the archive",
  none: "No files.",
  noneFound: "No name or label contains that.",
  /**
   * @param {string} files
   * @param {string} all
   */
  filtered: (files, all) => `${files} of ${all}`,
  /** @param {string} threshold */
  at: (threshold) => `at a threshold of ${threshold}`,
  unknown: "These files cannot be listed: the predictions for each file are missing.",
  waiting: "Loading the files…",
  back: "Back to the matrix",
  filter: "Filter by name or label",
  /** @param {string} path */
  picture: (path) => `${path} as the model saw it`,
  isPredicted: "predicted",
  isRight: "predicted correctly",
  isUnreadable: "unreadable:",
  list: "Files",
};

export const result = {
  menu: "Result",
  title: "Result",
  accuracy: "Accuracy",
  interval: "95% interval",
  majority: "majority label",
  name: "Figures",
  /** @param {string} times */
  caption: (times) => `On scored files with known labels. The 95% intervals come from ${times} bootstrap resamples.`,
  figure: "figure",
  value: "value",
  /** @type {Record<string, string>} */
  figures: {
    balanced_accuracy: "balanced accuracy (mean recall of the labels)",
    macro_precision: "precision, mean of the labels",
    macro_f1: "F1, mean of the labels",
    roc_auc: "area under the ROC curve",
    average_precision: "average precision",
    log_loss: "log loss",
    expected_calibration_error: "calibration error",
  },
  noMicro:
    "There is no micro average: since each file has one label, " +
    "micro-averaged precision, recall and F1 all equal the accuracy.",
  /** @param {string} figures */
  undefined: (figures) => `${figures} that cannot be computed`,
  /**
   * @param {string} metric
   * @param {string | null} label
   * @param {string} reason
   */
  why: (metric, label, reason) => `${metric}${label === null ? "" : ` of ${label}`}: ${reason}`,
};

export const corrections = {
  menu: "Corrections",
  title: "Before and after the corrections",
  /**
   * @param {string} rows
   * @param {string} file
   */
  rows: (rows, file) => `${rows} of ${file}; the images were predicted once.`,
  figuresName: "Figures before and after",
  accuracy: "accuracy",
  before: "before",
  after: "after",
  matrixBefore: "Confusion matrix before the corrections",
  matrixAfter: "Confusion matrix after the corrections",
  statesName: "Rows of the corrections",
  state: "state",
  meaning: "meaning",
  number: "rows",
  /** @type {Record<string, string>} */
  states: {
    applied: "The file has another label now.",
    "left-out": "The file is not usable, and is ignored now.",
    confirmed: "Somebody looked at the label, and it is right.",
    already: "The set had the correction already.",
    "not-found": "The path means no image file of the set, or several.",
    conflict: "The set's label is neither the one that it was nor the one that it should be; nothing is changed.",
  },
  leftName: "Rows that were not applied",
  left: "Not applied",
  file: "file",
  row: "row",
  reason: "reason",
};

export const labels = {
  menu: "Labels",
  title: "Each label against the rest",
  name: "Figures per label",
  caption:
    "Recall: the share of files with the label that were predicted to have it. " +
    "Precision: the share of files predicted to have the label that do. Both with 95% intervals.",
  /** @param {string} labels */
  all: (labels) => `All ${labels} labels`,
  label: "label",
  files: "files",
  recall: "recall",
  precision: "precision",
  f1: "F1",
  positive: "positive",
  /** @param {string} threshold */
  at: (threshold) => `At the threshold in use, ${threshold}.`,
};

export const curves = {
  menu: "Curves",
  title: "Curves",
  waiting: "Drawing…",
  note:
    "The number beside a label is the area under its curve; dashed lines show what guessing achieves. " +
    "If there are many labels, those with the smallest areas are drawn. " +
    "Reliability: a point for each range of probability, larger for more files, with its 95% interval. " +
    "On the dashed line, the probability equals the share of files that are right.",
};

export const comparison = {
  menu: "Comparison",
  /** @param {string} name */
  title: (name) => `Comparison with ${name}`,
  /** @param {string} name */
  accuracy: (name) => `Accuracy of ${name} on these files:`,
  /** @param {string} name */
  matrix: (name) => `Confusion matrix of ${name}`,
  name: "Which is right",
  caption: "Files with known labels that both scored",
  /** @param {string} name */
  right: (name) => `${name} right`,
  wrong: "wrong",
  flips: "Files predicted differently",
  filter: "Files to show",
  all: "All",
  /** @param {string} name */
  onlyRight: (name) => `Only ${name} right`,
  /**
   * @param {string} text
   * @param {string} files
   */
  choice: (text, files) => `${text} (${files})`,
  /**
   * @param {string} files
   * @param {string} all
   */
  filtered: (files, all) => `${files} of ${all}`,
  /** @param {string} name */
  predicts: (name) => `${name}:`,
  isRight: "right:",
  isWrong: "wrong:",
};

export const doubts = {
  menu: "Doubts",
  title: "Doubtful files",
  trained: "Were they used for training?",
  unknown: "The version has no fingerprints of its training images, so the files could not be compared with them.",
  /** @param {string} pictures */
  notTrained: (pictures) => `None of the files is the same or nearly the same as one of the version's ${pictures}.`,
  /**
   * @param {string} files
   * @param {string} exact
   * @param {string} near
   * @param {string} others
   * @param {string} accuracy
   */
  seen: (files, exact, near, others, accuracy) =>
    `The version was trained on ${files} of this set: ${exact} with the same pixels, ${near} nearly the same. ` +
    `On the ${others} its accuracy is ${accuracy}.`,
  /** @param {string} files */
  flat: (files) => `${files} with too little contrast could only be compared for equal pixels.`,
  trainedName: "Files used for training",
  file: "file",
  files: "files",
  label: "label",
  labels: "labels",
  match: "match",
  exact: "the same pixels",
  near: "nearly the same",
  twice: "Are there duplicates?",
  notTwice: "No two files are the same picture, or nearly the same.",
  /** @param {string} pictures */
  duplicates: (pictures) => `${pictures} under several names; each file still counts.`,
  severalLabels: "Those with several labels come first: not all of these labels can be right.",
  duplicatesName: "Duplicate pictures",
  twoLabels: "two labels",
  damaged: "Are files damaged?",
  notDamaged: "No scored file shows damage.",
  damagedName: "Damaged files",
  damagedCaption: "Scored, but damaged: a part of the picture is what the decoder made of it",
  wrong: "Could labels be wrong?",
  notWrong: "No file stands out.",
  /** @param {string} files */
  mislabelled: (files) =>
    `${files} may have a wrong label, judging by the model's confidence in another; the likeliest come first. ` +
    "Check them before you count them as mistakes of the model.",
  suggested: "more likely",
};

export const leftOut = {
  menu: "Left out",
  title: "Files left out",
  unreadableName: "Unreadable files",
  unreadable: "Not scored, because the file cannot be read",
  ignoredName: "Ignored entries",
  ignored: "Ignored: not images of the set",
  file: "file",
  entry: "entry",
  label: "label",
  why: "reason",
  nothing: "Nothing: every entry is an image, and every image was scored.",
};
