// @ts-check
// The pieces of a set that the service needs to say what it is: of a zip, or of the zip that a folder would become.

import { crc32, Zip } from "./zip.js";

/** @typedef {import("./folder.js").Member} Member */
/** @typedef {{start: number, end: number, whole: boolean}} Wanted Bytes that the service asks for. */
/** @typedef {{start: number, data: Blob}} Piece */
/**
 * What is known of a set, to which the bytes that are wanted are added.
 *
 * @typedef {object} Pieces
 * @property {() => {size: number, pieces: Piece[]}} send The size of the zip, and the pieces of it that are known.
 * @property {(wanted: Wanted[], signal: AbortSignal) => Promise<void>} add
 */

const TAIL_BYTES = 1 << 20; // the directory of about 10,000 files
const HEAD_BYTES = 64; // more than the service looks at
const MAX_WHOLE_BYTES = 1 << 26;

/**
 * Take pieces of a zip. The service says which; nothing here knows what is in it.
 *
 * @param {Blob} zip
 * @returns {Pieces}
 */
export function piecesOfZip(zip) {
  const { size } = zip;
  /** @type {{start: number, end: number}[]} */
  let ranges =
    size <= 2 * TAIL_BYTES ? [{ start: 0, end: size }] : joined([range(0, 2), range(size - TAIL_BYTES, size)]);
  return {
    send: () => ({ size, pieces: ranges.map(({ start, end }) => ({ start, data: zip.slice(start, end) })) }),
    add: async (wanted) => {
      ranges = joined([...ranges, ...wanted]);
    },
  };
}

/**
 * Take pieces of the zip that files would become. A file that is not wanted is a gap of one byte in it, since its size
 * takes time to find out.
 *
 * @param {Member[]} members
 * @returns {Pieces}
 */
export function piecesOfFolder(members) {
  /** @type {Map<Member, {data: Blob, crc: number}>} */
  const known = new Map();
  /** @type {Map<number, Member>} */
  const places = new Map();
  return {
    send: () => {
      const zip = new Zip();
      /** @type {Piece[]} */
      const pieces = [];
      let size = 0;
      for (const member of members) {
        const { data, crc } = known.get(member) ?? { data: null, crc: 0 };
        const gap = data ? data.size : member.open ? 1 : 0;
        const head = zip.head({ path: member.path, size: gap, crc });
        places.set(size, member);
        if (data) pieces.push({ start: size, data: new Blob([head, data]) });
        else if (size === 0) pieces.push({ start: 0, data: new Blob([head]) });
        size += head.length + gap;
      }
      const end = new Blob(zip.end());
      return { size: size + end.size, pieces: [...pieces, { start: size, data: end }] };
    },
    add: async (wanted, signal) => {
      for (const { start, whole } of wanted) {
        const member = places.get(start);
        if (!member?.open) throw new Error("The service asked for bytes that are in no file.");
        const file = await member.open();
        if (whole && file.size > MAX_WHOLE_BYTES) throw new Error("The file is too large to be sent beforehand.");
        const data = whole ? file : file.slice(0, HEAD_BYTES);
        known.set(member, { data, crc: crc32(new Uint8Array(await data.arrayBuffer())) });
        signal.throwIfAborted();
      }
      places.clear();
    },
  };
}

/**
 * @param {number} start
 * @param {number} end
 */
function range(start, end) {
  return { start, end };
}

/**
 * Join ranges that overlap or touch: no byte may be sent twice.
 *
 * @param {{start: number, end: number}[]} ranges
 */
function joined(ranges) {
  /** @type {{start: number, end: number}[]} */
  const found = [];
  for (const { start, end } of [...ranges].sort((one, other) => one.start - other.start)) {
    const last = found[found.length - 1];
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  }
  return found;
}
