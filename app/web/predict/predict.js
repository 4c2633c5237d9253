// @ts-check
// Try pictures: choose, drop, paste or take them; each gets a card with its answer.

import { linkTo } from "../frame/views.js";
import { controls, query } from "../lib/choice.js";
import { announce, drawing, element } from "../lib/elements.js";
import { givenBy, handOver, isFolder, isZip } from "../lib/given.js";
import { askFor } from "../lib/notices.js";
import { percent } from "../lib/numbers.js";
import { bounded } from "../lib/queue.js";
import { problemIn } from "../lib/service.js";
import texts from "../lib/texts.js";
import { makeCard } from "./answer.js";
import { predict } from "./sending.js";

/** @typedef {import("./answer.js").Card} Card */
/** @typedef {import("../lib/given.js").Given} Given */

const AT_ONCE = 3;
const text = texts.predict;
const run = bounded(AT_ONCE);

// Who looks at another view meanwhile finds the answers again: they belong to the page, not to the view.
const list = element("ol", { class: "cards", "aria-label": text.answers });
const elsewhere = element("div");
const tally = element("p", { class: "quiet" });
const answers = element(
  "section",
  { class: "answers", hidden: true, "aria-labelledby": "answers" },
  element(
    "div",
    { class: "row" },
    element("h2", { id: "answers" }, text.answers),
    tally,
    element("button", { type: "button", class: "button plain", onclick: clear }, text.clear),
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
  handOver([]); // what was not taken over is not wanted any more
  root.append(
    element("h1", null, text.title),
    element("p", { class: "lead" }, text.lead),
    notice,
    zone,
    elsewhere,
    answers,
  );
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
    { class: "drop", "aria-label": text.choose },
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
      element("span", { class: "calm" }, text.drop),
      element("span", { class: "now" }, text.dropNow),
    ),
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "button", class: "button primary", onclick: () => files.click() }, text.choose),
      element("button", { type: "button", class: "button camera", onclick: () => camera.click() }, text.camera),
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
 * Take what is dropped or pasted anywhere, while the view is shown.
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
      if (!add(givenBy(event.dataTransfer))) announce(text.noFile);
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
 * Take what was given: pictures are answered here, and anything with a folder or a zip in it is a set, and is not.
 *
 * @param {Given[]} given
 * @returns {boolean} Whether there is anything.
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
 * Say of a set where it is evaluated; there it is then chosen.
 *
 * @param {string} name
 */
function leadOn(name) {
  announce(text.set(name));
  return element(
    "div",
    { class: "notice" },
    element("p", null, text.set(name)),
    element("p", null, element("a", { href: linkTo("evaluate") }, text.evaluate)),
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
    card.wait(text.waiting);
    return send(file, card, asked);
  });
  const { signal } = clearing;
  Promise.all(sent).then(([said = ""]) => {
    if (!signal.aborted) announce(sent.length === 1 ? said : text.count(answered, failed));
  });
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
    const answer = await run(() => predict(file, asked, signal, card.wait));
    signal.throwIfAborted();
    card.succeed(answer, signal);
    count(1, 0);
    const { label, probability } = answer.prediction;
    return text.said(file.name || text.unnamed, label, percent(probability));
  } catch (error) {
    if (signal.aborted) return "";
    const problem = problemIn(error);
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
