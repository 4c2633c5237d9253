// @ts-check
// Lists the content of folders that were dropped or chosen: every file, whatever its name, and every folder.

import { isFolder } from "../lib/given.js";
import { ProblemError } from "../lib/service.js";
import { set as words } from "./texts.js";

/** @typedef {import("../lib/given.js").Given} Given */
/**
 * A file or a folder of a set.
 *
 * @typedef {object} Member
 * @property {string} path A relative path with `/` between its steps; the path of a folder ends with `/`.
 * @property {(() => Promise<File>) | null} open Null for a folder.
 */

const TOLD_EVERY = 100;

/**
 * List files and folders that were dropped, with everything in the folders, sorted by path.
 *
 * @param {Given[]} given
 * @param {(files: number) => void} onFound Receives the number of files so far, now and then.
 * @param {AbortSignal} signal
 * @returns {Promise<Member[]>}
 * @throws {ProblemError} If a folder cannot be read.
 */
export async function listGiven(given, onFound, signal) {
  /** @type {Member[]} */
  const members = [];
  let files = 0;
  for (const one of given) {
    for await (const member of isFolder(one)
      ? walk(/** @type {FileSystemEntry} */ (one), "")
      : [loose(/** @type {File} */ (one))]) {
      signal.throwIfAborted();
      members.push(member);
      if (!member.open) continue;
      files += 1;
      if (files % TOLD_EVERY === 0) onFound(files);
    }
  }
  return sorted(members);
}

/**
 * List the files of a chosen folder. The browser names only those of its folders that contain files.
 *
 * @param {File[]} files
 * @returns {Member[]}
 */
export function listChosen(files) {
  const found = files.map((file) => ({ path: file.webkitRelativePath, open: () => Promise.resolve(file) }));
  const folders = new Set(found.flatMap(({ path }) => foldersOf(path)));
  return sorted([...found, ...[...folders].map((path) => ({ path, open: null }))]);
}

/**
 * Return the folders without a file at any depth. If one is inside another, return only the outer one.
 *
 * @param {Member[]} members Sorted by path.
 * @returns {string[]}
 */
export function emptyFolders(members) {
  const full = new Set(members.flatMap(({ path, open }) => (open ? foldersOf(path) : [])));
  /** @type {string[]} */
  const empty = [];
  for (const { path, open } of members) {
    const isInLast = empty.length > 0 && path.startsWith(empty[empty.length - 1] ?? "");
    if (!open && !full.has(path) && !isInLast) empty.push(path);
  }
  return empty;
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} above
 * @returns {AsyncGenerator<Member>}
 */
async function* walk(entry, above) {
  const path = `${above}${entry.name}`;
  if (entry.isDirectory) {
    yield { path: `${path}/`, open: null };
    for await (const one of entriesIn(/** @type {FileSystemDirectoryEntry} */ (entry), path))
      yield* walk(one, `${path}/`);
  } else {
    yield {
      path,
      open: () => new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject)),
    };
  }
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {string} path
 * @returns {AsyncGenerator<FileSystemEntry>}
 */
async function* entriesIn(folder, path) {
  const reader = folder.createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => {
      throw new ProblemError({ type: "about:blank", title: "", status: 0, ...words.unreadable(path) });
    });
    if (!some.length) return;
    yield* some; // the browser gives about a hundred at a time
  }
}

/**
 * @param {File} file
 * @returns {Member}
 */
function loose(file) {
  return { path: file.name, open: () => Promise.resolve(file) };
}

/**
 * @param {string} path
 * @returns {string[]} `a/b/1.png` is in `a/` and `a/b/`.
 */
function foldersOf(path) {
  const steps = path.split("/").slice(0, -1);
  return steps.map((_, index) => `${steps.slice(0, index + 1).join("/")}/`);
}

/** @param {Member[]} members */
function sorted(members) {
  return members.sort((one, other) => (one.path < other.path ? -1 : 1));
}
