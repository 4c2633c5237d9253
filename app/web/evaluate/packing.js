// @ts-check
// Packs a set of files as a zip of headers and the files themselves, which the browser reads again when it sends them.

import { ProblemError } from "../lib/service.js";
import { set as words } from "./texts.js";
import { crc32, Zip } from "./zip.js";

/** @typedef {import("./folder.js").Member} Member */

const REPORT_EVERY_MS = 100;

/**
 * Pack files. Each is read once for its checksum, a piece at a time.
 *
 * @param {string} name The name of the zip.
 * @param {Member[]} members
 * @param {(done: number, total: number) => void} onPacked Receives the number of files done, now and then.
 * @param {AbortSignal} signal
 * @returns {Promise<File>}
 * @throws {ProblemError} If a file cannot be read.
 */
export async function pack(name, members, onPacked, signal) {
  const zip = new Zip();
  const parts = [];
  const total = members.filter((one) => one.open).length;
  let [done, reportedAt] = [0, 0];
  for (const { path, open } of members) {
    signal.throwIfAborted();
    if (!open) {
      parts.push(zip.head({ path, size: 0, crc: 0 }));
      continue;
    }
    if (performance.now() - reportedAt > REPORT_EVERY_MS) {
      reportedAt = performance.now();
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
 * @returns {Promise<[File, number]>} The file and its checksum.
 */
async function read(path, open, signal) {
  try {
    const file = await open();
    return [file, await checksum(file, signal)];
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ProblemError({ type: "about:blank", title: "", status: 0, ...words.unreadable(path) });
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
