/* Keeps what a reader has typed in this browser, under the block that it was typed over.
   Where nothing can be kept, it says so, and all else goes on. */

const KEY = `nn-code:${location.pathname.replace(/index\.html$/, "")}`;

/* A short name for a block's own text: an edit belongs to what it was made of. */
export function nameOf(text) {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return hash.toString(36);
}

export function kept() {
  try {
    return new Map(Object.entries(JSON.parse(localStorage.getItem(KEY)) ?? {}));
  } catch {
    return new Map();
  }
}

/* Whether it could be kept; `null` forgets it. What another window has kept meanwhile stays. */
export function keep(own, text) {
  try {
    const all = kept();
    if (text === null) all.delete(nameOf(own));
    else all.set(nameOf(own), text);
    if (all.size) localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(all)));
    else localStorage.removeItem(KEY);
    return true;
  } catch {
    return false;
  }
}

export function onChange(tell) {
  addEventListener("storage", ({ key }) => { if (key === KEY || key === null) tell(); });
}
