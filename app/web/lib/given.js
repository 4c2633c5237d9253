// @ts-check
// What a person gives by dropping, pasting or choosing: files and folders; and what one view hands over to another.

/** @typedef {File | FileSystemDirectoryEntry} Given */

const ZIP_TYPES = ["application/zip", "application/x-zip-compressed"];

/** @type {Given[]} */
let handed = [];

/**
 * Return the files and folders that are dropped or pasted; only while that event is handled are they there.
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
 * Keep what another view is for, until that takes it.
 *
 * @param {Given[]} given
 */
export function handOver(given) {
  handed = given;
}

/**
 * Take what was handed over; it is there once.
 *
 * @returns {Given[]}
 */
export function takeOver() {
  const taken = handed;
  handed = [];
  return taken;
}
