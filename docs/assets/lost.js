/* Guesses which page was meant by an address that does not exist: the one whose address or title is spelt most alike.
   Only the "page not found" page loads this; the pages to choose from are the links that stand on it. */

const ENOUGH = 0.6;
const MOST = 3;

/* How many letters must be added, dropped, replaced or swapped with their neighbour to make b of a. */
function distance(a, b) {
  let before = [];
  let last = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j] + 1, row[j - 1] + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}

/* 1 for the same word, 0 for nothing in common; the beginning of a word stands for the whole. */
function likeness(a, b) {
  const begun = a.length >= 4 && b.startsWith(a) ? 0.9 : 0;
  return Math.max(begun, 1 - distance(a, b) / Math.max(a.length, b.length, 1));
}

function words(address) {
  return decodeURI(address).toLowerCase().split(/[/_\s]+/).map((word) => word.replace(/^index\b|\.(html?|md|ipynb|py)$/g, "")).filter(Boolean);
}

const home = new URL(document.querySelector("article a").href).pathname;
const asked = words(location.pathname.startsWith(home) ? location.pathname.slice(home.length) : location.pathname);

function score(link) {
  const address = words(new URL(link.href).pathname.slice(home.length));
  const title = link.textContent.toLowerCase().split(/[^\p{L}\p{N}.]+/u).filter((word) => word.length > 3);
  const best = (word, among) => Math.max(0, ...among.map((one) => likeness(word, one)));
  /* What was asked for last says most: the folder before it only decides between equals. */
  const name = Math.max(best(asked.at(-1), address.slice(-1)), 0.95 * best(asked.at(-1), title));
  const folder = asked.length > 1 && address.length > 1 ? likeness(asked.at(-2), address.at(-2)) : 0;
  return name + 0.05 * folder;
}

const guess = document.querySelector(".nn-guess");
if (guess && asked.length) {
  const found = [...document.querySelectorAll(".nn-all a")]
    .map((link) => [score(link), link])
    .filter(([likely]) => likely >= ENOUGH)
    .sort(([one], [other]) => other - one)
    .slice(0, MOST);
  for (const [, link] of found) {
    const item = document.createElement("li");
    item.append(link.cloneNode(true));
    guess.querySelector("ul").append(item);
  }
  guess.hidden = !found.length;
}
