// @ts-check
// Files and folders that a person drops, pastes or chooses, and that one view hands over to another.

/** @typedef {File | FileSystemDirectoryEntry} Given */

const ZIP_TYPES = ["application/zip", "application/x-zip-compressed"];

/** @type {Given[]} */
let handed = [];

/**
 * Return the files and folders that are dropped or pasted. They exist only while the event is handled.
 *
 * @param {DataTransfer | null} transfer
 * @returns {Given[]}
 */
export function givenBy(transfer) {
  const given = [...(transfer?.items ?? [])].map((one) => {
    const entry = one.webkitGetAsEntry();
    return entry?.isDirectory ? /** @type {FileSystemDirectoryEntry} */ (entry) : one.getAsFile();
  });
  return given.flatMap((one) => one ?? []);
}

/** @param {Given} one */
export function isFolder(one) {
  return !(one instanceof File);
}

/** @param {Given} one */
export function isZip(one) {
  return one instanceof File && (/\.zip$/i.test(one.name) || ZIP_TYPES.includes(one.type));
}

/**
 * Keep files and folders for another view, until it takes them.
 *
 * @param {Given[]} given
 */
export function handOver(given) {
  handed = given;
}

/**
 * Take the files and folders that were handed over, which are then forgotten.
 *
 * @returns {Given[]}
 */
export function takeOver() {
  const taken = handed;
  handed = [];
  return taken;
}
