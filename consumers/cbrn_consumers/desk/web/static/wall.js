// The wall asks for itself anew, and says so when nobody answers: nobody is there who could press a key.
import { clockOf, part, put } from "./html.js";

const EVERY_MS = 5000;
const GIVEN_UP_MS = 8000;
const wall = document.getElementById("wall");
const lost = document.getElementById("wall-lost");
let since = new Date();

async function anew() {
  try {
    const answer = await fetch("/wall/now", { signal: AbortSignal.timeout(GIVEN_UP_MS), redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      location.reload(); // signed out: the page of the sign-in says so
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    wall.replaceChildren(part(await answer.text()));
    since = new Date();
    lost.hidden = true;
    document.body.classList.remove("line-lost");
  } catch {
    lost.textContent = put(document.body.dataset.lost, clockOf(since));
    lost.hidden = false;
    document.body.classList.add("line-lost");
  }
}

async function always() {
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY_MS));
    await anew();
  }
}

always();
