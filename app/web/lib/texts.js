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

  why: {
    seen: "What the model saw of this picture",
    caption: "What the model saw",
    none: "This version cannot say why: it was trained before models could, or its network has no last feature map to look at.",
    question: "What speaks for",
    strength: "Strength",
    /** @param {string} label */
    warm: (label) => `speaks for ${label}`,
    cold: "speaks against it",
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
    /** @param {string} name */
    set: (name) =>
      `${name} is a set of pictures. Here single ones are tried; a set with labels is evaluated, with every file in the report.`,
    evaluate: "Evaluate it",
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
    missed: (label, probability, threshold) =>
      `${label} has ${probability}, and is called so only from ${threshold} on.`,
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
    why: "What it saw, and why",
    failed: "No answer",
    noPreview: "No preview",
    unreadable: {
      detail: "The browser cannot read this file.",
      hint: "Is it a folder, or has it been moved? Choose the pictures themselves.",
    },
    empty: { detail: "This file is empty." },
    /** @param {string} limit */
    tooLarge: (limit) => ({
      detail: `This file is larger than the ${limit} that the service takes.`,
      hint: "Send it smaller: models look at small pictures.",
    }),
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
    evaluate: "Evaluate a folder or a zip",
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
      unreadable
        ? `${images} image files: ${scored} scored, ${unreadable} unreadable`
        : `${images} image files, all scored`,
    accuracy: "accuracy",
    noAccuracy: "no accuracy",
    more: "Show older ones",
    model: "Model",
    allModels: "all models",
    /** @param {number} reports */
    found: (reports) => (reports === 1 ? "1 report" : `${reports} reports`),
    noneOf: "No evaluation of this model has been kept yet.",
  },

  compare: {
    title: "Two reports side by side",
    /**
     * @param {string} one
     * @param {string} other
     */
    documentTitle: (one, other) => `${one} and ${other}, side by side · Fullcount`,
    loading: "The reports are being compared.",
    sides: "The reports",
    itsAccuracy: "Accuracy on its own files:",
    /** @param {string} threshold */
    threshold: (threshold) => `Threshold ${threshold}`,
    outcome: "On the files in both",
    accuracy: "Accuracy",
    matrices: "Confusion matrices",
    noFlips: "Both call every file the same.",
    apart: "What was not compared",
    nothingApart: "Nothing: every file is in both reports, under the same label.",
    otherLabel: "Files under two labels",
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
    with: "Compare with",
    nothing: "no other report of this model",
    start: "Compare",
    choose: "Choose two reports to compare them.",
    /** @param {string[]} names */
    chosen: (names) => `Chosen: ${names.join(" and ")}.${names.length === 1 ? " Choose one more." : ""}`,
    /** @param {number} reports */
    tooMany: (reports) => `${reports} are chosen: leave two to compare them.`,
    /** @param {string} report */
    pick: (report) => `Compare ${report}`,
  },

  evaluate: {
    menu: "Evaluate",
    title: "Evaluate labelled pictures",
    lead: "A folder, or a zip, with one folder per label or with a labels.csv. Every file in it is counted: what cannot be read, or is no picture, is listed and never dropped.",
    archive: "Labelled pictures",
    drop: "Drop a folder or a zip here",
    dropNow: "Let go to take this.",
    what: "Several folders, one per label, are one set.",
    another: "Drop or choose another one to take that instead",
    chooseFolder: "Choose a folder",
    chooseZip: "Choose a zip",
    thisFolder: "this folder",
    looking: "Being looked through…",
    /** @param {string} files */
    found: (files) => `Being looked through: ${files} files so far`,
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
      detail: `There is no file in ${name}.`,
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
          ? `The only file in ${name} is no picture.`
          : `None of the ${written} files in ${name} is a picture.`,
      hint: "Choose the folder that holds one folder of pictures per label.",
    }),
    /** @param {string} names */
    empty: (names) => `There is no file in ${names}.`,
    /** @param {string} path */
    unreadable: (path) => ({
      detail: `${path} cannot be read.`,
      hint: "Has it been changed, moved or removed meanwhile, or may you not read it? Then put that right, and choose the folder again.",
    }),
    mixed: {
      detail: "A zip is evaluated alone.",
      hint: "Drop one zip and nothing else, or folders and files without a zip.",
    },
    model: "Model",
    version: "Version",
    /** @param {number} version */
    serves: (version) => `${version} (serves)`,
    against: "Compare with",
    nothing: "no other version",
    /** @param {number} version */
    againstVersion: (version) => `version ${version}`,
    start: "Evaluate",
    noFile: {
      detail: "No file is chosen yet.",
      hint: "Choose a folder or a zip with one folder per label, or drop it above.",
    },
    noModel: "No model is served.",
    steps: { pack: "Pack", send: "Send", score: "Score", report: "Report" },
    progress: "Progress",
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
    reading: "Sent. The service reads the archive.",
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
    reporting: "Every file is done. The service works out the report.",
    cancel: "Cancel",
    cancelledPacking: "Cancelled. Nothing was sent.",
    cancelled: "Cancelled. The service has stopped, too; nothing was kept.",
    broken: {
      detail: "The connection ended before there was an answer.",
      hint: "Is the service still running, has a file been changed or moved meanwhile, or is it all larger than the service takes? Then try again.",
    },
  },

  report: {
    title: "Evaluation",
    /**
     * @param {string} model
     * @param {number} version
     */
    documentTitle: (model, version) => `${model}, version ${version}: evaluation · Fullcount`,
    /** @param {number} version */
    version: (version) => `version ${version}`,
    loading: "The report is on its way.",
    words: {
      undefined: "not defined",
      /**
       * @param {string} low
       * @param {string} high
       */
      range: (low, high) => `${low} to ${high}`,
      /** @type {[string, string]} */
      file: ["file", "files"],
      /** @type {[string, string]} */
      second: ["second", "seconds"],
      /** @type {[string, string]} */
      minute: ["minute", "minutes"],
      /** @type {[string, string]} */
      hour: ["hour", "hours"],
      /** @type {[string, string]} */
      entry: ["entry", "entries"],
      /** @type {[string, string]} */
      picture: ["picture", "pictures"],
    },
    sections: "Sections",
    notKept:
      "This report could not be kept, so it is gone when this page is left, and only the files below are known by name. Save it as JSON.",
    noRecords:
      "The answers for each file are not there, so files that were called right cannot be listed, and the threshold cannot be moved.",
    save: "Save",
    saving: "Being made…",
    /** @type {Record<string, string>} */
    forms: { html: "Page", csv: "Table (CSV)", json: "JSON", png: "Matrix (PNG)" },
    copy: "Copy the link",
    copied: "Copied",
    /** @param {string} rest */
    more: (rest) => `Show more: ${rest} left`,

    matrix: {
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
      entries: (entries, directories, ignored, images) =>
        `${entries} = ${directories} + ${ignored} ignored + ${images}.`,
      /** @type {[string, string]} */
      directory: ["directory", "directories"],
      /** @type {[string, string]} */
      image: ["image", "images"],
      leftOut: "What was left out, and why.",
      name: "Confusion matrix",
      caption:
        "A row for each label given, a column for each label called. Choose a cell to see its files; the arrow keys move.",
      shown: "Show",
      counts: "Counts",
      shares: "Shares of the row",
      files: "files",
      unknown: "(no label of the model)",
      /**
       * @param {string} files
       * @param {string} share
       * @param {string} given
       * @param {string} called
       */
      cell: (files, share, given, called) => `${files}, ${share} of its row: ${given} called ${called}`,
      /**
       * @param {string} files
       * @param {string} share
       * @param {string} given
       */
      unreadable: (files, share, given) => `${files}, ${share} of its row: ${given}, unreadable`,
      none: "none",
      pairs: "Confused most often",
      picture: "Confusion matrix of all labels; the darker a cell, the larger its share of its row.",
      given: "label given",
      called: "called",
      ofLabel: "of the label",
      any: "Files of any cell",
      look: "Show its files",
      /** @param {string} encoding */
      encoding: (encoding) => `Names that are not marked as UTF-8 were read as ${encoding}.`,
      /**
       * @param {string} path
       * @param {string} rows
       */
      labelsFile: (path, rows) => `${path} gives the labels, in ${rows}.`,
      /** @type {[string, string]} */
      row: ["row", "rows"],
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
      missing: (path, files, isOne, named) =>
        `${path} names ${files} that ${isOne ? "is" : "are"} not there: ${named}.`,
      /**
       * @param {string} wrapper
       */
      wrapper: (wrapper) => `The folder '${wrapper}' around everything was looked through.`,
      /** @param {string} count */
      andMore: (count) => ` and ${count} more`,
    },

    threshold: {
      menu: "Thresholds",
      title: "Move the threshold",
      tableTitle: "What another threshold would come to",
      /** @param {string} label */
      name: (label) => `Called ${label} from`,
      slider: "Threshold",
      exact: "Threshold, as a number",
      /** @param {string} threshold */
      back: (threshold) => `Back to ${threshold}`,
      inUse: "in use",
      /** @param {string} threshold */
      isInUse: (threshold) => `${threshold} is the threshold in use: matrix and figures are the report's.`,
      /** @param {string} threshold */
      isMoved: (threshold) =>
        `The report's own is ${threshold}. One chosen here is flattered by these files: check it on others.`,
      waiting: "The answers for each file are on their way.",
      found: "found",
      missed: "missed",
      falseAlarms: "false alarms",
      leftAlone: "rightly left alone",
      precision: "precision",
      recall: "recall",
      f1: "F1",
      accuracy: "accuracy",
      threshold: "threshold",
      /** @param {string} label */
      distribution: (label) =>
        `Up: files of ${label}. Down: the others. To the right of the line they are called ${label}; orange is wrong. Heights grow with the root of the number.`,
      precisionRecall: "Precision by recall",
      roc: "ROC: recall by the share of other files called so",
      alarmed: "others called so",
      pointNote: "The point is the threshold chosen; the ring is the one in use.",
      table: "Thresholds of the positive label",
      /**
       * @param {string} label
       * @param {string} threshold
       */
      lead: (label, threshold) =>
        `A file is called ${label} from a probability of ${threshold}. A lower threshold finds more of them and raises more false alarms. One chosen by this table is flattered by it: check it on other files.`,
      caption:
        "Found: files of the label called so. Missed: the others of the label. False alarms: other files called so.",
      /**
       * @param {string} threshold
       * @param {string} found
       * @param {string} missed
       * @param {string} falseAlarms
       */
      said: (threshold, found, missed, falseAlarms) =>
        `Threshold ${threshold}: ${found} found, ${missed} missed, ${falseAlarms} false alarms.`,
    },

    files: {
      menu: "Files",
      why: "Why they were called so",
      warm: "speaks for the label called",
      cold: "speaks against it",
      mistakes: "All mistakes",
      /**
       * @param {string} given
       * @param {string} called
       */
      wrong: (given, called) => `${given}, called ${called}`,
      /** @param {string} given */
      right: (given) => `${given}, called so`,
      /** @param {string} given */
      unreadable: (given) => `${given}, unreadable`,
      surest: "the surest first",
      leastSure: "the least sure first",
      inOrder: "in the order of the archive",
      none: "None.",
      noneFound: "No name or label has that in it.",
      /**
       * @param {string} files
       * @param {string} all
       */
      filtered: (files, all) => `${files} of ${all}`,
      /** @param {string} threshold */
      at: (threshold) => `at a threshold of ${threshold}`,
      unknown: "These files cannot be listed: the answers for each file are not there.",
      waiting: "The files are on their way.",
      showMistakes: "All mistakes",
      back: "Back to the matrix",
      filter: "Filter by name or label",
      /** @param {string} path */
      picture: (path) => `What the model saw of ${path}`,
      called: "called",
      calledSo: "called so",
      isUnreadable: "unreadable:",
      list: "Files",
    },

    result: {
      menu: "Result",
      title: "Result",
      accuracy: "Accuracy",
      interval: "95% interval",
      majority: "majority label",
      name: "Figures",
      /** @param {string} times */
      caption: (times) =>
        `Over the scored files of known labels. Intervals: 95%, by drawing the files again ${times} times.`,
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
        "There is no micro average: where each file has one label, micro-averaged precision, recall and F1 are all the accuracy.",
      /** @param {string} figures */
      undefined: (figures) => `${figures} that cannot be computed`,
      /** @type {[string, string]} */
      figureNoun: ["figure", "figures"],
      /**
       * @param {string} metric
       * @param {string | null} label
       * @param {string} reason
       */
      why: (metric, label, reason) => `${metric}${label === null ? "" : ` of ${label}`}: ${reason}`,
    },

    labels: {
      menu: "Labels",
      title: "Each label against the rest",
      name: "Figures per label",
      caption:
        "With 95% intervals. Recall: of its files, how many were called so. Precision: of the files called so, how many are.",
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
    },

    curves: {
      menu: "Curves",
      title: "Curves",
      waiting: "Being drawn…",
      note: "Beside a label's name, the area under its curve; dashed lines are what guessing reaches. Of many labels, those with the smallest areas are drawn. Reliability: a point for each range of probability, the larger the more files, with its 95% interval; on the dashed line certainty and truth agree.",
    },

    comparison: {
      menu: "Comparison",
      /** @param {string} name */
      title: (name) => `Next to ${name}`,
      /** @param {string} name */
      accuracy: (name) => `Accuracy of ${name} on these files:`,
      /** @param {string} name */
      matrix: (name) => `Confusion matrix of ${name}`,
      name: "Who is right",
      caption: "Files of known labels that both scored",
      /** @param {string} name */
      right: (name) => `${name} right`,
      wrong: "wrong",
      flips: "Files called differently",
      filter: "Which of them",
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
      calls: (name) => `${name}:`,
      isRight: "right:",
      isWrong: "wrong:",
    },

    doubts: {
      menu: "Doubts",
      title: "What to doubt in these files",
      trained: "Were they trained on?",
      unknown: "The version does not know its training pictures, so the files could not be compared with them.",
      /** @param {string} pictures */
      notTrained: (pictures) => `None of the files is one of the version's ${pictures}, or nearly.`,
      /** @type {[string, string]} */
      trainingPicture: ["training picture", "training pictures"],
      /** @type {[string, string]} */
      other: ["other file", "other files"],
      /**
       * @param {string} files
       * @param {string} exact
       * @param {string} near
       * @param {string} others
       * @param {string} accuracy
       */
      seen: (files, exact, near, others, accuracy) =>
        `The version was trained on ${files} of this set: ${exact} with the same pixels, ${near} nearly the same. On the ${others} its accuracy is ${accuracy}.`,
      /** @param {string} files */
      flat: (files) => `${files} with next to no light and shade could be compared only exactly.`,
      trainedName: "Files that were trained on",
      file: "file",
      files: "files",
      label: "label",
      labels: "labels",
      match: "match",
      exact: "the same pixels",
      near: "nearly the same",
      twice: "Are some there twice?",
      notTwice: "No two files are the same picture, or nearly.",
      /** @param {string} pictures */
      duplicates: (pictures) => `${pictures} under several names; each file still counts.`,
      severalLabels: "Those under several labels come first: not all of them can be right.",
      duplicatesName: "Pictures that are there twice",
      twoLabels: "two labels",
      wrong: "May labels be wrong?",
      notWrong: "No file stands out.",
      /** @param {string} files */
      mislabelled: (files) =>
        `${files} may lie under a wrong label, going by how sure the model is of another; the likeliest first. Look at them before you believe a mistake.`,
      suggested: "rather",
    },

    leftOut: {
      menu: "Left out",
      title: "What was left out",
      unreadableName: "Unreadable files",
      unreadable: "Not scored, because it cannot be read",
      ignoredName: "Ignored entries",
      ignored: "Ignored: no images of the set",
      file: "file",
      entry: "entry",
      label: "label",
      why: "why",
      nothing: "Nothing: every entry is an image, and every image was scored.",
    },

    /**
     * @param {string} id
     * @param {string} digest
     */
    imprint: (id, digest) => `Report ${id}, archive SHA-256 ${digest}.`,
  },
};

export default texts;
