// Reports that are typed and not sent yet, kept in this browser: by account, for a day, and gone at sign-out.
const PREFIX = "cbrn-draft:";
const KEEP_MS = 24 * 3600 * 1000;

function store() {
  try { return window.localStorage; } catch { return null; }
}

export function readDraft(key) {
  try {
    const draft = JSON.parse(store()?.getItem(PREFIX + key) ?? "null");
    return draft && Array.isArray(draft.pairs) ? draft : null;
  } catch { return null; }
}

export function keepDraft(key, pairs) {
  try { store()?.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), pairs })); } catch { /* full: the page still holds it */ }
}

export function dropDraft(key) {
  store()?.removeItem(PREFIX + key);
}

// Drop what is another account's, and what is older than a day; without an account, all.
export function dropDrafts(account) {
  const kept = store();
  for (const name of kept ? Object.keys(kept).filter((each) => each.startsWith(PREFIX)) : []) {
    const key = name.slice(PREFIX.length);
    const at = readDraft(key)?.at ?? 0;
    if (!account || key.split(":")[0] !== account || Date.now() - at > KEEP_MS) kept.removeItem(name);
  }
}
