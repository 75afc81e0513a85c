// In a flood new lines that are neither grave nor late stand folded by kind and region, as the server draws it when the
// page is loaded; here what comes while it is open. A fold says how many it holds, and how many want an answer.
import { put } from "./html.js";

/** Whether a line may stand in a group. */
export function within(group, line) {
  return line.dataset.fold === group.dataset.fold;
}

/** Put a line into its group, or make one with another line of its kind; false where it stands alone. */
export function fold(lines, line) {
  const key = line.dataset.fold;
  if (!key) return false;
  const alike = [...lines.children].filter((one) => one.dataset.fold === key);
  let group = alike.find((one) => one.matches(".folded"));
  if (group === undefined) {
    if (alike.length === 0) return false;
    group = document.getElementById("fold").content.firstElementChild.cloneNode(true);
    group.dataset.fold = key;
    group.querySelector(".f-name").textContent = line.dataset.foldName;
    const held = alike.some((one) => one.contains(document.activeElement));
    group.firstElementChild.open = held; // nobody's hand is taken off what it holds
    const focus = held ? document.activeElement : null;
    lines.insertBefore(group, lines.querySelector(":scope > .over"));
    group.querySelector("ol").append(...alike);
    focus?.focus();
  }
  const inner = group.querySelector("ol");
  inner.insertBefore(line, [...inner.children].find((one) => one.dataset.rank > line.dataset.rank) ?? null);
  regroup(group);
  return true;
}

/** Take a line out of its group. */
export function unfold(group, line) {
  line.remove();
  regroup(group);
}

/** Count anew what a group holds; an empty one goes. */
export function regroup(group) {
  const inside = [...group.querySelectorAll("li.line")];
  if (inside.length === 0) {
    group.remove();
    return;
  }
  const { count, toAnswer } = document.getElementById("lines").dataset;
  const asking = inside.filter((one) => "asks" in one.dataset);
  group.querySelector(".f-count").textContent = put(count, inside.length);
  group.querySelector(".f-asks").textContent = asking.length ? ` · ${put(toAnswer, asking.length)}` : "";
  const dues = asking.map((one) => one.querySelector("time[data-due]")).filter((one) => one !== null);
  const first = dues.sort((one, other) => one.dataset.due - other.dataset.due)[0];
  group.querySelector(".f-due").replaceChildren(...(first ? [" · ", first.cloneNode(true)] : []));
}
