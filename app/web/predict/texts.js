// @ts-check
// Texts of the view that predicts single pictures.

export const predict = {
  lead: "The model predicts a label for each picture. Pictures go to this service only, and it does not keep them.",
  drop: "Drop pictures anywhere on this page, or paste them.",
  dropNow: "Release to send them.",
  choose: "Choose pictures",
  camera: "Take a photo",
  noFile: "That did not contain a file.",
  /** @param {string} name */
  set: (name) =>
    `${name} is a set of pictures. This view predicts single pictures. ` +
    "Evaluate a labelled set to get a report in which every file is counted.",
  evaluate: "Evaluate it",
  predictions: "Predictions",
  clear: "Clear",
  cleared: "The list is empty.",
  waiting: "Waiting…",
  asking: "Predicting…",
  /** @param {string} detail */
  patience: (detail) => `${detail} Trying again…`,
  /**
   * @param {string} file
   * @param {string} label
   * @param {string} probability
   * @param {boolean} isDamaged
   */
  said: (file, label, probability, isDamaged) =>
    `${file}: ${label}, ${probability}.${isDamaged ? " The file is damaged." : ""}`,
  /**
   * @param {string} file
   * @param {string} detail
   */
  saidFailed: (file, detail) => `${file}: no prediction. ${detail}`,
  /**
   * @param {number} predicted
   * @param {number} failed
   */
  count: (predicted, failed) =>
    `${predicted} ${predicted === 1 ? "picture" : "pictures"} predicted${failed ? `, ${failed} failed` : ""}`,
  unnamed: "picture",
  unreadable: {
    detail: "The browser cannot read this file.",
    hint: "It may be a folder, or it may have been moved. Choose the pictures themselves.",
  },
  empty: { detail: "This file is empty." },
  /** @param {string} limit */
  tooLarge: (limit) => ({
    detail: `This file is larger than the ${limit} that the service accepts.`,
    hint: "Send a smaller copy: models look at small pictures.",
  }),
};

export const card = {
  predicted: "Predicted",
  /** @param {number} labels */
  highest: (labels) => `The most probable of ${labels} labels.`,
  /**
   * @param {string} label
   * @param {string} probability
   * @param {string} threshold
   */
  reached: (label, probability, threshold) =>
    `${label} has a probability of ${probability}, and is predicted from ${threshold} on.`,
  /**
   * @param {string} label
   * @param {string} probability
   * @param {string} threshold
   */
  missed: (label, probability, threshold) =>
    `${label} has a probability of ${probability}, and is predicted only from ${threshold} on.`,
  /** @param {string} threshold */
  byThreshold: (threshold) => `Decided by the threshold of ${threshold}.`,
  damaged: "The file is damaged: a part of the picture is what the decoder made of it.",
  probabilities: "Probabilities",
  /** @param {number} labels */
  more: (labels) => (labels === 1 ? "1 more label" : `${labels} more labels`),
  file: "File",
  /**
   * @param {string} format
   * @param {number} width
   * @param {number} height
   * @param {string} size
   */
  image: (format, width, height, size) => `${format}, ${width} × ${height}, ${size}`,
  time: "Time",
  /** @param {string} whole */
  whole: (whole) => `${whole} round trip`,
  within: "Service",
  /**
   * @param {string} decode
   * @param {string} queue
   * @param {string} inference
   */
  parts: (decode, queue, inference) => `decoding ${decode}, queue ${queue}, model ${inference}`,
  by: "Model",
  why: "What the model saw, and why",
  failed: "No prediction",
  noPreview: "No preview",
};

export const why = {
  seen: "This picture as the model saw it",
  caption: "What the model saw",
  none: "This version has no heat maps. Train it again to get them, with a network that ends in a feature map.",
  question: "Evidence for",
  strength: "Strength",
  /** @param {string} label */
  warm: (label) => `supports ${label}`,
  cold: "counts against it",
};
