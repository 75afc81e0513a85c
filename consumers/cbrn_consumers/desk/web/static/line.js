// One line a browser, not one a page: over HTTP/1.1 six pages would use up all its connections, and the seventh would hang.
// The page that holds the lock has the line and tells the others what it hears; when it goes, the next one has it. Each
// page knows what it has heard by number, so that nothing is lost or doubled when the teller changes. Where a browser has
// no locks, or the teller does not answer, a page has a line of its own.
import { follow } from "./stream.js";

const SILENT_MS = 9000;
const ANSWER_WITHIN_MS = 4000;
const KEPT_MAX = 500;
const ASKED_MAX = 3;

/** The ring and the number of a cursor. */
function place(cursor) {
  const cut = cursor.lastIndexOf("-");
  return { ring: cursor.slice(0, cut), number: Number(cursor.slice(cut + 1)) };
}

/** Follow what changes from a cursor, together with the other pages of the same name; `hear` as in `follow`. */
export function share(name, cursor, hear) {
  if (!name || !navigator.locks || !("BroadcastChannel" in globalThis)) {
    follow(cursor, hear);
    return;
  }
  const me = `${Date.now()}-${Math.random()}`;
  const channel = new BroadcastChannel(`desk-${name}`);
  let part = "listening"; // telling, alone, gone
  let heard = Date.now();
  let asked = 0;
  let askedTimes = 0;
  let lostSince = null;
  let leave = () => {};

  function lost(since) {
    if (lostSince === null) hear.lost(since);
    lostSince = since;
  }

  function back() {
    if (lostSince !== null) hear.back();
    lostSince = null;
  }

  function tell() {
    part = "telling";
    const kept = [];
    let from = place(cursor).number;
    const end = follow(cursor, {
      told(event, data, id) {
        if (id) {
          cursor = id;
          kept.push([event, data, id]);
          if (kept.length > KEPT_MAX) from = place(kept.shift()[2]).number;
        }
        channel.postMessage({ told: [event, data, id] });
        hear.told(event, data, id);
      },
      lost(since) {
        lost(since);
        channel.postMessage({ lost: since.getTime() });
      },
      back() {
        back();
        channel.postMessage({ back: true });
      },
      signedOut() {
        channel.postMessage({ signedOut: true });
        hear.signedOut();
      },
    });
    answer = ({ since, of }) => {
      const { ring, number } = place(since);
      const can = ring === place(cursor).ring && number >= from;
      const told = can ? kept.filter((one) => place(one[2]).number > number) : [];
      channel.postMessage({ to: of, cannot: !can, missed: told, lost: lostSince?.getTime() });
    };
    const beating = setInterval(() => lostSince && channel.postMessage({ lost: lostSince.getTime() }), 1000);
    return new Promise((resolve) => {
      leave = () => {
        clearInterval(beating);
        end();
        resolve();
      };
    });
  }
  let answer = () => {};

  function alone() {
    leave();
    part = "alone";
    lostSince = null;
    leave = follow(cursor, hear);
  }

  function ask() {
    if (askedTimes >= ASKED_MAX) return alone();
    askedTimes += 1;
    asked ||= Date.now();
    channel.postMessage({ since: cursor, of: me });
  }

  function take([event, data, id]) {
    if (id) {
      const [mine, its] = [place(cursor), place(id)];
      if (its.ring === mine.ring && its.number <= mine.number) return;
      if (its.ring !== mine.ring || its.number !== mine.number + 1) {
        if (!asked) ask();
        return;
      }
      cursor = id;
    }
    hear.told(event, data, id);
  }

  channel.onmessage = ({ data: said }) => {
    if (said.since && part === "telling") answer(said);
    if (part !== "listening" || said.since || (said.to && said.to !== me)) return;
    heard = Date.now();
    if (said.signedOut) hear.signedOut();
    if (said.cannot) return alone();
    if (said.missed) {
      asked = 0;
      said.missed.forEach(take);
      if (!asked) askedTimes = 0;
    }
    if (said.told) take(said.told);
    if (said.lost) lost(new Date(said.lost));
    else if (said.back || said.told) back();
  };

  function join() {
    const giveUp = new AbortController();
    part = "listening";
    [heard, asked, askedTimes, lostSince] = [Date.now(), 0, 0, null];
    leave = () => giveUp.abort();
    navigator.locks
      .request(`desk-${name}`, { signal: giveUp.signal }, () => (part === "listening" ? tell() : undefined))
      .catch(() => {}); // given up: the page has a line of its own, or is gone
    ask();
  }

  setInterval(() => {
    if (part !== "listening") return;
    if (Date.now() - heard > SILENT_MS || (asked && Date.now() - asked > ANSWER_WITHIN_MS)) alone();
  }, 1000);
  addEventListener("pagehide", () => {
    leave();
    part = "gone";
  });
  addEventListener("pageshow", (event) => event.persisted && join());
  join();
}
