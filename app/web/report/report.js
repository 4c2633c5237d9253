// @ts-check
// One report, alive: every number is that of the service; matrix, lists and threshold are counted again in the page.

import { element } from "../lib/elements.js";
import { askFor } from "../lib/notices.js";
import { time } from "../lib/numbers.js";
import { address, ask, askJson } from "../lib/service.js";
import texts from "../lib/texts.js";
import { counted, printable } from "../lib/wording.js";
import { accounting } from "./accounting.js";
import { compareChoice } from "./compare-choice.js";
import { comparison, FlipList, namesIn } from "./comparison.js";
import { readFiles } from "./counting.js";
import { Listing } from "./files.js";
import { heatMap } from "./matrix.js";
import { saveButtons } from "./saving.js";
import { curves, doubts, fillShots, labels, leftOut, result } from "./sections.js";
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
  root.append(element("header", { class: "report-head" }, element("h1", null, words.title)), place);
  const report = await askFor(`/evaluations/${encodeURIComponent(id)}`, place, signal);
  if (!report) return;
  showReport(root, report, signal);
  if (part) document.getElementById(part)?.scrollIntoView();
}

/**
 * Show a report that is here, stored or not.
 *
 * @param {HTMLElement} root
 * @param {Report} report
 * @param {AbortSignal} signal
 */
export function showReport(root, report, signal) {
  document.title = words.documentTitle(report.model, report.version);
  const head =
    root.querySelector(".report-head") ?? element("header", { class: "report-head" }, element("h1", { tabindex: -1 }));
  if (!head.isConnected) root.replaceChildren(head);
  head
    .querySelector("h1")
    ?.replaceChildren(report.model, " ", element("span", { class: "quiet" }, words.version(report.version)));
  const live = makeLive(report, signal);
  const sections = [
    live.matrix,
    live.files,
    result(report),
    labels(report),
    live.thresholds,
    report.stored && report.reliability.length > 0 && curves(() => askPage(report, signal)),
    live.comparison,
    live.doubts,
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
  while (head.nextSibling) head.nextSibling.remove(); // the head stays where it is, or its heading would lose the focus
  root.append(article, imprint(report));
}

/**
 * Make the sections that the answers for each file bring to life.
 *
 * @param {Report} report
 * @param {AbortSignal} signal
 */
function makeLive(report, signal) {
  const { positive } = report;
  const canMove = positive !== null && report.stored;
  const notice = element("p", { class: "notice watch", hidden: true }, words.noRecords);
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
  });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const panel = canMove
    ? new ThresholdPanel(report, positive, (called, counts, threshold) => {
        heat.update(counts);
        clearTimeout(waiting);
        waiting = setTimeout(() => files && list.use(files, called, threshold), LIST_WAITS_MS);
      })
    : null;
  const thresholds = positive && thresholdTable(positive);
  if (thresholds) thresholds.hidden = canMove;
  const doubtful = doubts(report);
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
    clearTimeout(waiting);
    list.use(read, read.called, null);
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
      .catch(() => {}); // without pictures it is a report all the same
  else list.giveUp();
  return {
    matrix,
    files: list.node,
    thresholds,
    comparison: other && comparison(report, other, flips),
    doubts: doubtful.node,
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
  const start = page.indexOf('<section id="curves"'); // the section alone: of the page's own style the browser would complain
  return new DOMParser().parseFromString(
    start < 0 ? "" : page.slice(start, page.indexOf("</section>", start)),
    "text/html",
  );
}

/** @param {Report} report */
function origin(report) {
  const name = report.archive.filename;
  return [name === null ? "" : printable(name), counted(report.accounting.images), time(report.created)]
    .filter(Boolean)
    .join(" · ");
}

/**
 * @param {Report} report
 * @param {HTMLElement[]} sections
 */
function navigation(report, sections) {
  /** @type {Record<string, string>} */
  const names = {
    matrix: words.matrix.menu,
    files: words.files.menu,
    result: words.result.menu,
    labels: words.labels.menu,
    thresholds: words.threshold.menu,
    curves: words.curves.menu,
    comparison: words.comparison.menu,
    doubts: words.doubts.menu,
    "left-out": words.leftOut.menu,
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
            href: `#/evaluations/${encodeURIComponent(report.id)}/${one.id}`,
            onclick: (/** @type {MouseEvent} */ event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
              event.preventDefault(); // the view is here already
              if (report.stored)
                history.replaceState(null, "", `#/evaluations/${encodeURIComponent(report.id)}/${one.id}`);
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
