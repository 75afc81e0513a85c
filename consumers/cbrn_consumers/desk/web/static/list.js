// The list, as it changes: a line is put where its rank says, in place of what it was. Nothing moves under a thumb that
// is pressing: a line that is being written is left alone until its answer is there.
import { carry, part, said } from "./html.js";
import { sound } from "./sound.js";

const FLOOD_MS = 600000;
const FLOOD_ABOVE = 10;
const FOLDED = new Set(["Moderate", "Minor"]);

/** The line of a situation, wherever it stands. */
export function lineOf(situation) {
  return document.querySelector(`li.line[data-situation="${CSS.escape(situation)}"]`);
}

/** Put a line into the list by its rank. */
export function place(line) {
  const lines = document.getElementById("lines");
  const after = [...lines.children].find((one) => one.dataset.rank !== undefined && one.dataset.rank > line.dataset.rank);
  lines.insertBefore(line, after ?? null);
}

/** Put a line in place of what stands there, and keep the eye and the finger where they were. */
export function swap(old, line) {
  const held = old.contains(document.activeElement);
  const pressed = held && document.activeElement.tagName === "BUTTON";
  if (old.dataset.rank === line.dataset.rank || !old.parentElement.matches("#lines")) old.replaceWith(line);
  else {
    old.remove();
    place(line);
  }
  if (held) (pressed ? line.querySelector("button") ?? line.querySelector("a") : line.querySelector("a"))?.focus();
}

export function bindList({ speak }) {
  const narrowed = "narrowed" in document.body.dataset;
  const more = document.getElementById("more-news");
  const title = document.title.replace(/^\(\d+\) /, "");
  let fresh = [];

  function outside() {
    if (!more.hidden) return;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = said.more;
    more.replaceChildren(link);
    more.hidden = false;
  }

  function flooded(data) {
    const now = Date.now();
    fresh = [...fresh.filter((at) => now - at < FLOOD_MS), now];
    return fresh.length > FLOOD_ABOVE && FOLDED.has(data.severity);
  }

  function row(data) {
    const old = lineOf(data.situation);
    if (old?.querySelector("[aria-busy]")) return;
    const line = part(data.html).querySelector("li");
    if (line === null) {
      old?.remove();
      return;
    }
    if (old !== null) {
      const acts = line.querySelector(".l-acts");
      carry(old, line, () => acts.firstElementChild ?? acts.appendChild(document.createElement("span")));
      swap(old, line);
    }
    if (old === null && (narrowed || flooded(data))) outside();
    else if (old === null) place(line);
    document.getElementById("nothing")?.remove();
    line.classList.add("fresh");
    if (data.over) speak(data.headline);
    else if (data.asks || old === null) tell(data, speak);
  }

  return (name, data) => {
    if (name === "row") row(data);
    if (name === "counts") {
      document.getElementById("counts").replaceChildren(part(data.html));
      document.title = data.to_answer ? `(${data.to_answer}) ${title}` : title;
    }
  };
}

const sounded = new Map();

function tell(data, speak) {
  // The same message again, with another body's answer, is no news to the ear.
  if (sounded.get(data.situation) >= data.updated) return;
  sounded.set(data.situation, data.updated);
  speak(data.headline, data.severity === "Extreme");
  sound(data.severity, data.exercise);
  if (document.hidden && "Notification" in globalThis && Notification.permission === "granted") {
    const note = new Notification(data.glimpse, { tag: data.situation, requireInteraction: data.severity === "Extreme" });
    note.onclick = () => {
      focus();
      note.close();
    };
  }
}
