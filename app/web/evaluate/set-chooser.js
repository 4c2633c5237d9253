// @ts-check
// The place where a labelled set is dropped or chosen: a zip, or folders that are packed later.

import { announce, element } from "../lib/elements.js";
import { givenBy, isZip } from "../lib/given.js";
import { problemNotice } from "../lib/notices.js";
import { bytes, count } from "../lib/numbers.js";
import { ProblemError, problemIn } from "../lib/service.js";
import { counted, printable } from "../lib/wording.js";
import { emptyFolders, listChosen, listGiven } from "./folder.js";
import { set as words } from "./texts.js";

/** @typedef {import("./folder.js").Member} Member */
/** @typedef {import("../lib/given.js").Given} Given */
/**
 * A zip, or the members to pack as one.
 *
 * @typedef {{name: string, archive: File} | {name: string, members: Promise<Member[]>}} ChosenSet
 */
/** @typedef {(onFound: (files: number) => void, signal: AbortSignal) => Promise<Member[]>} List */

/** The place, and the set that is chosen there. */
export class SetChooser {
  /** @type {ChosenSet | null} */
  chosen = null;
  #listing = new AbortController();
  #name = element("strong");
  #about = element("p", { class: "quiet" });
  #known = "";
  #folder = element("input", { type: "file", webkitdirectory: true, hidden: true });
  #zip = element("input", { type: "file", accept: ".zip,application/zip", hidden: true });
  #first = opener(words.chooseFolder, this.#folder);
  #tell;
  #onChosen;

  /**
   * @param {(...message: HTMLElement[]) => void} tell Replaces the message about the set.
   * @param {(chosen: ChosenSet | null) => void} onChosen
   * @param {AbortSignal} signal
   */
  constructor(tell, onChosen, signal) {
    this.#tell = tell;
    this.#onChosen = onChosen;
    this.#folder.addEventListener("change", () => this.#takeFolder(this.#folder.files));
    this.#zip.addEventListener("change", () => this.#takeZip(this.#zip.files));
    this.node = element(
      "section",
      { class: "archive", "aria-label": words.archive },
      element("p", null, this.#name),
      this.#about,
      element("div", { class: "buttons" }, this.#first, opener(words.chooseZip, this.#zip)),
      this.#folder,
      this.#zip,
    );
    this.#write();
    this.#listen(signal);
  }

  focus() {
    this.#first.focus();
  }

  /**
   * Choose the files and folders that were dropped, here or in another view.
   *
   * @param {Given[]} given
   */
  take(given) {
    const [first] = given;
    if (!first) return;
    if (given.length > 1 && given.some(isZip)) this.#refuse(words.mixed);
    else if (given.length === 1 && first instanceof File && !first.size)
      this.#refuse(words.noBytes(printable(first.name)));
    else if (given.length === 1 && first instanceof File)
      this.#choose({ name: printable(first.name), archive: first }, `${bytes(first.size)} · ${words.another}`);
    else
      this.#list(
        given.map((one) => one.name),
        (onFound, signal) => listGiven(given, onFound, signal),
      );
  }

  /** @param {FileList | null} files */
  #takeZip(files) {
    this.take([...(files ?? [])]);
    this.#zip.value = ""; // the same may be chosen again
  }

  /** @param {FileList | null} files */
  #takeFolder(files) {
    const all = [...(files ?? [])];
    this.#folder.value = "";
    const [root] = all[0]?.webkitRelativePath.split("/") ?? [];
    if (root) this.#list([root], async () => listChosen(all));
    else if (all.length)
      this.take(all); // the browser cannot choose folders
    else this.#refuse(words.noFiles(words.thisFolder));
  }

  /**
   * @param {string[]} names
   * @param {List} list
   */
  async #list(names, list) {
    const name = words.all(names.map(printable));
    const listing = new AbortController();
    const { signal } = listing;
    const found = (/** @type {number} */ files) => signal.aborted || this.#know(words.found(count(files)));
    const members = list(found, signal).then((all) => checked(all, name));
    this.#choose({ name, members }, words.looking);
    this.#listing = listing;
    try {
      const all = await members;
      if (signal.aborted) return;
      const files = counted(all.filter((one) => one.open).length);
      this.#know(`${files} · ${words.another}`);
      announce(words.listed(name, files));
      const empty = emptyFolders(all).map((path) => printable(path.slice(0, -1)));
      if (empty.length) this.#tell(element("p", { role: "status" }, words.empty(words.all(empty))));
    } catch (error) {
      if (!signal.aborted) this.#refuse(problemIn(error));
    }
  }

  /**
   * @param {ChosenSet | null} chosen
   * @param {string} known The line about it.
   */
  #choose(chosen, known) {
    this.#listing.abort();
    this.chosen = chosen;
    this.#know(known);
    this.#tell();
    if (chosen) announce(chosen.name);
    this.#onChosen(chosen);
  }

  /** @param {{detail: string, hint?: string}} said */
  #refuse(said) {
    this.#choose(null, "");
    this.#tell(problemNotice({ type: "about:blank", title: "", status: 0, ...said }));
  }

  /** @param {string} known */
  #know(known) {
    this.#known = known;
    this.#write();
  }

  #write() {
    const isOver = this.node?.classList.contains("over");
    this.#name.textContent = isOver ? words.dropNow : (this.chosen?.name ?? words.drop);
    this.#about.textContent = isOver || !this.chosen ? words.what : this.#known;
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const over = (/** @type {boolean} */ isOver) => {
      this.node.classList.toggle("over", isOver && this.node.isConnected);
      this.#write();
    };
    signal.addEventListener("abort", () => this.#listing.abort());
    window.addEventListener(
      "dragover",
      (event) => {
        event.preventDefault(); // the browser would open the file
        over(true);
      },
      { signal },
    );
    window.addEventListener("dragleave", (event) => !event.relatedTarget && over(false), { signal });
    window.addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        over(false);
        if (this.node.isConnected) this.take(givenBy(event.dataTransfer));
      },
      { signal },
    );
  }
}

/**
 * @param {Member[]} members
 * @param {string} name
 */
function checked(members, name) {
  if (members.some((one) => one.open)) return members;
  throw new ProblemError({ type: "about:blank", title: "", status: 0, ...words.noFiles(name) });
}

/**
 * @param {string} name
 * @param {HTMLInputElement} input
 */
function opener(name, input) {
  return element("button", { type: "button", class: "button", onclick: () => input.click() }, name);
}
