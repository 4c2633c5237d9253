// @ts-check
// Every text for people, by view; functions where a text has values.

const texts = {
  language: "en",
  locale: "en-GB",
  name: "Fullcount",

  page: {
    /** @param {string} view */
    title: (view) => `${view} · Fullcount`,
    menu: "Views",
    skip: "Skip to the content",
    start: "Start",
    forPrograms: "For programs:",
    documentation: "API documentation",
    description: "OpenAPI",
    metrics: "Metrics",
  },

  service: {
    unreachable: {
      detail: "The service does not answer.",
      hint: "Is it still running, and are you still connected to it?",
    },
    /** @param {number} status */
    unexpected: (status) => ({
      detail: status ? `The service answered with the status ${status}.` : "Something unexpected happened.",
      hint: "Try again; if it happens again, the log of the service says more.",
    }),
  },

  notices: {
    notReady: "The service is not ready yet",
    unreachable: "The service does not answer",
    problem: "That did not work",
    askingAgain: "This page asks again by itself.",
    tryAgain: "Try again",
  },

  numbers: {
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
  },

  missing: {
    title: "Nothing here",
    lead: "There is no view at this address.",
  },

  predict: {
    menu: "Try",
    title: "Try a picture",
    lead: "The model says what it sees. Pictures go to this service only, and it keeps none of them.",
    drop: "Drop pictures anywhere on this page, or paste them.",
    dropNow: "Let go to send them.",
    choose: "Choose pictures",
    camera: "Take a photo",
    model: "Model",
    version: "Version",
    /** @param {number} version */
    serves: (version) => `${version} (serves)`,
    noFile: "There was no file in that.",
    answers: "Answers",
    clear: "Clear",
    cleared: "The list is empty.",
    waiting: "Waiting…",
    asking: "Looking…",
    /** @param {string} detail */
    patience: (detail) => `${detail} Trying again…`,
    called: "Called",
    /** @param {number} labels */
    highest: (labels) => `The most probable of ${labels} labels.`,
    /**
     * @param {string} label
     * @param {string} probability
     * @param {string} threshold
     */
    reached: (label, probability, threshold) => `${label} has ${probability}, and is called so from ${threshold} on.`,
    /**
     * @param {string} label
     * @param {string} probability
     * @param {string} threshold
     */
    missed: (label, probability, threshold) => `${label} has ${probability}, and is called so only from ${threshold} on.`,
    /** @param {string} threshold */
    byThreshold: (threshold) => `Decided by the threshold of ${threshold}.`,
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
    within: "Service",
    /** @param {string} whole */
    whole: (whole) => `${whole} there and back`,
    /**
     * @param {string} decode
     * @param {string} queue
     * @param {string} inference
     */
    parts: (decode, queue, inference) => `decoding ${decode}, waiting ${queue}, model ${inference}`,
    by: "Model",
    /**
     * @param {string} model
     * @param {number} version
     */
    modelVersion: (model, version) => `${model}, version ${version}`,
    failed: "No answer",
    noPreview: "No preview",
    unreadable: {
      detail: "The browser cannot read this file.",
      hint: "Is it a folder, or has it been moved? Choose the pictures themselves.",
    },
    empty: { detail: "This file is empty." },
    /** @param {string} limit */
    tooLarge: (limit) => ({ detail: `This file is larger than the ${limit} that the service takes.`, hint: "Send it smaller: models look at small pictures." }),
    unnamed: "picture",
    /**
     * @param {string} file
     * @param {string} label
     * @param {string} probability
     */
    said: (file, label, probability) => `${file}: ${label}, ${probability}.`,
    /**
     * @param {string} file
     * @param {string} detail
     */
    saidFailed: (file, detail) => `${file}: no answer. ${detail}`,
    /**
     * @param {number} answered
     * @param {number} failed
     */
    count: (answered, failed) =>
      `${answered} ${answered === 1 ? "picture" : "pictures"} answered${failed ? `, ${failed} not` : ""}`,
  },

  models: {
    menu: "Models",
    title: "Models",
    lead: "What this service answers with, and how often each version was right when it was measured. The band is the 95% interval.",
    labels: "Labels",
    /** @param {string} label */
    positive: (label) => `${label} (positive)`,
    /** @param {number} labels */
    more: (labels) => `${labels} more`,
    versions: "Versions",
    version: "Version",
    /** @param {number} version */
    number: (version) => `Version ${version}`,
    serves: "serves",
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
    none: "No model is served.",
    /** @param {number} versions */
    older: (versions) => (versions === 1 ? "Show 1 older version" : `Show ${versions} older versions`),
  },

  evaluations: {
    menu: "Reports",
    title: "Past evaluations",
    lead: "Reports on labelled files, newest first. Each is kept beside its model.",
    none: "No evaluation has been kept yet.",
    how: "Send a zip with one folder per label:",
    command: "curl --data-binary @test.zip -H 'Content-Type: application/zip' ",
    evaluate: "Evaluate a zip",
    unnamed: "unnamed archive",
    /**
     * @param {string} model
     * @param {number} version
     */
    of: (model, version) => `${model}, version ${version}`,
    /**
     * @param {string} images
     * @param {string} scored
     * @param {string | null} unreadable
     */
    counts: (images, scored, unreadable) =>
      unreadable ? `${images} image files: ${scored} scored, ${unreadable} unreadable` : `${images} image files, all scored`,
    accuracy: "accuracy",
    noAccuracy: "no accuracy",
    more: "Show older ones",
  },
};

export default texts;
