// @ts-check
// Texts of the view that evaluates a labelled set.

export const evaluate = {
  lead:
    "Choose a folder or a zip with one folder per label, or with a labels.csv. Every file is counted: " +
    "files that cannot be read or are not pictures are listed, never dropped.",
  against: "Compare with",
  corrections: "Corrections of labels (corrections.csv), if you have some",
  nothing: "no other version",
  /** @param {number} version */
  againstVersion: (version) => `version ${version}`,
  start: "Evaluate",
  noFile: {
    detail: "No folder or zip is chosen yet.",
    hint: "Choose a folder or a zip with one folder per label, or drop it above.",
  },
  noModel: "This service has no model.",
  cancelledPacking: "Cancelled. Nothing was sent.",
  cancelled: "Cancelled. The service has stopped the evaluation, and nothing was kept.",
  broken: {
    detail: "The connection closed before the answer was complete.",
    hint:
      "The service may have stopped, a file may have been changed or moved, or the set may be larger than the " +
      "service accepts. Check this, then try again.",
  },
};

export const set = {
  archive: "Labelled pictures",
  drop: "Drop a folder or a zip here",
  dropNow: "Release to choose it.",
  what: "Several folders, one per label, make one set.",
  another: "Drop or choose another one to replace it",
  chooseFolder: "Choose a folder",
  chooseZip: "Choose a zip",
  thisFolder: "this folder",
  looking: "Listing the files…",
  /** @param {string} files */
  found: (files) => `Listing the files: ${files} so far`,
  /**
   * @param {string} name
   * @param {string} files
   */
  listed: (name, files) => `${name}: ${files}.`,
  /** @param {string[]} names */
  all: (names) =>
    names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", "),
  /** @param {string} name */
  noFiles: (name) => ({
    detail: `There are no files in ${name}.`,
    hint: "Choose the folder that holds one folder of pictures per label.",
  }),
  /**
   * @param {string} name
   * @param {number} files
   * @param {string} written
   */
  noImages: (name, files, written) => ({
    detail:
      files === 1
        ? `The only file in ${name} is not a picture.`
        : `None of the ${written} files in ${name} is a picture.`,
    hint: "Choose the folder that holds one folder of pictures per label.",
  }),
  /** @param {string} names */
  empty: (names) => `There are no files in ${names}.`,
  /** @param {string} path */
  unreadable: (path) => ({
    detail: `${path} cannot be read.`,
    hint:
      "It may have been changed, moved or removed, or you may not be allowed to read it. " +
      "Fix this, then choose the folder again.",
  }),
  /** @param {string} name */
  noBytes: (name) => ({ detail: `${name} is empty.`, hint: "Pack or download it again, then choose it." }),
  mixed: {
    detail: "A zip is evaluated on its own.",
    hint: "Drop one zip and nothing else, or folders and files without a zip.",
  },
};

/** @type {Record<string, string>} */
const reasons = {
  "system-file": "files of an operating system",
  "not-an-image": "files that are not pictures",
  "labels-file": "the table",
  mask: "masks of other pictures",
};

export const preview = {
  title: "What is in this set",
  looking: "Looking at what is in it…",
  unknown: "What is in it cannot be said beforehand. Evaluate it to find out.",
  labels: "Files of each label",
  /** @param {string} number */
  moreLabels: (number) => `and ${number} more labels`,
  /** @param {string} files */
  unlabelled: (files) => `${files} under no label`,
  /** @param {string} number */
  moreFiles: (number) => `and ${number} more, which the report names`,
  /**
   * @param {string} reason
   * @param {string} files
   */
  ignored: (reason, files) => `${reasons[reason] ?? reason} (${files})`,
  /** @param {string} listed */
  leftOut: (listed) => `Left out, and named in the report: ${listed}.`,
  /** @param {string} files */
  unread: (files) => `Without a picture's extension, looked into when the set is evaluated: ${files}.`,
  refused: "The service would refuse this set",
  question: "This set can be read in two ways",
  answerFirst: "Which way is this set to be read?",
  answers: { splits: "The first folders are parts of the set", labels: "The first folders are labels" },
  answered: {
    splits: "As you said, the first folders are parts of the set.",
    labels: "As you said, the first folders are labels.",
  },
  change: "Take it back",
};

export const progress = {
  name: "Progress",
  steps: { pack: "Pack", send: "Send", score: "Score", report: "Report" },
  /**
   * @param {string} done
   * @param {string} total
   */
  packing: (done, total) => `${done} of ${total} files packed`,
  /**
   * @param {string} sent
   * @param {string} total
   */
  sending: (sent, total) => `${sent} of ${total} sent`,
  reading: "Sent. The service is reading the set.",
  /**
   * @param {string} done
   * @param {string} total
   */
  scoring: (done, total) => `${done} of ${total} files`,
  /** @param {string} rate */
  filesPerSecond: (rate) => `${rate} files a second`,
  /** @param {string} rate */
  bytesPerSecond: (rate) => `${rate} a second`,
  /** @param {string} time */
  left: (time) => `about ${time} left`,
  reporting: "Every file is done. The service is making the report.",
  cancel: "Cancel",
};
