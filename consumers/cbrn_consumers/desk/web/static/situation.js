// A situation's page, as it changes: shown anew whole, unless somebody is writing on it.
import { carry, part, said } from "./html.js";

/** Whether something was typed that would be lost: also what a form that failed was given back with. */
function typing(sheet) {
  const given = sheet.querySelector("#trouble") !== null;
  const typed = [...sheet.querySelectorAll("input:not([type=hidden]), textarea")];
  return typed.some((one) => one.value !== (given ? "" : one.defaultValue));
}

/** Put the sheet anew; what was open stays open. */
export function show(html) {
  const sheet = document.getElementById("sheet");
  const open = [...sheet.querySelectorAll("details")].map((one) => one.open);
  const held = sheet.contains(document.activeElement) ? document.activeElement.id : "";
  const anew = part(html);
  carry(sheet, anew, () => anew.querySelector("article > header")?.nextElementSibling);
  sheet.replaceChildren(anew);
  for (const [number, one] of [...sheet.querySelectorAll("details")].entries()) one.open ||= open[number] ?? false;
  if (held) document.getElementById(held)?.focus();
}

export function bindSituation({ speak }) {
  const name = document.body.dataset.situation;
  const more = document.getElementById("more-news");

  async function anew() {
    const sheet = document.getElementById("sheet");
    if (typing(sheet) || sheet.querySelector("[aria-busy]")) {
      const link = document.createElement("a");
      link.href = location.pathname;
      link.textContent = said.changed;
      more.replaceChildren(link);
      more.hidden = false;
      return;
    }
    try {
      const answer = await fetch(location.href, { headers: { "x-desk": "part", accept: "text/html" } });
      if (answer.ok && !answer.redirected) show(await answer.text());
    } catch {
      // The line is lost: the page says so, and is shown anew when it is back.
    }
    speak(said.changed);
  }

  return (event, data) => {
    if (event === "row" && data.situation === name) anew();
  };
}
