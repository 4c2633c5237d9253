// @ts-check
// Reads and writes comma-separated values (RFC 4180), a row at a time: names may hold commas, quotes and line breaks.

const QUOTE = 34;
const COMMA = 44;
const LINE_FEED = 10;
const RETURN = 13;

// As `model_store/cells.py`: no spreadsheet takes a cell for a formula, and what is read is what was written.
const BEGINNING = "(?:^(?='*[=+\\-@＝＋－＠\\t\\r\\n])|(?<=[;\\t\\r\\n])(?='*[=+\\-@＝＋－＠]))";
const FORMULA = new RegExp(BEGINNING, "g");
const QUOTED_FORMULA = new RegExp(`${BEGINNING}'`, "g");

/**
 * Yield the rows of a table.
 *
 * @param {string} text
 * @returns {Generator<string[], void, void>}
 * @throws {SyntaxError} If the text ends inside quotes.
 */
export function* rowsOf(text) {
  let at = 0;
  while (at < text.length) {
    /** @type {string[]} */
    const row = [];
    do {
      const isQuoted = text.charCodeAt(at) === QUOTE;
      const end = isQuoted ? endOfQuoted(text, at) : endOfPlain(text, at);
      const field = isQuoted ? unquoted(text.slice(at, end)) : text.slice(at, end);
      row.push(field.includes("'") ? field.replace(QUOTED_FORMULA, "") : field);
      at = end + 1;
    } while (text.charCodeAt(at - 1) === COMMA);
    if (text.charCodeAt(at - 1) === RETURN && text.charCodeAt(at) === LINE_FEED) at += 1;
    yield row;
  }
}

/**
 * Write a row, with its line break.
 *
 * @param {string[]} fields
 */
export function rowOf(fields) {
  const harmless = fields.map((field) => field.replace(FORMULA, "'"));
  const written = harmless.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return `${written.join(",")}\r\n`;
}

/**
 * @param {string} text
 * @param {number} start
 * @returns {number} Where the field's comma or line break is, or the end of the text.
 */
function endOfPlain(text, start) {
  let at = start;
  for (; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === COMMA || unit === LINE_FEED || unit === RETURN) break;
  }
  return at;
}

/**
 * @param {string} text
 * @param {number} start Where the opening quote is.
 * @returns {number} As `endOfPlain`.
 */
function endOfQuoted(text, start) {
  let close = text.indexOf('"', start + 1);
  while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) close = text.indexOf('"', close + 2);
  if (close < 0) throw new SyntaxError("The table ends inside quotes.");
  return endOfPlain(text, close + 1);
}

/**
 * @param {string} field With its quotes.
 * @returns {string}
 */
function unquoted(field) {
  return field.slice(1, field.lastIndexOf('"')).replaceAll('""', '"');
}
