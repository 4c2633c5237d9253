// @ts-check
// Stylesheets of views: loaded with the first view that needs them.

/** @type {Map<string, Promise<void>>} */
const loaded = new Map();

/**
 * Load a view's module and its stylesheets.
 *
 * @template Module
 * @param {Promise<Module>} module
 * @param {...string} names Addresses of stylesheets, relative to this file; later ones override earlier ones.
 * @returns {Promise<Module>} The module, once its stylesheets are loaded, too.
 */
export async function styled(module, ...names) {
  const styles = names.map((name) => loaded.get(name) ?? load(name));
  const [shown] = await Promise.all([module, ...styles]);
  return shown;
}

/**
 * @param {string} name
 * @returns {Promise<void>}
 */
function load(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(name, import.meta.url).href;
  /** @type {Promise<void>} */
  const style = new Promise((resolve, reject) => {
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => {
      link.remove();
      loaded.delete(name);
      reject(new Error(`The stylesheet ${name} could not be loaded.`));
    });
  });
  loaded.set(name, style);
  document.head.append(link);
  return style;
}
