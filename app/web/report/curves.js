// @ts-check
// The curves of a report, taken from the page that the service makes of it.

import { element } from "../lib/elements.js";
import { section } from "./parts.js";
import { curves as words } from "./texts.js";

const DATA_ADDRESS = /^data:image\/(svg\+xml|png);base64,[A-Za-z0-9+/=]+$/;

/**
 * Make the section of the curves. The service draws them when they are about to scroll into view.
 *
 * @param {() => Promise<Document>} askPage The service's own page of the report.
 */
export function curves(askPage) {
  const places = element(
    "div",
    { class: "pictures" },
    ...Array.from({ length: 3 }, () =>
      element("figure", { class: "drawn" }, element("p", { class: "quiet" }, words.waiting)),
    ),
  );
  const made = section("curves", words.title, places, element("p", { class: "quiet" }, words.note));
  const watcher = new IntersectionObserver(
    ([seen]) => {
      if (!seen?.isIntersecting) return;
      watcher.disconnect();
      askPage().then(
        (page) => {
          const pictures = [...page.querySelectorAll("#curves img")].flatMap((one) => pictureOf(one));
          if (pictures.length) places.replaceChildren(...pictures);
          else made.remove();
        },
        () => made.remove(),
      );
    },
    { rootMargin: "600px" },
  );
  watcher.observe(made);
  return made;
}

/**
 * Copy a picture of the page: only its data, its size and its description.
 *
 * @param {Element} image
 */
function pictureOf(image) {
  const light = image.getAttribute("src") ?? "";
  if (!DATA_ADDRESS.test(light)) return [];
  const dark = image.parentElement?.querySelector("source")?.getAttribute("srcset") ?? "";
  return [
    element(
      "figure",
      { class: "drawn" },
      element(
        "picture",
        null,
        DATA_ADDRESS.test(dark) &&
          element("source", { srcset: dark, media: "screen and (prefers-color-scheme: dark)" }),
        element("img", {
          src: light,
          alt: image.getAttribute("alt"),
          width: Number(image.getAttribute("width")),
          height: Number(image.getAttribute("height")),
        }),
      ),
    ),
  ];
}
