// HTML of our own server made into nodes: the one place where text becomes markup, by the one Trusted Types policy.
const policy = globalThis.trustedTypes?.createPolicy("desk", { createHTML: (html) => html }) ?? { createHTML: (html) => html };

/** Nodes of a part of a page that this server has rendered. */
export function part(html) {
  const holder = document.createElement("template");
  holder.innerHTML = policy.createHTML(html);
  return holder.content;
}

/** The page's words for these modules, which have none of their own. */
export const said = document.getElementById("said")?.dataset ?? {};

/** Put values into a sentence with {} in it. */
export function put(sentence, value) {
  return (sentence ?? "").replace("{}", value);
}

const COUNTRY_MS = 6 * 3600000;

/** The country's clock, as everywhere on the page, whatever clock the machine in front of it is set to. */
export function clockOf(date) {
  return `${new Date(date.getTime() + COUNTRY_MS).toISOString().slice(11, 19)} +06`;
}

const KEPT_MS = 60000;

/** Keep what was just said of an act when its place is shown anew: the news of that very act comes a moment later. */
export function carry(from, to, before) {
  const note = from.querySelector(".note.done");
  if (note === null || to.querySelector(".note.done") !== null) return;
  note.dataset.at ??= String(Date.now());
  if (Date.now() - Number(note.dataset.at) < KEPT_MS) before()?.before(note);
}
