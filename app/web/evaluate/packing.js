// @ts-check
// Packs a set of files as a zip: heads and the files themselves, which the browser reads again when they are sent.

import { ProblemError } from "../lib/service.js";
import texts from "../lib/texts.js";
import { crc32, Zip } from "./zip.js";

/** @typedef {import("./folder.js").Member} Member */

const TOLD_EVERY_MS = 100;

/**
 * Pack files. They are read once, for their checksums; of none more than a piece is in memory.
 *
 * @param {string} name Of the file that is made.
 * @param {Member[]} members
 * @param {(done: number, total: number) => void} onPacked Told how many files are done, now and then.
 * @param {AbortSignal} signal
 * @returns {Promise<File>}
 * @throws {ProblemError} A file cannot be read.
 */
export async function pack(name, members, onPacked, signal) {
  const zip = new Zip();
  const parts = [];
  const total = members.filter((one) => one.open).length;
  let [done, told] = [0, 0];
  for (const { path, open } of members) {
    signal.throwIfAborted();
    if (!open) {
      parts.push(zip.head({ path, size: 0, crc: 0 }));
      continue;
    }
    if (performance.now() - told > TOLD_EVERY_MS) {
      told = performance.now();
      onPacked(done, total);
    }
    const [file, crc] = await read(path, open, signal);
    parts.push(zip.head({ path, size: file.size, crc }), file);
    done += 1;
  }
  return new File([...parts, ...zip.end()], name, { type: "application/zip" });
}

/**
 * @param {string} path
 * @param {() => Promise<File>} open
 * @param {AbortSignal} signal
 * @returns {Promise<[File, number]>} With its checksum.
 */
async function read(path, open, signal) {
  try {
    const file = await open();
    return [file, await checksum(file, signal)];
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ProblemError({ type: "about:blank", title: "", status: 0, ...texts.evaluate.unreadable(path) });
  }
}

/**
 * @param {File} file
 * @param {AbortSignal} signal
 */
async function checksum(file, signal) {
  const reader = file.stream().getReader();
  let [crc, size] = [0, 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    crc = crc32(value, crc);
    size += value.length;
    if (signal.aborted) await reader.cancel();
    signal.throwIfAborted();
  }
  if (size !== file.size) throw new Error("The file was changed while it was read.");
  return crc;
}
