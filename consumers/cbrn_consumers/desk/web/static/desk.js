// What every page does when there is JavaScript: the pulse, the lost line, countdowns, acts without a new page, keys.
// Without it all of this is there by plain pages and forms.
import { clockOf, put, said } from "./html.js";
import { bindActs } from "./acts.js";
import { dropDrafts } from "./drafts.js";
import { bindKeys } from "./keys.js";
import { share } from "./line.js";
import { bindList } from "./list.js";
import { bindNotify } from "./notify.js";
import { bindSituation } from "./situation.js";
import { soundIsOn, soundLost, turnSound } from "./sound.js";

const body = document.body;
let ahead = body.dataset.now ? Number(body.dataset.now) - Date.now() / 1000 : 0; // the server's clock against this machine's, in seconds

function span(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  if (whole < 60) return `${whole} ${said.seconds}`;
  if (hours === 0) return `${minutes} ${said.minutes}`;
  if (hours >= 48) return `${Math.floor(whole / 86400)} ${said.days}`;
  return minutes % 60 ? `${hours} ${said.hours} ${minutes % 60} ${said.minutes}` : `${hours} ${said.hours}`;
}

function tick() {
  const now = Date.now() / 1000 + ahead;
  for (const one of document.querySelectorAll("time[data-due]")) {
    const left = Number(one.dataset.due) - now;
    const text = put(left < 0 ? said.late : said.in, span(left));
    if (one.textContent !== text) one.textContent = text;
    if (left < 0 && !one.classList.contains("late")) {
      one.classList.add("late");
      one.closest(".line")?.classList.add("is-late");
    }
  }
}

const lostBar = document.getElementById("lost");
const pulse = document.getElementById("pulse");
const pulseText = document.getElementById("pulse-text");

function lost(since) {
  body.classList.add("line-lost");
  lostBar.textContent = put(said.lost, clockOf(new Date(since.getTime() + ahead * 1000)));
  lostBar.hidden = false;
  soundLost();
}

function back() {
  body.classList.remove("line-lost");
  lostBar.hidden = true;
  speak(said.back);
}

/** Say something to who listens to the page: at once for what is extreme. */
export function speak(text, now = false) {
  const place = document.getElementById(now ? "spoken-now" : "spoken");
  if (place) place.textContent = text;
}

function beat(data) {
  ahead = data.now - Date.now() / 1000;
  const busLost = !data.connected;
  if (data.heard) pulseText.textContent = put(busLost ? said.busLost : said.heard, data.heard);
  if (busLost && !pulse.classList.contains("lost")) soundLost();
  pulse.classList.toggle("lost", busLost);
}

// On a phone the menu lies over the page: Escape, and a touch beside it, put it away.
function bindMenu() {
  const menu = document.querySelector("details.menu");
  const shut = () => {
    if (menu.contains(document.activeElement)) menu.firstElementChild.focus();
    menu.open = false;
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu?.open) shut();
  });
  document.addEventListener("click", (event) => {
    if (menu?.open && !menu.contains(event.target)) menu.open = false;
  });
}

function choices() {
  const button = document.getElementById("sound");
  if (button) {
    const show = () => {
      button.textContent = soundIsOn() ? said.soundOn : said.soundOff;
      button.setAttribute("aria-pressed", String(soundIsOn()));
    };
    button.hidden = false;
    show();
    button.addEventListener("click", () => {
      turnSound(!soundIsOn());
      show();
    });
  }
  bindNotify(document.getElementById("notify"));
  const print = document.getElementById("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => globalThis.print());
  }
}

const rooms = { list: () => bindList({ speak }), situation: () => bindSituation({ speak }) };
const told = rooms[body.dataset.room]?.() ?? (() => {});
bindActs();
document.querySelector("form.sign-out")?.addEventListener("submit", () => dropDrafts());
bindKeys();
bindMenu();
choices();
tick();
setInterval(tick, 1000);
if (body.dataset.stream) {
  share(body.dataset.line, body.dataset.stream, {
    told(name, data) {
      if (name === "pulse") beat(data);
      else if (name === "reset") location.reload();
      else told(name, data);
    },
    lost,
    back,
    signedOut: () => location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`),
  });
}
body.dataset.ready = "";
