// Acts without a new page. A button never lies: it says «being written» until the answer is there, and what the log holds
// comes from the server. When the line is lost it says so, and what was typed stays.
import { part, said } from "./html.js";
import { lineOf, swap } from "./list.js";
import { show } from "./situation.js";

const ANSWER_WITHIN_MS = 30000;

export function bindActs() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-act]");
    if (form === null) return;
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    if (button.getAttribute("aria-busy") !== "true") send(form, button);
  });
}

async function send(form, button) {
  const words = button.textContent;
  button.setAttribute("aria-busy", "true");
  button.textContent = said.writing;
  form.querySelector(".note")?.remove();
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "x-desk": "part", accept: "text/html" },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (answer.redirected || answer.status === 401) {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    const html = await answer.text();
    if (form.querySelector("[name=place]")?.value === "list") {
      const line = part(html).querySelector("li");
      if (line === null) throw new Error("no line");
      button.removeAttribute("aria-busy");
      swap(lineOf(form.querySelector("[name=situation]").value), line);
    } else {
      if (part(html).querySelector("article") === null) throw new Error("no sheet");
      button.removeAttribute("aria-busy");
      show(html);
      document.querySelector("#done, #trouble")?.scrollIntoView({ block: "nearest" });
    }
  } catch {
    button.removeAttribute("aria-busy");
    button.textContent = words;
    const note = document.createElement("p");
    note.className = "note wrong";
    note.setAttribute("role", "alert");
    note.textContent = said.failed;
    form.append(note);
  }
}
