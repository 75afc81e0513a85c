// Reports: a draft that survives a lost line, and a place that is found while it is typed. Nothing here is needed.
import { dropDraft, dropDrafts, keepDraft, readDraft } from "./drafts.js";

const SAVE_AFTER_MS = 400;
const ASK_MS = 5000;
const form = document.getElementById("report");
const sent = document.getElementById("sent");

function pairs() {
  return [...new FormData(form)].filter(([name, text]) => typeof text === "string" && name !== "~act" && name !== "~id");
}

function save() {
  keepDraft(form.dataset.draft, pairs());
}

function bindDraft() {
  let waiting = 0;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(save, SAVE_AFTER_MS); });
  if (!form.dataset.fresh) { save(); return; }
  const draft = readDraft(form.dataset.draft);
  const note = document.getElementById("draft");
  if (!draft || !note) return;
  const at = document.getElementById("draft-at");
  at.dateTime = new Date(draft.at).toISOString();
  at.textContent = new Date(draft.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  note.hidden = false;
  document.getElementById("draft-drop").addEventListener("click", () => { dropDraft(form.dataset.draft); note.hidden = true; });
  document.getElementById("draft-take").addEventListener("click", () => take(draft));
}

// The server makes the form of it, rows and all.
function take(draft) {
  const again = document.createElement("form");
  again.method = "post";
  again.action = form.action;
  again.hidden = true;
  for (const [name, text] of [...draft.pairs, ["~act", "draft"]]) {
    const field = document.createElement("textarea");
    field.name = String(name);
    field.value = String(text);
    again.append(field);
  }
  document.body.append(again);
  again.submit();
}

// A press is passed on once the desk is known to answer: a lost line leaves the page, and what was typed, as they are.
function askFirst() {
  let passed = false;
  form.addEventListener("submit", async (event) => {
    if (passed) { passed = false; return; }
    event.preventDefault();
    const button = event.submitter;
    const lost = document.getElementById("report-lost");
    save();
    button?.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch("/alive", { cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
      if (!answer.ok) throw new Error("no answer");
      lost.hidden = true;
      passed = true;
      form.requestSubmit(button ?? undefined);
    } catch {
      lost.hidden = false;
      lost.scrollIntoView({ block: "nearest" });
    } finally {
      button?.removeAttribute("aria-busy");
    }
  });
}

function field(name) {
  return form.elements.namedItem(name);
}

async function ask(query) {
  const answer = await fetch(`/report/where?${new URLSearchParams(query)}`, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error("no answer");
  return answer.json();
}

function tell(found) {
  const line = document.getElementById("found");
  line.textContent = found ? `✓ ${found}` : "";
}

function findPlace() {
  const lat = field("where.point.lat");
  const lon = field("where.point.lon");
  const name = field("where.place");
  if (!lat || !lon || !name) return;
  const look = async () => {
    try { tell((await ask({ name: name.value, lat: lat.value, lon: lon.value })).found); } catch { /* the look says it */ }
  };
  for (const each of [lat, lon, name]) each.addEventListener("change", look);
  document.getElementById("find").hidden = true;
  for (const map of form.querySelectorAll(".map-press input[type=image]")) {
    map.addEventListener("click", async (event) => {
      if (event.detail === 0) return; // by keyboard: no place was pressed, the form is sent
      event.preventDefault();
      await press(map, Math.round(event.offsetX), Math.round(event.offsetY), { lat, lon });
    });
  }
}

async function press(map, x, y, { lat, lon }) {
  const around = document.getElementById("around");
  const [midLat = "", midLon = ""] = around.value.split(",");
  const size = map.name.replace("map-", "");
  try {
    const answer = await ask({ lat: midLat, lon: midLon, press: `${size},${Math.max(x, 0)},${Math.max(y, 0)}` });
    lat.value = answer.lat;
    lon.value = answer.lon;
    field("where.point.accuracy_m").value = answer.accuracy;
    around.value = answer.around;
    document.getElementById("country").hidden = false;
    const query = new URLSearchParams({ around: answer.around, lat: answer.lat, lon: answer.lon, lang: document.documentElement.lang });
    for (const each of form.querySelectorAll(".map-press input[type=image]")) each.src = `/report/map.svg?${query}`;
    tell(answer.found);
    save();
  } catch { document.getElementById("report-lost").hidden = false; }
}

dropDrafts((form ?? sent).dataset.draft.split(":")[0]);
if (sent) dropDraft(sent.dataset.draft);
if (form) {
  if (form.dataset.kept) {
    save();
  } else {
    bindDraft();
    findPlace();
  }
  askFirst();
  document.getElementById("wrong")?.focus();
}
