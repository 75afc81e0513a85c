// The line to the server, watched: opened again with growing pauses, taken for lost when no beat comes, resumed where it
// was. EventSource alone gives up for good after one answer that is not 200, and does not notice a line that hangs.
const SILENT_MS = 9000; // three beats of the server
const NUMBERED = new Set(["row", "counts"]);
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10000;

/** Follow the stream from a cursor; returns what ends it. `told(name, data, id)`, `lost(since)`, `back()` and `signedOut()`
 * are called. */
export function follow(cursor, { told, lost, back, signedOut }) {
  let source = null;
  let heard = Date.now();
  let isLost = false;
  let pause = FIRST_PAUSE_MS;
  let waiting = null;
  let ended = false;

  function hear(event) {
    heard = Date.now();
    pause = FIRST_PAUSE_MS;
    if (event.lastEventId) cursor = event.lastEventId;
    if (isLost) {
      isLost = false;
      back();
    }
  }

  function lose() {
    if (!isLost) {
      isLost = true;
      lost(new Date(heard));
    }
  }

  async function again() {
    source?.close();
    source = null;
    if (waiting !== null || ended) return;
    const after = pause * (0.75 + Math.random() / 2);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    waiting = setTimeout(async () => {
      waiting = null;
      if (isLost) {
        try {
          const answer = await fetch("/signed-in", { headers: { accept: "text/plain" }, signal: AbortSignal.timeout(5000) });
          if (answer.status === 401) return signedOut();
        } catch {
          // Not reached: the next attempt will tell.
        }
      }
      open();
    }, after);
  }

  function open() {
    if (ended) return;
    source?.close();
    source = new EventSource(`/stream?after=${encodeURIComponent(cursor)}`);
    const opened = source;
    for (const name of ["row", "counts", "pulse", "reset"]) {
      source.addEventListener(name, (event) => {
        if (opened !== source) return;
        hear(event);
        // A browser gives the last id also to what has none of its own.
        told(name, JSON.parse(event.data), NUMBERED.has(name) ? event.lastEventId : "");
      });
    }
    source.addEventListener("signed-out", () => {
      source?.close();
      signedOut();
    });
    source.addEventListener("error", () => {
      if (opened !== source) return;
      if (pause > FIRST_PAUSE_MS) lose();
      again();
    });
  }

  const watching = setInterval(() => {
    if (Date.now() - heard > SILENT_MS) {
      lose();
      again();
    }
  }, 1000);
  addEventListener("offline", () => ended || lose());
  addEventListener("online", () => {
    pause = FIRST_PAUSE_MS;
    again();
  });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && again());
  open();
  return () => {
    ended = true;
    source?.close();
    clearInterval(watching);
    clearTimeout(waiting);
  };
}
