// @ts-check
// The view that predicts single pictures: chosen, dropped, pasted or taken; each gets a card.

import { linkTo } from "../lib/addresses.js";
import { controls, query } from "../lib/choice.js";
import { announce, drawing, element } from "../lib/elements.js";
import { givenBy, handOver, isFolder, isZip } from "../lib/given.js";
import { askFor } from "../lib/notices.js";
import { percent } from "../lib/numbers.js";
import { bounded } from "../lib/queue.js";
import { problemIn } from "../lib/service.js";
import { makeCard } from "./answer.js";
import { predict } from "./sending.js";
import { predict as words } from "./texts.js";

/** @typedef {import("./answer.js").Card} Card */
/** @typedef {import("../lib/given.js").Given} Given */

const AT_ONCE = 3;
const run = bounded(AT_ONCE);

// The answers belong to the page, not to the view, so that they are still there after another view.
const list = element("ol", { class: "cards", "aria-label": words.predictions });
const elsewhere = element("div");
const tally = element("p", { class: "quiet" });
const answers = element(
  "section",
  { class: "answers", hidden: true, "aria-labelledby": "answers" },
  element(
    "div",
    { class: "row" },
    element("h2", { id: "answers" }, words.predictions),
    tally,
    element("button", { type: "button", class: "button plain", onclick: clear }, words.clear),
  ),
  list,
);
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
  elsewhere.replaceChildren();
  handOver([]); // a set that no view has taken over is forgotten
  root.append(element("p", { class: "lead" }, words.lead), notice, zone, elsewhere, answers);
  listen(zone, signal);
  const served = await askFor("/models", notice, signal);
  if (served) choice.append(...controls(served.models));
}

/** @param {HTMLElement} choice */
function dropZone(choice) {
  const files = picker({ multiple: true });
  const camera = picker({ capture: "environment" });
  return element(
    "section",
    { class: "drop", "aria-label": words.choose },
    drawing(
      "svg",
      { viewBox: "0 0 48 48", "aria-hidden": "true", class: "sign" },
      drawing("rect", { x: 6, y: 10, width: 36, height: 29, rx: 4 }),
      drawing("circle", { cx: 17, cy: 20, r: 3.2 }),
      drawing("path", { d: "M7 34l10.5-9 7 6 6.5-5.5L41 34" }),
    ),
    element(
      "p",
      { class: "how" },
      element("span", { class: "calm" }, words.drop),
      element("span", { class: "now" }, words.dropNow),
    ),
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "button", class: "button primary", onclick: () => files.click() }, words.choose),
      element("button", { type: "button", class: "button camera", onclick: () => camera.click() }, words.camera),
    ),
    files,
    camera,
    choice,
  );
}

/** @param {Record<string, string | boolean>} attributes */
function picker(attributes) {
  const input = element("input", { type: "file", accept: "image/*", hidden: true, ...attributes });
  input.addEventListener("change", () => {
    add([...(input.files ?? [])]);
    input.value = ""; // the same file may be chosen again
  });
  return input;
}

/**
 * Accept files that are dropped or pasted anywhere, while the view is shown.
 *
 * @param {HTMLElement} zone
 * @param {AbortSignal} signal
 */
function listen(zone, signal) {
  const over = (/** @type {boolean} */ isOver) => zone.classList.toggle("over", isOver);
  window.addEventListener(
    "dragover",
    (event) => {
      event.preventDefault();
      over(true);
    },
    { signal },
  );
  window.addEventListener("dragleave", (event) => event.relatedTarget === null && over(false), { signal });
  window.addEventListener(
    "drop",
    (event) => {
      event.preventDefault();
      over(false);
      if (!add(givenBy(event.dataTransfer))) announce(words.noFile);
    },
    { signal },
  );
  document.addEventListener(
    "paste",
    (event) => {
      if (add(givenBy(event.clipboardData))) event.preventDefault();
    },
    { signal },
  );
}

/**
 * Predict pictures. If there is a folder or a zip among them, it is a set: offer to evaluate it instead.
 *
 * @param {Given[]} given
 * @returns {boolean} True if there was anything.
 */
function add(given) {
  if (!given.length) return false;
  const set = given.find((one) => isFolder(one) || isZip(one));
  handOver(set ? given : []);
  elsewhere.replaceChildren(...(set ? [leadOn(set.name)] : []));
  if (!set) sendAll(/** @type {File[]} */ (given));
  return true;
}

/**
 * Make the notice that leads to the view that evaluates a set, where the set is already chosen.
 *
 * @param {string} name
 */
function leadOn(name) {
  announce(words.set(name));
  return element(
    "div",
    { class: "notice" },
    element("p", null, words.set(name)),
    element("p", null, element("a", { href: linkTo("evaluate") }, words.evaluate)),
  );
}

/**
 * Send files, each with a card.
 *
 * @param {File[]} files
 */
function sendAll(files) {
  if (!files.length) return;
  const added = files.map((file) => ({ file, card: makeCard(file), asked: query() }));
  list.prepend(...added.map((one) => one.card.node));
  answers.hidden = false;
  const sent = added.map(({ file, card, asked }) => {
    cards.add(card);
    card.wait(words.waiting);
    return send(file, card, asked);
  });
  const { signal } = clearing;
  Promise.all(sent).then(([said = ""]) => {
    if (!signal.aborted) announce(sent.length === 1 ? said : words.count(answered, failed));
  });
}

/**
 * Have a file predicted, and show the result on its card.
 *
 * @param {File} file
 * @param {Card} card
 * @param {string} asked The query.
 * @returns {Promise<string>} The announcement of the result.
 */
async function send(file, card, asked) {
  const { signal } = clearing;
  try {
    const answer = await run(() => predict(file, asked, signal, card.wait));
    signal.throwIfAborted();
    card.succeed(answer, signal);
    count(1, 0);
    const { label, probability, damaged = false } = answer.prediction;
    return words.said(file.name || words.unnamed, label, percent(probability), damaged);
  } catch (error) {
    if (signal.aborted) return "";
    const problem = problemIn(error);
    card.fail(problem, problem.status === 0 || problem.status >= 500 ? () => retry(file, card, asked) : null);
    count(0, 1);
    return words.saidFailed(file.name || words.unnamed, problem.detail);
  }
}

/**
 * @param {File} file
 * @param {Card} card
 * @param {string} asked
 */
async function retry(file, card, asked) {
  card.node.focus(); // the button that had the focus disappears
  count(0, -1);
  card.wait(words.waiting);
  const { signal } = clearing;
  const said = await send(file, card, asked);
  if (!signal.aborted) announce(said);
}

/**
 * @param {number} more
 * @param {number} moreFailed
 */
function count(more, moreFailed) {
  answered += more;
  failed += moreFailed;
  tally.textContent = words.count(answered, failed);
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
  announce(words.cleared);
}
