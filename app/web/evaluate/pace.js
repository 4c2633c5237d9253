// @ts-check
// The pace of work: its rate, and the time that the rest will take.

const LOOKED_BACK_MS = 8000;

/** Measures the pace over the last seconds. */
export class Pace {
  /** @type {{done: number, at: number}[]} */
  #notes = [];

  /**
   * Note how much is done.
   *
   * @param {number} done
   * @param {number} at Now, in milliseconds.
   */
  note(done, at) {
    this.#notes.push({ done, at });
    while (this.#notes.length > 2 && (this.#notes[1]?.at ?? at) < at - LOOKED_BACK_MS) this.#notes.shift();
  }

  /** @returns {number | null} The amount done per second; null while it is unknown. */
  get perSecond() {
    const [first] = this.#notes;
    const last = this.#notes[this.#notes.length - 1];
    if (!first || !last || last.at - first.at < 400 || last.done <= first.done) return null;
    return ((last.done - first.done) / (last.at - first.at)) * 1000;
  }

  /**
   * @param {number} total
   * @returns {number | null} The seconds left; null while they are unknown.
   */
  left(total) {
    const last = this.#notes[this.#notes.length - 1];
    return this.perSecond && last ? (total - last.done) / this.perSecond : null;
  }
}
