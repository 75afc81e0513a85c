// The browser's own notifications, by choice: beside other windows, where anybody may read them. So the server says what may
// stand there: an exercise says so first, and of what is restricted there is no more than that there is something.
import { said } from "./html.js";

const KEY = "desk-notify";

function may() {
  return "Notification" in globalThis && Notification.permission === "granted";
}

export function notifying() {
  return may() && localStorage.getItem(KEY) === "on";
}

/** Show a notification of a line, where nobody looks at the page. */
export function notify(data) {
  if (!document.hidden || !notifying()) return;
  const note = new Notification(data.notice, { tag: data.situation, requireInteraction: data.severity === "Extreme" });
  note.onclick = () => {
    focus();
    note.close();
  };
}

/** Let the button ask for it, and turn it off and on. */
export function bindNotify(button) {
  if (button === null || !("Notification" in globalThis)) return;
  const show = () => {
    button.hidden = Notification.permission === "denied";
    button.textContent = notifying() ? said.notifyOn : said.notifyOff;
    button.setAttribute("aria-pressed", String(notifying()));
  };
  show();
  button.addEventListener("click", async () => {
    const on = !notifying();
    if (on && !may()) await Notification.requestPermission();
    localStorage.setItem(KEY, on && may() ? "on" : "off");
    show();
  });
}
