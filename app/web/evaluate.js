// @ts-check
// A labelled zip is chosen, sent and evaluated, with its progress; then the report.

import { manifestOf } from "./choice.js";
import { announce, element } from "./elements.js";
import { askFor, problemNotice } from "./notices.js";
import { bytes, count } from "./numbers.js";
import { Pace } from "./pace.js";
import { showReport } from "./report.js";
import { problemIn } from "./service.js";
import texts from "./texts.js";
import { evaluateArchive } from "./upload.js";
import { duration, printable } from "./wording.js";

/** @typedef {import("./choice.js").Model} Model */

const words = texts.evaluate;

/**
 * Show the view.
 *
 * @param {HTMLElement} root
 * @param {string[]} _parameters
 * @param {AbortSignal} signal
 */
export async function show(root, _parameters, signal) {
  const place = element("div", { class: "stack" });
  root.append(element("h1", null, words.title), element("p", { class: "lead" }, words.lead), place);
  const served = await askFor("/models", place, signal);
  if (!served) return;
  if (!served.models.length) place.replaceChildren(element("p", null, words.noModel));
  else place.replaceChildren(new Evaluation(root, served.models, signal).node);
}

/** The form, and what is under way. */
class Evaluation {
  /** @type {File | null} */
  #archive = null;
  /** @type {HTMLElement} */
  #root;
  /** @type {Model[]} */
  #models;
  /** @type {AbortSignal} */
  #signal;
  #name = element("strong");
  #size = element("span", { class: "quiet" }, "");
  #told = element("div", { class: "told-here" });
  #input = element("input", { type: "file", id: "archive", accept: ".zip,application/zip" });
  #drop = element("label", { class: "archive", for: "archive" });
  #model = element("select", { onchange: () => this.#fillVersions() });
  #version = element("select", { onchange: () => this.#fillAgainst() });
  #against = element("select");
  #start = element("button", { type: "submit", class: "button primary" }, words.start);
  #form;

  /**
   * @param {HTMLElement} root
   * @param {Model[]} models
   * @param {AbortSignal} signal
   */
  constructor(root, models, signal) {
    this.#root = root;
    this.#models = models;
    this.#signal = signal;
    this.#input.addEventListener("change", () => this.#take(this.#input.files));
    this.#model.append(...models.map((one) => element("option", null, one.model)));
    this.#fillVersions();
    this.#drop.append(this.#input, element("span", { class: "heard" }, words.archive), this.#name, this.#size);
    this.#write();
    this.#form = element("form", { class: "evaluate-form", novalidate: true, onsubmit: (/** @type {Event} */ event) => this.#submit(event) },
      this.#drop,
      element("div", { class: "choices" }, choice(words.model, this.#model), choice(words.version, this.#version), choice(words.against, this.#against)),
      this.#start, this.#told);
    this.node = element("div", null, this.#form);
    this.#listenToDrops();
  }

  #chosen() {
    return /** @type {Model} */ (this.#models[this.#model.selectedIndex]);
  }

  #fillVersions() {
    const { versions, serving } = this.#chosen();
    const newest = [...new Set([...versions, serving])].sort((one, other) => other - one);
    this.#version.replaceChildren(...newest.map((one) =>
      element("option", { value: one, selected: one === serving }, one === serving ? words.serves(one) : String(one))));
    this.#fillAgainst();
  }

  #fillAgainst() {
    const before = this.#against.value;
    const others = [...this.#version.options].map((one) => one.value).filter((one) => one !== this.#version.value);
    this.#against.replaceChildren(element("option", { value: "" }, words.nothing),
      ...others.map((one) => element("option", { value: one, selected: one === before }, words.againstVersion(Number(one)))));
    this.#against.disabled = !others.length;
  }

  #listenToDrops() {
    const signal = this.#signal;
    const over = (/** @type {boolean} */ is) => {
      this.#drop.classList.toggle("over", is && this.#form.isConnected);
      this.#write();
    };
    window.addEventListener("dragover", (event) => {
      event.preventDefault(); // the browser would open the file
      over(true);
    }, { signal });
    window.addEventListener("dragleave", (event) => !event.relatedTarget && over(false), { signal });
    window.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      if (this.#form.isConnected) this.#take(event.dataTransfer?.files ?? null);
    }, { signal });
  }

  /** @param {FileList | null} files */
  #take(files) {
    const file = files?.[0];
    if (!file) return;
    this.#archive = file;
    this.#told.replaceChildren();
    this.#write();
    announce(printable(file.name));
  }

  #write() {
    const isOver = this.#drop.classList.contains("over");
    this.#name.textContent = isOver ? words.dropNow : this.#archive ? printable(this.#archive.name) : words.drop;
    this.#size.textContent = isOver || !this.#archive ? ".zip" : `${bytes(this.#archive.size)} · ${words.another}`;
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    this.#told.replaceChildren();
    if (!this.#archive) {
      this.#told.replaceChildren(problemNotice({ type: "about:blank", title: "", status: 0, ...words.noFile }));
      this.#input.focus();
      return;
    }
    const given = { model: this.#model.value, version: this.#version.value, against: this.#against.value };
    const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value));
    const manifest = await manifestOf(given.model, Number(given.version));
    if (manifest?.activation_maps) query.set("explain", "true");
    const running = new Running(this.#archive);
    const stop = () => running.cancel();
    this.#signal.addEventListener("abort", stop);
    this.node.replaceChildren(running.node);
    running.node.focus();
    try {
      const report = await evaluateArchive(`/evaluate?${query}`, this.#archive, running, running.signal);
      if (this.#signal.aborted) return;
      if (report.stored) location.hash = `#/evaluations/${encodeURIComponent(report.id)}`;
      else this.#showHere(report);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.node.replaceChildren(this.#form);
      const isCancelled = running.signal.aborted;
      this.#told.replaceChildren(isCancelled ? element("p", { class: "quiet", role: "status" }, words.cancelled) : problemNotice(problemIn(error)));
      this.#start.focus();
    } finally {
      running.end();
      this.#signal.removeEventListener("abort", stop);
    }
  }

  /** @param {import("./report-types.js").Report} report */
  #showHere(report) {
    showReport(this.#root, report, this.#signal);
    window.scrollTo(0, 0);
    this.#root.querySelector("h1")?.focus({ preventScroll: true });
  }
}

/** How far an evaluation is; hears what `evaluateArchive` tells. */
class Running {
  #cancel = new AbortController();
  #sending = new Pace();
  #scoring = new Pace();
  #bar = element("progress", { "aria-label": words.progress, max: 1 });
  #line = element("p", { class: "far" });
  #steps = words.steps.map((name) => element("li", null, name));
  #step = -1;
  #timer;
  #tell = "";

  /** @param {File} archive */
  constructor(archive) {
    this.signal = this.#cancel.signal;
    this.node = element("section", { class: "running", "aria-labelledby": "running-title", tabindex: -1 },
      element("h2", { id: "running-title" }, printable(archive.name)),
      element("ol", { class: "steps" }, ...this.#steps),
      this.#bar, this.#line,
      element("button", { type: "button", class: "button", onclick: () => this.cancel() }, words.cancel));
    this.#timer = setInterval(() => this.#tell && announce(this.#tell), 10_000); // more often it would only be noise
    this.onSent(0, archive.size);
  }

  cancel() {
    this.#cancel.abort();
  }

  end() {
    clearInterval(this.#timer);
  }

  /** @param {number} sent @param {number} total */
  onSent(sent, total) {
    this.#sending.note(sent, performance.now());
    this.#reach(0);
    if (sent >= total && total > 0) {
      this.#show(null, [words.reading]);
      return;
    }
    const rate = this.#sending.perSecond;
    this.#show(total ? sent / total : null, [words.sending(bytes(sent), bytes(total)),
      rate && words.bytesPerSecond(bytes(rate)), remaining(this.#sending.left(total))]);
  }

  /** @param {number} done @param {number} total */
  onScored(done, total) {
    this.#scoring.note(done, performance.now());
    this.#reach(1);
    if (done >= total) {
      this.#reach(2);
      this.#show(null, [words.reporting]);
      return;
    }
    const rate = this.#scoring.perSecond;
    this.#show(done / total, [words.scoring(count(done), count(total)),
      rate && words.filesPerSecond(rate < 10 ? rate.toFixed(1) : count(rate)), remaining(this.#scoring.left(total))]);
  }

  /** @param {number} step */
  #reach(step) {
    if (step === this.#step) return;
    this.#step = step;
    this.#steps.forEach((one, index) => {
      one.classList.toggle("done", index < step);
      if (index === step) one.setAttribute("aria-current", "step");
      else one.removeAttribute("aria-current");
    });
    announce(words.steps[step] ?? "");
  }

  /**
   * @param {number | null} share Null where nobody knows.
   * @param {(string | null | 0)[]} parts
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

/**
 * @param {string} name
 * @param {HTMLElement} control
 */
function choice(name, control) {
  return element("label", { class: "choice-of" }, element("span", null, name), control);
}
