// @ts-check
// The view that evaluates: a labelled set is chosen, packed if it is not a zip, sent and scored, and its report is shown.

import { linkTo } from "../lib/addresses.js";
import { manifestOf } from "../lib/choice.js";
import { element } from "../lib/elements.js";
import { takeOver } from "../lib/given.js";
import { askFor, problemNotice } from "../lib/notices.js";
import { problemIn } from "../lib/service.js";
import { versions as versionWords } from "../lib/texts.js";
import { showReport } from "../report/report.js";
import { pack } from "./packing.js";
import { asOfSet, Preview } from "./preview.js";
import { Running } from "./running.js";
import { SetChooser } from "./set-chooser.js";
import { evaluate as words } from "./texts.js";
import { evaluateArchive } from "./upload.js";

/** @typedef {import("../lib/choice.js").Model} Model */
/** @typedef {import("./folder.js").Member} Member */

/**
 * Show the view.
 *
 * @param {HTMLElement} root
 * @param {string[]} _parameters
 * @param {AbortSignal} signal
 */
export async function show(root, _parameters, signal) {
  const place = element("div", { class: "stack" });
  root.append(element("p", { class: "lead" }, words.lead), place);
  const served = await askFor("/models", place, signal);
  if (!served) return;
  if (!served.models.length) place.replaceChildren(element("p", null, words.noModel));
  else place.replaceChildren(new Evaluation(root, served.models, signal).node);
}

/** The form, and the evaluation in progress. */
class Evaluation {
  /** @type {HTMLElement} */
  #root;
  /** @type {Model[]} */
  #models;
  /** @type {AbortSignal} */
  #signal;
  #message = element("div", { class: "told-here" });
  #chooser;
  #preview;
  #model = element("select", { onchange: () => this.#changeModel() });
  #version = element("select", { onchange: () => this.#changeVersion() });
  #against = element("select");
  #corrections = element("input", { type: "file", accept: ".csv,text/csv" });
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
    this.#preview = new Preview(signal);
    this.#chooser = new SetChooser(
      (...message) => this.#message.replaceChildren(...message),
      () => this.#look(),
      signal,
    );
    this.#model.append(...models.map((one) => element("option", null, one.model)));
    this.#fillVersions();
    this.#form = element(
      "form",
      { class: "evaluate-form", novalidate: true, onsubmit: (/** @type {Event} */ event) => this.#submit(event) },
      this.#chooser.node,
      this.#preview.node,
      element(
        "div",
        { class: "choices" },
        choice(versionWords.model, this.#model),
        choice(versionWords.version, this.#version),
        choice(words.against, this.#against),
        choice(words.corrections, this.#corrections),
      ),
      this.#start,
      this.#message,
    );
    this.node = element("div", null, this.#form);
    this.#chooser.take(takeOver());
  }

  #chosen() {
    return /** @type {Model} */ (this.#models[this.#model.selectedIndex]);
  }

  #changeModel() {
    this.#fillVersions();
    this.#look();
  }

  #changeVersion() {
    this.#fillAgainst();
    this.#look();
  }

  /** The labels of the version decide how the set is read. */
  #look() {
    const given = { model: this.#model.value, version: this.#version.value };
    this.#preview.look(this.#chooser.chosen, new URLSearchParams(given));
  }

  #fillVersions() {
    const { versions, serving } = this.#chosen();
    const newest = [...new Set([...versions, serving])].sort((one, other) => other - one);
    this.#version.replaceChildren(
      ...newest.map((one) =>
        element(
          "option",
          { value: one, selected: one === serving },
          one === serving ? versionWords.serving(one) : String(one),
        ),
      ),
    );
    this.#fillAgainst();
  }

  #fillAgainst() {
    const before = this.#against.value;
    const others = [...this.#version.options].map((one) => one.value).filter((one) => one !== this.#version.value);
    this.#against.replaceChildren(
      element("option", { value: "" }, words.nothing),
      ...others.map((one) =>
        element("option", { value: one, selected: one === before }, words.againstVersion(Number(one))),
      ),
    );
    this.#against.disabled = !others.length;
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    this.#message.replaceChildren();
    const { chosen } = this.#chooser;
    if (!chosen) {
      this.#message.replaceChildren(problemNotice({ type: "about:blank", title: "", status: 0, ...words.noFile }));
      this.#chooser.focus();
      return;
    }
    const layout = this.#preview.layout ?? "";
    const given = { model: this.#model.value, version: this.#version.value, against: this.#against.value, layout };
    const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value));
    if (this.#preview.insist()) return;
    this.#preview.stop();
    const running = new Running(chosen.name, "members" in chosen);
    const stop = () => running.cancel();
    this.#signal.addEventListener("abort", stop);
    this.node.replaceChildren(running.node);
    running.node.focus();
    try {
      const archive = "archive" in chosen ? chosen.archive : await packed(chosen, running);
      const manifest = await manifestOf(given.model, Number(given.version));
      if (manifest?.activation_maps) query.set("explain", "true");
      running.signal.throwIfAborted();
      running.onSent(0, archive.size);
      const sent = { archive, corrections: this.#corrections.files?.[0] };
      const report = await evaluateArchive(`/evaluate?${query}`, sent, running, running.signal);
      if (this.#signal.aborted) return;
      if (report.stored) location.hash = linkTo("report", report.id);
      else this.#showHere(report);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.node.replaceChildren(this.#form);
      if (this.#preview.take(problemIn(error))) return;
      this.#preview.resume();
      this.#message.replaceChildren(
        running.signal.aborted
          ? element(
              "p",
              { class: "quiet", role: "status" },
              running.isSending ? words.cancelled : words.cancelledPacking,
            )
          : problemNotice(await asOfSet(problemIn(error), chosen)),
      );
      this.#start.focus();
    } finally {
      running.end();
      this.#signal.removeEventListener("abort", stop);
    }
  }

  /** @param {import("../report/types.js").Report} report */
  #showHere(report) {
    showReport(this.#root, report, this.#signal);
    window.scrollTo(0, 0);
    this.#root.querySelector("h1")?.focus({ preventScroll: true });
  }
}

/**
 * Pack a set. Cancelling does not wait until its folders are listed.
 *
 * @param {{name: string, members: Promise<Member[]>}} chosen
 * @param {Running} running
 */
async function packed({ name, members }, running) {
  const { signal } = running;
  const cancelled = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const all = await Promise.race([members, cancelled]);
  return pack(`${name}.zip`, all, (done, total) => running.onPacked(done, total), signal);
}

/**
 * @param {string} name
 * @param {HTMLElement} control
 */
function choice(name, control) {
  return element("label", { class: "choice-of" }, element("span", null, name), control);
}
