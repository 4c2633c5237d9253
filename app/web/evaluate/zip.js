// @ts-check
// The zip format for uncompressed files: a header before each, a directory after all. It reads no files.
// Layout and names follow PKWARE's APPNOTE 6.3.10.

/**
 * @typedef {object} Entry
 * @property {string} path A relative path with `/` between its steps; the path of a folder ends with `/`.
 * @property {number} size In bytes.
 * @property {number} crc As `crc32` returns it.
 */
/** @typedef {[width: 2 | 4 | 8, value: number]} Field Little-endian, `width` in bytes. */

const HEAD = 0x04034b50;
const ROW = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const IS_UTF8 = 0x800;
const STORED = 0;
const FIRST_DAY = 0x21; // 1980-01-01: the same files are the same bytes, and have the same digest in every report
const IS_FOLDER = 0x10;
const [PLAIN, IN_64_BITS] = [20, 45]; // the version of the format that a reader must know
const [FULL_16, FULL_32] = [0xffff, 0xffff_ffff]; // mean that the number is elsewhere, in 64 bits

const utf8 = new TextEncoder();
const remainders = new Uint32Array(256).map((_, byte) => {
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});

/**
 * Return the CRC-32 of bytes, as ISO 3309 defines it and zlib computes it.
 *
 * @param {Uint8Array} bytes
 * @param {number} [before] The CRC-32 of the bytes before these.
 */
export function crc32(bytes, before = 0) {
  let crc = ~before;
  for (let at = 0; at < bytes.length; at += 1) {
    // an iterator takes nine times as long
    crc = /** @type {number} */ (remainders[(crc ^ /** @type {number} */ (bytes[at])) & 0xff]) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Makes the parts of a zip around the bytes of its files: a `head` before each file, and the `end`. */
export class Zip {
  #entries = 0;
  #offset = 0;
  /** @type {Uint8Array[]} */
  #rows = [];

  /**
   * Return the header that precedes the bytes of a file.
   *
   * @param {Entry} entry
   * @returns {Uint8Array}
   */
  head({ path, size, crc }) {
    const name = utf8.encode(path);
    const sizes = size >= FULL_32 ? [size, size] : [];
    const places = this.#offset >= FULL_32 ? [this.#offset] : [];
    /** @type {(numbers: number[]) => Field[]} */
    const both = (numbers) => [
      [2, numbers.length ? IN_64_BITS : PLAIN],
      [2, IS_UTF8],
      [2, STORED],
      [2, 0],
      [2, FIRST_DAY],
      [4, crc],
      [4, Math.min(size, FULL_32)],
      [4, Math.min(size, FULL_32)],
      [2, name.length],
      [2, in64Bits(numbers).length],
    ];
    const head = joined(record([4, HEAD], ...both(sizes)), name, in64Bits(sizes));
    const rest = [...sizes, ...places];
    this.#rows.push(
      joined(
        record(
          [4, ROW],
          [2, IN_64_BITS],
          ...both(rest),
          [2, 0],
          [2, 0],
          [2, 0],
          [4, path.endsWith("/") ? IS_FOLDER : 0],
          [4, Math.min(this.#offset, FULL_32)],
        ),
        name,
        in64Bits(rest),
      ),
    );
    this.#entries += 1;
    this.#offset += head.length + size;
    return head;
  }

  /**
   * Return the directory that follows all files.
   *
   * @returns {Uint8Array[]}
   */
  end() {
    const [entries, offset] = [this.#entries, this.#offset];
    const size = this.#rows.reduce((sum, row) => sum + row.length, 0);
    const isLarge = entries >= FULL_16 || size >= FULL_32 || offset >= FULL_32;
    const large = [
      record(
        [4, END_64],
        [8, 44],
        [2, IN_64_BITS],
        [2, IN_64_BITS],
        [4, 0],
        [4, 0],
        [8, entries],
        [8, entries],
        [8, size],
        [8, offset],
      ),
      record([4, LOCATOR_64], [4, 0], [8, offset + size], [4, 1]),
    ];
    const declared = Math.min(entries, FULL_16);
    return [
      ...this.#rows,
      ...(isLarge ? large : []),
      record(
        [4, END],
        [2, 0],
        [2, 0],
        [2, declared],
        [2, declared],
        [4, Math.min(size, FULL_32)],
        [4, Math.min(offset, FULL_32)],
        [2, 0],
      ),
    ];
  }
}

/**
 * Return the extra field that holds numbers in 64 bits; it is empty without numbers.
 *
 * @param {number[]} numbers
 */
function in64Bits(numbers) {
  if (!numbers.length) return new Uint8Array();
  return record([2, 1], [2, 8 * numbers.length], ...numbers.map((one) => /** @type {Field} */ ([8, one])));
}

/**
 * @param {...Field} fields
 * @returns {Uint8Array}
 */
function record(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (value >= 2 ** (8 * width)) throw new RangeError(`${value} does not fit into ${width} bytes`);
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return new Uint8Array(view.buffer);
}

/** @param {...Uint8Array} pieces */
function joined(...pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
