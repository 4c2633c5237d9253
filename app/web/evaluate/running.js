// @ts-check
// An evaluation in progress: its steps, how far it is, how long it will take, and a way to cancel it.

import { announce, element } from "../lib/elements.js";
import { bytes, count } from "../lib/numbers.js";
import { duration } from "../lib/wording.js";
import { Pace } from "./pace.js";
import { set, progress as words } from "./texts.js";

/** @typedef {"pack" | "send" | "score" | "report"} Step */

/** @type {Step[]} */
const STEPS = ["pack", "send", "score", "report"];

/** The progress of an evaluation, as `pack` and `evaluateArchive` report it. */
export class Running {
  #cancel = new AbortController();
  #packing = new Pace();
  #sending = new Pace();
  #scoring = new Pace();
  #bar = element("progress", { "aria-label": words.name, max: 1 });
  #line = element("p", { class: "far" });
  /** @type {Map<Step, HTMLLIElement>} */
  #steps;
  /** @type {Step | null} */
  #step = null;
  #timer;
  #tell = "";

  /**
   * @param {string} name The name of the set.
   * @param {boolean} isPacked True if the set is packed first.
   */
  constructor(name, isPacked) {
    this.signal = this.#cancel.signal;
    const steps = STEPS.filter((step) => step !== "pack" || isPacked);
    this.#steps = new Map(steps.map((step) => [step, element("li", null, words.steps[step])]));
    this.node = element(
      "section",
      { class: "running", "aria-labelledby": "running-title", tabindex: -1 },
      element("h2", { id: "running-title" }, name),
      element("ol", { class: "steps" }, ...this.#steps.values()),
      this.#bar,
      this.#line,
      element("button", { type: "button", class: "button", onclick: () => this.cancel() }, words.cancel),
    );
    this.#timer = setInterval(() => this.#tell && announce(this.#tell), 10_000); // more often would only be noise
    this.#reach(isPacked ? "pack" : "send");
    this.#show(null, [isPacked && set.looking]);
  }

  get isSending() {
    return this.#step !== "pack";
  }

  cancel() {
    this.#cancel.abort();
  }

  end() {
    clearInterval(this.#timer);
  }

  /** @param {number} done @param {number} total */
  onPacked(done, total) {
    this.#packing.note(done, performance.now());
    this.#show(total ? done / total : null, [
      words.packing(count(done), count(total)),
      ...this.#pace(this.#packing, total),
    ]);
  }

  /** @param {number} sent @param {number} total */
  onSent(sent, total) {
    this.#sending.note(sent, performance.now());
    this.#reach("send");
    if (sent >= total && total > 0) {
      this.#show(null, [words.reading]);
      return;
    }
    const rate = this.#sending.perSecond;
    this.#show(total ? sent / total : null, [
      words.sending(bytes(sent), bytes(total)),
      rate && words.bytesPerSecond(bytes(rate)),
      remaining(this.#sending.left(total)),
    ]);
  }

  /** @param {number} done @param {number} total */
  onScored(done, total) {
    this.#scoring.note(done, performance.now());
    this.#reach("score");
    if (done >= total) {
      this.#reach("report");
      this.#show(null, [words.reporting]);
      return;
    }
    this.#show(done / total, [words.scoring(count(done), count(total)), ...this.#pace(this.#scoring, total)]);
  }

  /**
   * @param {Pace} pace The pace in files.
   * @param {number} total
   */
  #pace(pace, total) {
    const rate = pace.perSecond;
    return [rate && words.filesPerSecond(rate < 10 ? rate.toFixed(1) : count(rate)), remaining(pace.left(total))];
  }

  /** @param {Step} step */
  #reach(step) {
    if (step === this.#step) return;
    this.#step = step;
    let isDone = true;
    for (const [name, item] of this.#steps) {
      if (name === step) isDone = false;
      item.classList.toggle("done", isDone);
      if (name === step) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    announce(words.steps[step]);
  }

  /**
   * @param {number | null} share Null if it is unknown.
   * @param {(string | null | false | 0)[]} parts
   */
  #show(share, parts) {
    if (share === null) this.#bar.removeAttribute("value");
    else this.#bar.value = share;
    this.#tell = parts.filter(Boolean).join(" · ");
    this.#line.textContent = this.#tell;
  }
}

/** @param {number | null} seconds */
function remaining(seconds) {
  return seconds !== null && Number.isFinite(seconds) ? words.left(duration(seconds)) : null;
}
