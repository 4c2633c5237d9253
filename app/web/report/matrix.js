// @ts-check
// The confusion matrix as a heat map whose cells are buttons; for very many labels, the most confused pairs.

import { element } from "../lib/elements.js";
import { count } from "../lib/numbers.js";
import { counted, percent, printable } from "../lib/wording.js";
import { cell, head, scrolling, segments, table } from "./parts.js";
import { matrix as words } from "./texts.js";

/** @typedef {import("./counting.js").Cell} Cell */
/** @typedef {import("./types.js").Matrix} Matrix */

/**
 * @typedef {object} HeatMap
 * @property {HTMLElement} node
 * @property {(counts: number[][]) => void} update
 * @property {(cell: Cell) => void} mark Marks the cell whose files are listed, or none if all mistakes are.
 * @property {() => void} focus
 */

/** The greatest number of labels shown as a matrix; with more, the most confused pairs are shown. */
export const MAX_LABELS = 40;

const SHADES = 10;
const MAX_PAIRS = 15;
/** @type {Record<string, [number, number]>} */
const MOVES = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -Infinity],
  End: [0, Infinity],
};

/**
 * Make a heat map.
 *
 * @param {Matrix} matrix
 * @param {(cell: Cell) => void} onChoose
 * @returns {HeatMap}
 */
export function heatMap(matrix, onChoose) {
  return matrix.columns.length - 1 > MAX_LABELS ? manyLabels(matrix, onChoose) : grid(matrix, onChoose);
}

/**
 * @param {Matrix} matrix
 * @param {(cell: Cell) => void} onChoose
 * @returns {HeatMap}
 */
function grid({ rows, columns, counts }, onChoose) {
  const buttons = rows.map((_, row) =>
    columns.map((_, column) =>
      element(
        "button",
        { type: "button", tabindex: -1, onclick: () => onChoose({ row, column }) },
        element("b"),
        element("small"),
      ),
    ),
  );
  const cells = buttons.map((line) => line.map((button) => element("td", { role: "gridcell" }, button)));
  const rowSums = rows.map(() => cell("total"));
  const columnSums = columns.map(() => element("td"));
  const allSum = cell("total");
  let current = [0, 0];

  /** @param {number} row @param {number} column */
  const move = (row, column) => {
    buttonAt(current).tabIndex = -1;
    current = [Math.max(0, Math.min(rows.length - 1, row)), Math.max(0, Math.min(columns.length - 1, column))];
    buttonAt(current).tabIndex = 0;
  };
  /** @param {number[]} place */
  const buttonAt = ([row = 0, column = 0]) => /** @type {HTMLButtonElement} */ (buttons[row]?.[column]);

  const body = element(
    "tbody",
    {
      onkeydown: (event) => {
        const by = MOVES[event.key];
        if (!by || event.altKey || event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        move((current[0] ?? 0) + by[0], (current[1] ?? 0) + by[1]);
        buttonAt(current).focus();
      },
      onfocusin: (event) => {
        const row = buttons.findIndex((line) => line.includes(event.target));
        if (row >= 0) move(row, buttons[row]?.indexOf(event.target) ?? 0);
      },
    },
    ...rows.map((label, row) =>
      element(
        "tr",
        null,
        head(
          null,
          printable(label),
          columns.slice(0, -1).includes(label) ? null : element("span", { class: "quiet" }, ` ${words.unknown}`),
        ),
        ...(cells[row] ?? []),
        rowSums[row],
      ),
    ),
  );

  const made = element(
    "table",
    { class: "matrix", role: "grid" },
    element("caption", null, element("span", null, words.caption)),
    headOf(columns, element("th", { scope: "col", class: "total" }, words.files)),
    body,
    element("tfoot", null, element("tr", null, head(null, words.files), ...columnSums, allSum)),
  );
  if (columns.length > 12) made.classList.add("dense");

  /** @param {number} row @param {number} column @param {number} files @param {number | null} share */
  const write = (row, column, files, share) => {
    const button = buttonAt([row, column]);
    const shade = `${kindOf(rows[row] ?? "", columns, column)} s${shadeOf(share)}`;
    if (button.className !== shade) button.className = shade;
    const [number, part] = button.children;
    if (number) number.textContent = count(files);
    if (part) part.textContent = share === null ? "–" : percent(share);
    button.setAttribute("aria-label", said(files, share, rows[row] ?? "", columns, column));
  };
  /** @param {number[][]} now */
  const update = (now) => {
    const sums = now.map(sum);
    for (const [row, line] of now.entries()) {
      const files = sums[row] ?? 0;
      for (const [column, one] of line.entries()) write(row, column, one, files ? one / files : null);
    }
    for (const [row, place] of rowSums.entries()) place.textContent = count(sums[row] ?? 0);
    for (const [column, place] of columnSums.entries()) {
      place.textContent = count(sum(now.map((line) => line[column] ?? 0)));
    }
    allSum.textContent = count(sum(sums));
  };
  update(counts);
  buttonAt(current).tabIndex = 0;

  return {
    node: element("div", { class: "heat" }, toggle(made), scrolling(words.name, made)),
    update,
    mark: (chosen) => {
      for (const [row, line] of buttons.entries()) {
        for (const [column, button] of line.entries()) {
          button.setAttribute("aria-pressed", String(chosen.row === row && chosen.column === column));
        }
      }
    },
    focus: () => buttonAt(current).focus(),
  };
}

/**
 * Make a heat map without buttons, for a version whose predictions for each file are not known.
 *
 * @param {string} name
 * @param {Matrix} matrix
 */
export function stillMatrix(name, { rows, columns, counts }) {
  const made = element(
    "table",
    { class: "matrix still" },
    element("caption", null, element("span", null, name)),
    headOf(columns),
    element(
      "tbody",
      null,
      ...rows.map((label, row) => {
        const all = sum(counts[row] ?? []);
        return element(
          "tr",
          null,
          head(null, printable(label)),
          ...(counts[row] ?? []).map((files, column) => {
            const share = all ? files / all : null;
            return cell(
              `${kindOf(label, columns, column)} s${shadeOf(share)}`,
              element("b", null, count(files)),
              files > 0 && " ",
              files > 0 && element("small", null, percent(share)),
            );
          }),
        );
      }),
    ),
  );
  return scrolling(name, made);
}

/**
 * @param {string[]} columns The last one is that of the unreadable files.
 * @param {...HTMLElement} more Further cells.
 */
function headOf(columns, ...more) {
  const heads = columns.map((label, column) =>
    element("th", { scope: "col", class: column === columns.length - 1 ? "odd" : null }, printable(label)),
  );
  return element("thead", null, element("tr", null, element("td"), ...heads, ...more));
}

/** @param {number[]} counts */
function sum(counts) {
  return counts.reduce((total, one) => total + one, 0);
}

/** @param {number | null} share The shade is its root, so that a few per cent are seen. */
function shadeOf(share) {
  return Math.ceil(SHADES * Math.sqrt(share ?? 0));
}

/**
 * @param {string} label Given.
 * @param {string[]} columns
 * @param {number} column
 */
function kindOf(label, columns, column) {
  if (column === columns.length - 1) return "unreadable";
  return columns[column] === label ? "right" : "wrong";
}

/**
 * @param {number} files
 * @param {number | null} share
 * @param {string} given
 * @param {string[]} columns
 * @param {number} column
 */
function said(files, share, given, columns, column) {
  const part = share === null ? words.none : percent(share);
  if (column === columns.length - 1) return words.unreadable(counted(files), part, printable(given));
  return words.cell(counted(files), part, printable(given), printable(columns[column] ?? ""));
}

/** @param {HTMLElement} matrix */
function toggle(matrix) {
  const choice = (/** @type {string} */ shown, /** @type {string} */ text) => ({
    text,
    choose: () => {
      matrix.dataset.shown = shown;
    },
  });
  matrix.dataset.shown = "counts";
  return segments("matrix-shown", words.shown, [choice("counts", words.counts), choice("shares", words.shares)]);
}

/**
 * @param {Matrix} matrix
 * @param {(cell: Cell) => void} onChoose
 * @returns {HeatMap}
 */
function manyLabels(matrix, onChoose) {
  const { rows, columns, counts } = matrix;
  const pairs = counts
    .flatMap((line, row) => {
      const files = sum(line);
      return line
        .slice(0, -1)
        .flatMap((one, column) =>
          one && columns[column] !== rows[row] ? [{ row, column, count: one, share: one / files }] : [],
        );
    })
    .sort((one, other) => other.count - one.count || other.share - one.share)
    .slice(0, MAX_PAIRS);
  const given = choiceOf(rows);
  const predicted = choiceOf(columns);
  const look = element(
    "button",
    {
      type: "button",
      class: "button",
      onclick: () => onChoose({ row: given.selectedIndex, column: predicted.selectedIndex }),
    },
    words.look,
  );
  const node = element(
    "div",
    { class: "heat" },
    table({
      name: words.pairs,
      caption: words.pairs,
      items: pairs,
      heads: [[words.given], [words.predicted], [words.files, "n"], [words.ofLabel, "n"]],
      row: ({ row, column, count: files, share }) =>
        element(
          "tr",
          null,
          head(null, printable(rows[row] ?? "")),
          cell(null, printable(columns[column] ?? "")),
          cell(
            "n",
            element(
              "button",
              {
                type: "button",
                class: "link",
                onclick: () => onChoose({ row, column }),
                "aria-label": said(files, share, rows[row] ?? "", columns, column),
              },
              count(files),
            ),
          ),
          cell("n", percent(share)),
        ),
    }),
    element(
      "fieldset",
      { class: "any" },
      element("legend", null, words.any),
      element("label", null, element("span", null, words.given), given),
      element("label", null, element("span", null, words.predicted), predicted),
      look,
    ),
  );
  return { node, update: () => {}, mark: () => {}, focus: () => look.focus() };
}

/** @param {string[]} labels */
function choiceOf(labels) {
  return element("select", null, ...labels.map((label) => element("option", null, printable(label))));
}
