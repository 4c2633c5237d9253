// @ts-check
// The view of one report. All numbers equal the service's; matrix, lists and threshold are counted again in the page.

import { linkTo } from "../lib/addresses.js";
import { element } from "../lib/elements.js";
import { askFor } from "../lib/notices.js";
import { time } from "../lib/numbers.js";
import { address, ask, askJson } from "../lib/service.js";
import { title } from "../lib/texts.js";
import { counted } from "../lib/wording.js";
import { Marker } from "../marks/marker.js";
import { marksOf } from "../marks/marks.js";
import { panel as marksPanel } from "../marks/panel.js";
import { panel as marksWords } from "../marks/texts.js";
import { accounting, leftOut } from "./accounting.js";
import { compareChoice } from "./compare-choice.js";
import { comparison, FlipList, namesIn } from "./comparison.js";
import { corrections } from "./corrections.js";
import { readFiles } from "./counting.js";
import { curves } from "./curves.js";
import { doubts, fillShots } from "./doubts.js";
import { Listing } from "./files.js";
import { heatMap } from "./matrix.js";
import { section, setName } from "./parts.js";
import { labels, result } from "./result.js";
import { saveButtons } from "./saving.js";
import * as texts from "./texts.js";
import { ThresholdPanel, thresholdTable } from "./threshold.js";

/** @typedef {import("./counting.js").Files} Files */
/** @typedef {import("./types.js").Report} Report */

const LIST_WAITS_MS = 120;
const words = texts.report;

/**
 * Show a stored report.
 *
 * @param {HTMLElement} root
 * @param {string[]} parameters Its id, and perhaps a section.
 * @param {AbortSignal} signal
 */
export async function show(root, [id = "", part], signal) {
  const place = element("div", { class: "awaited" }, element("p", { class: "quiet", role: "status" }, words.loading));
  reportHead(root);
  root.append(place);
  const report = await askFor(`/evaluations/${encodeURIComponent(id)}`, place, signal);
  if (!report) return;
  showReport(root, report, signal);
  if (part) document.getElementById(part)?.scrollIntoView();
}

/**
 * Show a report that is in memory, stored or not.
 *
 * @param {HTMLElement} root
 * @param {Report} report
 * @param {AbortSignal} signal
 */
export function showReport(root, report, signal) {
  document.title = title(words.documentTitle(report.model, report.version));
  const head = reportHead(root);
  head
    .querySelector("h1")
    ?.replaceChildren(report.model, " ", element("span", { class: "quiet" }, words.version(report.version)));
  const live = makeLive(report, signal);
  const sections = [
    live.matrix,
    live.files,
    result(report),
    report.corrections && corrections(report, report.corrections),
    labels(report),
    live.thresholds,
    report.stored && report.reliability.length > 0 && curves(() => askPage(report, signal)),
    live.comparison,
    live.doubts,
    live.marks,
    leftOut(report),
  ].flatMap((one) => one || []);
  head.append(
    element("p", { class: "quiet" }, origin(report)),
    saveButtons(report, signal),
    report.stored ? compareChoice(report, signal) : "",
    report.stored ? live.notice : element("p", { class: "notice watch" }, words.notKept),
  );
  const article = element(
    "div",
    { class: "evaluation" },
    navigation(report, sections),
    element("div", { class: "sections" }, ...sections),
  );
  while (head.nextSibling) head.nextSibling.remove(); // the head stays, or its heading would lose the focus
  root.append(article, imprint(report));
}

/**
 * Return the head of the report, which holds the view's heading.
 *
 * @param {HTMLElement} root Emptied, if it has none yet.
 */
function reportHead(root) {
  const before = root.querySelector(".report-head");
  if (before) return before;
  const head = element("header", { class: "report-head" }, root.querySelector("h1"));
  root.replaceChildren(head);
  return head;
}

/**
 * Make the sections that become interactive with the predictions for each file.
 *
 * @param {Report} report
 * @param {AbortSignal} signal
 */
function makeLive(report, signal) {
  const { positive } = report;
  const canMove = positive !== null && report.stored;
  const notice = element("p", { class: "notice watch", hidden: true }, words.noRecords);
  const marks = marksOf(report, signal);
  const marker = new Marker(marks, report.confusion_matrix.columns.slice(0, -1));
  const marking = { marker, onSee: () => goTo("marks") };
  const heat = heatMap(report.confusion_matrix, (cell) => {
    heat.mark(cell);
    list.choose(cell);
  });
  const list = new Listing(report, {
    onMistakes: () => {
      heat.mark({ row: null, column: null });
      list.choose({ row: null, column: null });
    },
    onBack: () => {
      scrollTo(matrix);
      heat.focus();
    },
    marking,
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const panel = canMove
    ? new ThresholdPanel(report, positive, (predicted, counts, threshold) => {
        heat.update(counts);
        clearTimeout(waiting);
        waiting = setTimeout(() => files && list.use(files, predicted, threshold), LIST_WAITS_MS);
      })
    : null;
  const thresholds = positive && thresholdTable(positive);
  if (thresholds) thresholds.hidden = canMove;
  const doubtful = doubts(report, marking);
  const other = report.comparison;
  const flips =
    other && other.flips.length > 0
      ? new FlipList(other.flips, namesIn(report, other), report.stored ? null : () => null)
      : null;
  const matrix = accounting(report, heat.node, panel, () => goTo("left-out"));
  /** @type {Files | null} */
  let files = null;
  heat.mark({ row: null, column: null });

  const load = async () => {
    const table = await ask(`/evaluations/${encodeURIComponent(report.id)}`, {
      headers: { Accept: "text/csv" },
      signal,
    });
    const read = await readFiles(await table.text(), report.confusion_matrix);
    if (signal.aborted) return;
    files = read;
    if (panel) panel.use(read);
    doubtful.use(new Map(read.paths.map((path, place) => [path, read.rows[read.given[place] ?? 0] ?? ""])));
    clearTimeout(waiting);
    list.use(read, read.predicted, null);
  };
  const picture = async () => {
    const { places, maps } = await askJson(`/evaluations/${encodeURIComponent(report.id)}/thumbnails`, { signal });
    if (signal.aborted || !files) return;
    list.picture(places, maps);
    /** @type {Map<string, number>} */
    const pictured = new Map(places.map((/** @type {number} */ place) => [files?.paths[place], place]));
    const addressOf = (/** @type {string} */ path) => {
      const place = pictured.get(path);
      return place === undefined ? null : address(`/evaluations/${encodeURIComponent(report.id)}/thumbnails/${place}`);
    };
    fillShots(doubtful.shots, addressOf);
    flips?.picture(addressOf);
  };
  const giveUp = () => {
    if (signal.aborted) return;
    list.giveUp();
    flips?.picture(() => null);
    doubtful.node.querySelector(".pictured")?.classList.remove("pictured");
    panel?.node.remove();
    panel?.drawings.remove();
    matrix.querySelector(".beside")?.classList.remove("beside");
    notice.hidden = false;
    if (thresholds) thresholds.hidden = false;
  };
  if (report.stored)
    load()
      .then(picture, giveUp)
      .catch(() => {}); // the report is complete without pictures
  else list.giveUp();
  return {
    matrix,
    files: list.node,
    thresholds,
    comparison: other && comparison(report, other, flips),
    doubts: doubtful.node,
    marks: section("marks", marksWords.title, ...marksPanel(marks, marker, report)),
    notice,
  };
}

/**
 * @param {Report} report
 * @param {AbortSignal} signal
 */
async function askPage(report, signal) {
  const response = await ask(`/evaluations/${encodeURIComponent(report.id)}`, {
    headers: { Accept: "text/html" },
    signal,
  });
  const page = await response.text();
  const start = page.indexOf('<section id="curves"'); // without the page's own style, which the policy forbids
  return new DOMParser().parseFromString(
    start < 0 ? "" : page.slice(start, page.indexOf("</section>", start)),
    "text/html",
  );
}

/** @param {Report} report */
function origin(report) {
  const { filename } = report.archive;
  const name = filename === null ? "" : setName(filename, report.corrections?.filename);
  return [name, counted(report.accounting.images), time(report.created)].filter(Boolean).join(" · ");
}

/**
 * @param {Report} report
 * @param {HTMLElement[]} sections
 */
function navigation(report, sections) {
  /** @type {Record<string, string>} */
  const names = {
    matrix: texts.matrix.menu,
    files: texts.files.menu,
    result: texts.result.menu,
    corrections: texts.corrections.menu,
    labels: texts.labels.menu,
    thresholds: texts.threshold.menu,
    curves: texts.curves.menu,
    comparison: texts.comparison.menu,
    doubts: texts.doubts.menu,
    marks: marksWords.menu,
    "left-out": texts.leftOut.menu,
  };
  const links = sections
    .filter((one) => !one.hidden)
    .map((one) =>
      element(
        "li",
        null,
        element(
          "a",
          {
            href: linkTo("report", report.id, one.id),
            onclick: (/** @type {MouseEvent} */ event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
              event.preventDefault(); // the view is here already
              if (report.stored) history.replaceState(null, "", linkTo("report", report.id, one.id));
              goTo(one.id);
            },
          },
          names[one.id],
        ),
      ),
    );
  return element("nav", { class: "contents", "aria-label": words.sections }, element("ul", null, ...links));
}

/** @param {string} id */
function goTo(id) {
  const section = document.getElementById(id);
  if (!section) return;
  scrollTo(section);
  section.querySelector("h2")?.focus({ preventScroll: true });
}

/** @param {Element} place */
function scrollTo(place) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  place.scrollIntoView({ behavior: calm ? "auto" : "smooth" });
}

/** @param {Report} report */
function imprint(report) {
  return element("p", { class: "quiet small imprint" }, words.imprint(report.id, report.archive.sha256));
}
