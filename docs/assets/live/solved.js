/* Remembers which exercises were solved, beside the reading marks; `read.js` shows and forgets both. */

const KEY = "nn-solved";

export function solve(name) {
  try {
    const all = JSON.parse(localStorage.getItem(KEY)) ?? {};
    const here = location.pathname.replace(/index\.html$/, "");
    all[here] = [...new Set([...(all[here] ?? []), name])];
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch { /* A private window may refuse. */ }
  document.dispatchEvent(new Event("nn-solved"));
}
