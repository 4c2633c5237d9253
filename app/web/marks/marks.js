// @ts-check
// Marks: what a person said about the labels of a report's files, kept in the browser. Nothing here makes elements.

/** @typedef {"suspect" | "misclassified" | "near" | "exact" | "right" | "unreadable"} Kind In which list a file is. */
/** @typedef {"wrong" | "right" | "unusable"} Verdict */
/** @typedef {"blocked" | "full" | "damaged"} Trouble Why marks are not kept, or were not found again. */
/**
 * @typedef {object} Judged A file that can be marked.
 * @property {string} path
 * @property {string} given Its label in the report.
 * @property {string | null} suggested The label that is likelier, if there is one.
 * @property {Kind} kind
 */
/**
 * @typedef {object} Mark
 * @property {string} path
 * @property {string} was
 * @property {string} should_be Its right label, which may be the one that it has; empty if the file is not usable.
 * @property {Kind} kind
 */

const MEMBERS = ["path", "was", "should_be", "kind"];

/** The marks of one report, in the order in which they were made. */
export class Marks {
  /** @type {Map<string, Mark>} */
  #marks = new Map();
  /** @type {[path: string, mark: Mark | undefined][][]} What each change replaced. */
  #replaced = [];
  /** @type {(() => void)[]} */
  #listeners = [];
  /** @type {Trouble | null} */
  #trouble = null;
  #key;
  #storage;

  /**
   * @param {string} id The id of the report.
   * @param {Storage | null} storage Where they are kept; null keeps them in memory only.
   */
  constructor(id, storage) {
    this.#key = `fullcount.marks.${id}`;
    this.#storage = storage;
    this.#read();
  }

  get trouble() {
    return this.#trouble;
  }

  get canUndo() {
    return this.#replaced.length > 0;
  }

  /** @param {string} path */
  of(path) {
    return this.#marks.get(path);
  }

  /** Return all marks, sorted by path. */
  all() {
    return [...this.#marks.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
  }

  /**
   * Say which label is right for a file.
   *
   * @param {Judged} file
   * @param {string} label Empty if the file is not usable.
   */
  set({ path, given, kind }, label) {
    this.#change([[path, { path, was: given, should_be: label, kind }]]);
  }

  /** @param {string} path */
  remove(path) {
    if (this.#marks.has(path)) this.#change([[path, undefined]]);
  }

  clear() {
    if (this.#marks.size) this.#change([...this.#marks.keys()].map((path) => [path, undefined]));
  }

  /** Take back the last change. */
  undo() {
    const last = this.#replaced.pop();
    if (!last) return;
    this.#change(last);
    this.#replaced.pop();
  }

  /** Read the marks again, which another tab of the browser has changed. Those that could not be kept stay. */
  reload() {
    const unkept = this.#trouble === "full" ? this.#marks : null;
    this.#replaced = [];
    this.#read();
    if (unkept) {
      this.#marks = new Map([...this.#marks, ...unkept]);
      this.#trouble = "full";
    }
    this.#tell();
  }

  /** @param {string | null} key The changed key of a storage; null if it was emptied. */
  areKeptUnder(key) {
    return key === null || key === this.#key;
  }

  /** @param {() => void} listener Called after every change. */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** @param {[path: string, mark: Mark | undefined][]} changes */
  #change(changes) {
    this.#replaced.push(changes.map(([path]) => [path, this.#marks.get(path)]));
    for (const [path, mark] of changes) {
      if (mark) this.#marks.set(path, mark);
      else this.#marks.delete(path);
    }
    this.#keep();
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  #read() {
    if (!this.#storage) {
      this.#trouble = "blocked";
      return;
    }
    const text = this.#storage.getItem(this.#key);
    const kept = text === null ? [] : marksIn(text);
    this.#trouble = kept ? null : "damaged";
    this.#marks = new Map((kept ?? []).map((one) => [one.path, one]));
  }

  #keep() {
    if (!this.#storage) return;
    try {
      if (this.#marks.size) this.#storage.setItem(this.#key, JSON.stringify([...this.#marks.values()]));
      else this.#storage.removeItem(this.#key);
      this.#trouble = null;
    } catch {
      this.#trouble = "full"; // the only reason that the standard knows
    }
  }
}

/**
 * Open the marks of a report. They follow those of the same report in other tabs of the browser.
 *
 * @param {{id: string, stored: boolean}} report The marks of one that is not stored are not kept either.
 * @param {AbortSignal} signal
 */
export function marksOf({ id, stored }, signal) {
  const marks = new Marks(id, stored ? browserStorage() : null);
  window.addEventListener("storage", ({ key }) => marks.areKeptUnder(key) && marks.reload(), { signal });
  return marks;
}

/** Return the storage of the browser, or null if it does not let the page keep anything. */
function browserStorage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/**
 * @param {Mark} mark
 * @returns {Verdict}
 */
export function verdictOf({ was, should_be: label }) {
  if (!label) return "unusable";
  return label === was ? "right" : "wrong";
}

/**
 * Count marks by what they say.
 *
 * @param {Mark[]} marks
 */
export function countsOf(marks) {
  const counts = { wrong: 0, right: 0, unusable: 0 };
  for (const mark of marks) counts[verdictOf(mark)] += 1;
  return counts;
}

/**
 * @param {string} text
 * @returns {Mark[] | null} Null if they cannot be read.
 */
function marksIn(text) {
  try {
    const marks = JSON.parse(text);
    const isWhole = (/** @type {any} */ one) => MEMBERS.every((member) => typeof one[member] === "string");
    return marks.every(isWhole) ? marks : null;
  } catch {
    return null;
  }
}
