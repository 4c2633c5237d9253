// @ts-check
// Stylesheets of views: loaded with the first view that needs them.

/** @type {Map<string, Promise<void>>} */
const loaded = new Map();

/**
 * Load a view's module and its stylesheet.
 *
 * @template Module
 * @param {Promise<Module>} module
 * @param {string} name Of the stylesheet, beside this file.
 * @returns {Promise<Module>} When both are there.
 */
export async function styled(module, name) {
  const style = loaded.get(name) ?? load(name);
  loaded.set(name, style);
  const [there] = await Promise.all([module, style]);
  return there;
}

/** @param {string} name */
function load(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(name, import.meta.url).href;
  return new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => {
      link.remove();
      loaded.delete(name);
      reject(new Error(`${name} could not be loaded`));
    });
    document.head.append(link);
  });
}
