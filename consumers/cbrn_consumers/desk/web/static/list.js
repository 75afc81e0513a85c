// The list, as it changes: a line is put where its rank says, in place of what it was. Nothing moves under a thumb that
// is pressing: a line that is being written is left alone until its answer is there.
import { fold, regroup, unfold, within } from "./folds.js";
import { carry, part, said } from "./html.js";
import { notify } from "./notify.js";
import { sound } from "./sound.js";

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
  const group = old.closest("li.folded");
  if (group === null && old.dataset.rank !== line.dataset.rank) {
    old.remove();
    place(line);
  } else if (group !== null && !within(group, line)) {
    unfold(group, old);
    place(line); // what becomes grave or late is hidden nowhere
  } else {
    old.replaceWith(line);
    if (group !== null) regroup(group);
  }
  if (held) (pressed ? line.querySelector("button") ?? line.querySelector("a") : line.querySelector("a"))?.focus();
}

function gone(line) {
  const group = line.closest("li.folded");
  if (group === null) line.remove();
  else unfold(group, line);
}

export function bindList({ speak }) {
  const narrowed = "narrowed" in document.body.dataset;
  const more = document.getElementById("more-news");
  const title = document.title.replace(/^\(\d+\) /, "");
  const lines = document.getElementById("lines");

  function outside() {
    if (!more.hidden) return;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = said.more;
    more.replaceChildren(link);
    more.hidden = false;
  }

  function row(data) {
    const old = lineOf(data.situation);
    if (old?.querySelector("[aria-busy]")) return;
    const line = part(data.html).querySelector("li");
    if (line === null) {
      if (old !== null) gone(old);
      return;
    }
    if (old !== null) {
      const acts = line.querySelector(".l-acts");
      carry(old, line, () => acts.firstElementChild ?? acts.appendChild(document.createElement("span")));
      swap(old, line);
    }
    if (old === null && narrowed) outside();
    else if (old === null && !("flood" in lines.dataset && fold(lines, line))) place(line);
    document.getElementById("nothing")?.remove();
    line.classList.add("fresh");
    if (data.over) speak(data.headline);
    else if (data.asks || old === null) tell(data, speak);
  }

  function flood(on) {
    lines.toggleAttribute("data-flood", on);
    document.getElementById("flood").hidden = !on;
  }

  return (name, data) => {
    if (name === "row") row(data);
    if (name === "counts") {
      document.getElementById("counts").replaceChildren(part(data.html));
      if (!narrowed) flood(data.flood);
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
  notify(data);
}
