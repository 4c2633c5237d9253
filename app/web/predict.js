// @ts-check
// Try pictures: choose, drop, paste or take them; each gets a card with its answer.

import { makeCard } from "./answer.js";
import { controls, positiveOf, query } from "./choice.js";
import { announce, drawing, element } from "./elements.js";
import { askFor } from "./notices.js";
import { bytes, percent } from "./numbers.js";
import { bounded } from "./queue.js";
import { ask, pause, problemIn, ProblemError } from "./service.js";
import texts from "./texts.js";

/** @typedef {import("./answer.js").Card} Card */
/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {import("./service.js").Problem} Problem */

const AT_ONCE = 3;
const MOST_ATTEMPTS = 60;
const ASK_AGAIN_MS = 1000;
const text = texts.predict;
const run = bounded(AT_ONCE);

// Who looks at another view meanwhile finds the answers again: they belong to the page, not to the view.
const list = element("ol", { class: "cards", "aria-label": text.answers });
const tally = element("p", { class: "quiet" });
const answers = element("section", { class: "answers", hidden: true, "aria-labelledby": "answers" },
  element("div", { class: "row" },
    element("h2", { id: "answers" }, text.answers), tally,
    element("button", { type: "button", class: "button plain", onclick: clear }, text.clear)),
  list);
/** @type {Set<Card>} */
const cards = new Set();
let [answered, failed] = [0, 0];
let clearing = new AbortController();

/**
 * Show the view.
 *
 * @param {HTMLElement} root
 * @param {string[]} _parameters
 * @param {AbortSignal} signal
 */
export async function show(root, _parameters, signal) {
  const choice = element("div", { class: "choice" });
  const notice = element("div");
  const zone = dropZone(choice);
  root.append(element("h1", null, text.title), element("p", { class: "lead" }, text.lead), notice, zone, answers);
  listen(zone, signal);
  const served = await askFor("/models", notice, signal);
  if (served) choice.append(...controls(served.models));
}

/** @param {HTMLElement} choice */
function dropZone(choice) {
  const files = picker({ multiple: true });
  const camera = picker({ capture: "environment" });
  return element("section", { class: "drop", "aria-label": text.choose },
    drawing("svg", { viewBox: "0 0 48 48", "aria-hidden": "true", class: "sign" },
      drawing("rect", { x: 6, y: 10, width: 36, height: 29, rx: 4 }),
      drawing("circle", { cx: 17, cy: 20, r: 3.2 }),
      drawing("path", { d: "M7 34l10.5-9 7 6 6.5-5.5L41 34" })),
    element("p", { class: "how" }, element("span", { class: "calm" }, text.drop), element("span", { class: "now" }, text.dropNow)),
    element("div", { class: "buttons" },
      element("button", { type: "button", class: "button primary", onclick: () => files.click() }, text.choose),
      element("button", { type: "button", class: "button camera", onclick: () => camera.click() }, text.camera)),
    files, camera, choice);
}

/** @param {Record<string, string | boolean>} attributes */
function picker(attributes) {
  const input = element("input", { type: "file", accept: "image/*", hidden: true, ...attributes });
  input.addEventListener("change", () => {
    add(input.files);
    input.value = ""; // the same file may be chosen again
  });
  return input;
}

/**
 * Take what is dropped or pasted anywhere, while the view is shown.
 *
 * @param {HTMLElement} zone
 * @param {AbortSignal} signal
 */
function listen(zone, signal) {
  const over = (/** @type {boolean} */ isOver) => zone.classList.toggle("over", isOver);
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  }, { signal });
  window.addEventListener("dragleave", (event) => event.relatedTarget === null && over(false), { signal });
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!add(event.dataTransfer?.files)) announce(text.noFile);
  }, { signal });
  document.addEventListener("paste", (event) => {
    if (add(event.clipboardData?.files)) event.preventDefault();
  }, { signal });
}

/**
 * Send files, each with a card.
 *
 * @param {FileList | null | undefined} files
 * @returns {boolean} Whether there are any.
 */
function add(files) {
  const added = [...(files ?? [])].map((file) => ({ file, card: makeCard(file), asked: query() }));
  if (!added.length) return false;
  list.prepend(...added.map((one) => one.card.node));
  answers.hidden = false;
  const sent = added.map(({ file, card, asked }) => {
    cards.add(card);
    card.wait(text.waiting);
    return send(file, card, asked);
  });
  Promise.all(sent).then((said) => announce(said.length === 1 ? said[0] ?? "" : text.count(answered, failed)));
  return true;
}

/**
 * Have a file answered, and show that on its card.
 *
 * @param {File} file
 * @param {Card} card
 * @param {string} asked The query.
 * @returns {Promise<string>} What is said of it.
 */
async function send(file, card, asked) {
  const { signal } = clearing;
  try {
    const answer = await run(() => predict(file, card, asked, signal));
    card.succeed(answer);
    count(1, 0);
    const { label, probability } = answer.prediction;
    return text.said(file.name || text.unnamed, label, percent(probability));
  } catch (error) {
    if (signal.aborted) return "";
    const problem = asOfFile(problemIn(error));
    card.fail(problem, problem.status === 0 || problem.status >= 500 ? () => retry(file, card, asked) : null);
    count(0, 1);
    return text.saidFailed(file.name || text.unnamed, problem.detail);
  }
}

/**
 * @param {File} file
 * @param {Card} card
 * @param {string} asked
 */
async function retry(file, card, asked) {
  card.node.focus(); // the button goes
  count(0, -1);
  card.wait(text.waiting);
  announce(await send(file, card, asked));
}

/**
 * @param {File} file
 * @param {Card} card
 * @param {string} asked
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
async function predict(file, card, asked, signal) {
  signal.throwIfAborted();
  await checkReadable(file);
  card.wait(text.asking);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await askOnce(file, asked, signal);
    } catch (error) {
      const problem = problemIn(error);
      if (signal.aborted || problem.status !== 503 || attempt === MOST_ATTEMPTS) throw error;
      card.wait(text.patience(problem.detail));
      await pause(ASK_AGAIN_MS, signal);
    }
  }
}

/**
 * @param {File} file
 * @param {string} asked
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
async function askOnce(file, asked, signal) {
  const type = file.type.startsWith("image/") ? file.type : "application/octet-stream";
  const began = performance.now();
  const response = await ask(`/predict${asked}`, { method: "POST", body: file, headers: { "Content-Type": type }, signal });
  const prediction = await response.json();
  const tookMs = performance.now() - began;
  const positive = prediction.threshold === undefined ? null : await positiveOf(prediction.model, prediction.version);
  return { prediction, positive, tookMs, stages: stagesOf(response.headers.get("Server-Timing") ?? "") };
}

/**
 * Refuse what is a folder, empty or no longer there: to send it would look as if the service were gone.
 *
 * @param {File} file
 */
async function checkReadable(file) {
  const read = await file.slice(0, 1).arrayBuffer().catch(() => null);
  if (read === null) throw new ProblemError({ type: "about:blank", title: "", status: 400, ...text.unreadable });
  if (!read.byteLength) throw new ProblemError({ type: "about:blank", title: "", status: 400, ...text.empty });
}

/**
 * Say of the file what the service says of a request's body.
 *
 * @param {Problem} problem
 * @returns {Problem}
 */
function asOfFile(problem) {
  const limit = problem["limit_bytes"];
  return typeof limit === "number" ? { ...problem, ...text.tooLarge(bytes(limit)) } : problem;
}

/**
 * @param {string} header `decode;dur=1.20, queue;dur=0.01`
 * @returns {Record<string, number>}
 */
function stagesOf(header) {
  return Object.fromEntries([...header.matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, taken]) => [name, Number(taken)]));
}

/**
 * @param {number} more
 * @param {number} moreFailed
 */
function count(more, moreFailed) {
  answered += more;
  failed += moreFailed;
  tally.textContent = text.count(answered, failed);
}

function clear() {
  clearing.abort();
  clearing = new AbortController();
  for (const card of cards) card.close();
  cards.clear();
  list.replaceChildren();
  [answered, failed] = [0, 0];
  tally.textContent = "";
  answers.hidden = true;
  /** @type {HTMLElement | null} */ (document.querySelector(".drop .primary"))?.focus();
  announce(text.cleared);
}
