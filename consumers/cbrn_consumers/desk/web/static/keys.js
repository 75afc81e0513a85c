// Keys for who has both hands on them: j and k through the list, Enter opens, a presses, / searches, ? helps.
export function bindKeys() {
  const help = document.getElementById("keys-help");
  const button = document.getElementById("keys");
  if (help === null) return;
  if (button !== null) {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select, dialog[open]")) return;
    const act = { j: () => move(1), k: () => move(-1), a: press, "/": search, "?": () => help.showModal() }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

function here() {
  return document.activeElement?.closest("li.line") ?? null;
}

function move(by) {
  const lines = [...document.querySelectorAll("#lines li.line")].filter((one) => one.offsetParent !== null);
  const now = lines.indexOf(here());
  const next = lines[now < 0 ? (by > 0 ? 0 : lines.length - 1) : Math.min(Math.max(now + by, 0), lines.length - 1)];
  next?.querySelector("a")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function press() {
  here()?.querySelector(".l-acts button")?.click();
}

function search() {
  const asked = document.getElementById("q");
  if (asked === null) return;
  asked.closest("details").open = true;
  asked.focus();
}
