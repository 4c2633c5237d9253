// @ts-check
// The shape of a report, as docs/reference/http-api.md describes it. Types only: no module loads this one.

/** @typedef {{value: number | null, low: number | null, high: number | null}} Estimate */
/** @typedef {{low: number, high: number}} Range */
/** @typedef {{rows: string[], columns: string[], counts: number[][]}} Matrix */
/** @typedef {{entries: number, directories: number, ignored: number, images: number, scored: number, unreadable: number, damaged?: number}} Accounting */
/** @typedef {{path: string, rows: number, missing: string[], understood?: string[]}} LabelsFile */
/** @typedef {{folder: string, label: string, files: number}} Matched */
/** @typedef {{folder: string, split: string | null, files: number}} Part */
/** @typedef {{wrapper: string | null, encoding: string | null, matched: Matched[], labels_file: LabelsFile | null, other_labels_files?: LabelsFile[], layout?: string, parts?: Part[], labels?: string[], unlabelled?: number}} Interpretation */
/** @typedef {{accuracy: Estimate, majority_baseline: number | null, [name: string]: any}} Metrics */
/** @typedef {{label: string, files: number, support: number, precision: Estimate, recall: Estimate, f1: number | null}} PerLabel */
/** @typedef {{true_positives: number, false_positives: number, false_negatives: number, true_negatives: number}} Counts */
/** @typedef {Counts & {threshold: number, precision: Estimate, recall: Estimate, f1: number | null}} AtThreshold */
/** @typedef {Counts & {label: string, threshold: number, thresholds: AtThreshold[]}} Positive */
/** @typedef {{path: string, actual: string, predicted: string, probability: number}} Misclassified */
/** @typedef {{path: string, actual: string, suggested: string, probability_actual: number, probability_suggested: number}} Mislabelled */
/** @typedef {{path: string, label: string, match: string}} Seen */
/** @typedef {{files: number, confusion_matrix: Matrix, metrics: Metrics}} Without */
/** @typedef {{training_images: number, files: Seen[], too_flat: number | null, without: Without | null}} Leakage */
/** @typedef {{match: string, labels: string[], paths: string[]}} Duplicate */
/** @typedef {{path: string, actual: string, this: string, this_probability: number, against: string, against_probability: number}} Flip */
/** @typedef {{both_right: number, only_this: number, only_against: number, both_wrong: number}} Paired */
/** @typedef {{against: number, confusion_matrix: Matrix, metrics: Metrics, paired: Paired, p_value: number, verdict: string, flips: Flip[]}} Comparison */
/** @typedef {{row: number, path: string, was: string, should_be: string | null, why: string, state: string, file: string | null, detail: string}} CorrectionOutcome */
/** @typedef {{accounting: Accounting, confusion_matrix: Matrix, metrics: Metrics}} FiguresBefore */
/** @typedef {{filename: string, sha256: string, rows: number, states: Record<string, number>, not_applied: CorrectionOutcome[], before: FiguresBefore}} CorrectionsEffect */
/** @typedef {{filename: string | null, bytes: number, sha256: string}} Archive */
/** @typedef {{id: string, created: string, model: string, version: number, name: string, threshold: number | null, archive: Archive, accounting: Accounting, metrics: Metrics, seen_in_training: number | null}} ComparedReport */
/** @typedef {{both: number, other_label: number, only_this: number, only_against: number}} SharedFiles */
/** @typedef {{path: string, this: string, against: string}} OtherLabel */
/**
 * @typedef {object} SideBySide Two reports on the files that are in both.
 * @property {string[]} summary
 * @property {ComparedReport} this
 * @property {ComparedReport} against
 * @property {SharedFiles} files
 * @property {Matrix} confusion_matrix
 * @property {Metrics} metrics
 * @property {Comparison} comparison
 * @property {OtherLabel[]} other_label
 * @property {string[]} only_this
 * @property {string[]} only_against
 * @property {Record<string, string>} thumbnails
 */
/**
 * @typedef {object} Summary One line of `GET /evaluations`.
 * @property {string} id
 * @property {string} created
 * @property {string} model
 * @property {number} version
 * @property {string | null} filename
 * @property {number} images
 * @property {number} scored
 * @property {number} unreadable
 * @property {number | null} accuracy
 * @property {string | null} [corrections]
 */
/**
 * @typedef {object} Report
 * @property {string} id
 * @property {boolean} stored
 * @property {string} created
 * @property {string} model
 * @property {number} version
 * @property {Archive} archive
 * @property {Interpretation} interpretation
 * @property {string[]} summary
 * @property {Accounting} accounting
 * @property {{path: string, label: string, reason: string, detail: string}[]} excluded
 * @property {{path: string, label: string}[]} [damaged] Missing in a report of an earlier release.
 * @property {{path: string, reason: string}[]} ignored
 * @property {Matrix} confusion_matrix
 * @property {Metrics} metrics
 * @property {{resamples: number, metrics: Record<string, Range>, f1: Record<string, Range>}} intervals
 * @property {{metric: string, label: string | null, reason: string}[]} undefined
 * @property {PerLabel[]} per_label
 * @property {Positive | null} positive
 * @property {unknown[]} reliability
 * @property {Misclassified[]} misclassified
 * @property {Mislabelled[]} mislabelled
 * @property {Leakage | null} leakage
 * @property {Duplicate[]} duplicates
 * @property {Comparison} [comparison]
 * @property {CorrectionsEffect | null} [corrections]
 */

export {};
