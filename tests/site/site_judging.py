"""What is judged of a page while a browser has it open, each judgement by itself.
A judge is given the page, and yields a line for all that is wrong: what it is, and where."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from site_reading import settled, wait_until

# Everything but AAA, which WCAG itself advises against requiring of a whole site.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental"]
ABOUT_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# axe takes a picture's words to have the colour of the page's; `tests/plotting` judges the palette.
_DRAWN = "svg text"
# axe looks for what lies below each text, which takes it longer than all else together. Texts that
# look alike, on elements that look alike all the way up, have one contrast: it is told to take the
# first of each.
_ONE_OF_A_LOOK = """() => {
  const looks = new Map(), seen = new Set();
  const look = element => {
    if (!element) return "";
    if (!looks.has(element)) {
      const style = getComputedStyle(element);
      looks.set(element, [look(element.parentElement), element.tagName, element.className,
        style.backgroundColor, style.backgroundImage, style.opacity, style.filter,
        style.mixBlendMode, style.position].join());
    }
    return looks.get(element);
  };
  for (const element of document.querySelectorAll("body *")) {
    element.removeAttribute("data-look");
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const {color, fontSize, fontWeight, textShadow, visibility} = getComputedStyle(element);
    const shown = element.getClientRects().length > 0;
    const key = [look(element), color, fontSize, fontWeight, textShadow, visibility, shown].join();
    if (!seen.has(key)) element.dataset.look = "";
    seen.add(key);
  }
  axe.configure({rules: [{id: "color-contrast", selector: "[data-look]"}]});
}"""
_AXE = """([include, exclude, rules]) =>
  axe.run({include, exclude}, {resultTypes: ["violations"], runOnly: rules})"""
# What the theme calls the two schemes.
_SCHEMES = {"light": "default", "dark": "slate"}


def switch(page: Page, scheme: str) -> None:
    """What the reader's system asks for changes while the page is open."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    wait_until(page, "name => document.body.dataset.mdColorScheme === name", _SCHEMES[scheme])
    settled(page)


def violations(
    page: Page, include: str = "html", rules: object = _TAGS, looks: str = _ONE_OF_A_LOOK
) -> list[str]:
    """What axe finds wrong with the parts of the page that match the selector."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    page.evaluate(looks)
    found: dict[str, Any] = page.evaluate(_AXE, [[[include]], [[_DRAWN]], rules])
    return [
        f"{violation['id']} ({violation['impact']}) at {node['target'][-1]}: "
        f"{node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


_TAB_LIMIT = 1000
_AT_A_TIME = 20
# At each press it notes how the element looks that has the focus by then, and leaves it to Tab on.
_WATCH = """() => {
  window.walk = {stops: 0, wrong: [], left: false};
  // Whatever was done to the page before, the first press leads to its first stop.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  addEventListener("keydown", () => {
    const element = document.activeElement;
    if (element === document.body) walk.left ||= walk.stops > 0;
    if (element === document.body || walk.left) return;
    const skip = document.querySelector(".md-skip");
    if (!walk.stops && skip && element !== skip) walk.wrong.push("it begins at another place");
    walk.stops += 1;
    // A switch that is drawn by its label shows the focus there.
    const drawn = element.matches(".md-option")
      ? document.querySelector(".md-option:focus + label")
      : element.matches(".tabbed-set > input") ? element.labels[0] : element;
    const style = getComputedStyle(drawn), box = drawn.getBoundingClientRect();
    const name = element.outerHTML.slice(0, 160);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)
      walk.wrong.push(`no outline: ${name}`);
    if (style.visibility !== "visible" || style.opacity <= 0 || box.width <= 0 || box.height <= 0
      || box.right <= 0 || box.left >= innerWidth || box.bottom <= 0 || box.top >= innerHeight)
      walk.wrong.push(`out of sight: ${name}`);
  }, true);
}"""


def walk(page: Page) -> Iterator[str]:
    """The Tab key leads to the end of the page, and the focus is seen at each stop."""
    page.evaluate(_WATCH)
    for _ in range(0, _TAB_LIMIT, _AT_A_TIME):
        for _ in range(_AT_A_TIME):
            page.keyboard.press("Tab")
        walked = page.evaluate("walk")
        if walked["left"]:
            break
    else:
        yield f"the Tab key never leaves the page: {walked['stops']} stops"
    yield from walked["wrong"]
    if walked["stops"] < 3:
        yield f"the Tab key stops {walked['stops']} times"
    page.evaluate("document.activeElement.blur()")


# What scrolls and no key can scroll. A few pixels are the margin at a line's end, not a letter.
_UNREACHABLE = """() => [...document.querySelectorAll("article *")].filter(e =>
  ["auto", "scroll"].includes(getComputedStyle(e).overflowX)
  && e.scrollWidth > e.clientWidth + 4
  && e.clientWidth > 0 && e.tabIndex < 0).map(e => e.outerHTML.slice(0, 160))"""
# Something may also stick out and be cut off, which scrollWidth does not tell.
_CUT_OFF = """() => [...document.querySelectorAll("article *")].filter(e => {
  const box = e.getBoundingClientRect();
  if (box.width === 0 || box.right <= innerWidth + 1) return false;
  // What a drawing clips is not seen there.
  if (e.closest("svg [clip-path]")) return false;
  if (getComputedStyle(e).opacity === "0") return false;
  for (let up = e.parentElement; up; up = up.parentElement)
    if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return false;
  return true;
}).map(e => e.outerHTML.slice(0, 160))"""


def reachable(page: Page) -> Iterator[str]:
    """What scrolls can be scrolled by keys."""
    yield from (f"no key can scroll it: {name}" for name in page.evaluate(_UNREACHABLE))


def within_the_window(page: Page) -> Iterator[str]:
    """Nothing is wider than the window."""
    asked, wide = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    if wide > asked:
        yield f"the page scrolls sideways: {wide} of {asked} pixels"
    yield from (f"cut off: {name}" for name in page.evaluate(_CUT_OFF))


_MOVED_LIMIT = 0.01
_MOVED = """async () => {
  let moved = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) moved += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  await new Promise(done => setTimeout(done, 500));
  return moved;
}"""
_FETCHED = """performance.getEntriesByType("resource").map(entry => entry.name)
  .filter(name => name.startsWith(location.origin))"""


def moves(page: Page) -> Iterator[str]:
    """Nothing moves while the page loads."""
    moved = page.evaluate(_MOVED)
    if moved > _MOVED_LIMIT:
        yield f"it moves: {moved}"


def fetched(page: Page) -> list[str]:
    """The addresses of the site's own files that the page has asked for."""
    return list(page.evaluate(_FETCHED))


_AROUND = (
    ".md-header, .md-sidebar, .md-footer, .md-top, .md-search, .md-dialog, .md-skip, "
    ".md-code__nav, .nn-downloads, .headerlink, .footnote-backref, article button"
)
_ON_PAPER = """around => {
  const wrong = [];
  for (const e of document.querySelectorAll(around))
    if (e.getClientRects().length && getComputedStyle(e).visibility !== "hidden")
      wrong.push(`printed: ${e.className}`);
  // What a page keeps off paper altogether has no box there.
  for (const fold of document.querySelectorAll("details"))
    if (fold.getClientRects().length
        && fold.offsetHeight <= fold.querySelector("summary").offsetHeight + 5)
      wrong.push(`folded: ${fold.textContent.trim().slice(0, 80)}`);
  for (const e of [document.body, document.querySelector("article h1")]) {
    const [r, g, b] = getComputedStyle(e).color.match(/[\\d.]+/g).slice(0, 3).map(c => c / 255)
      .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    if (luminance >= 0.1) wrong.push(`not dark on white: ${e.tagName}, luminance ${luminance}`);
  }
  return wrong;
}"""


def on_paper(page: Page) -> Iterator[str]:
    """The article stands alone, unfolded, dark on white; nothing is wider than the sheet."""
    page.emulate_media(media="print")
    yield from page.evaluate(_ON_PAPER, _AROUND)
    before = page.viewport_size
    page.set_viewport_size({"width": 720, "height": 1000})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > 720:
        yield f"wider than a sheet: {wide} pixels"
    if before:
        page.set_viewport_size(before)
    page.emulate_media(media="screen")


_COPIED = """async button => {
  await navigator.clipboard.writeText("nothing yet");
  button.click();
  return await navigator.clipboard.readText();
}"""


def copied(page: Page, name: str) -> list[str]:
    """What the buttons of that name put on the clipboard, one after the other."""
    buttons = page.locator(f"article .language-python.highlight button[title='{name}']")
    return [str(button.evaluate(_COPIED)) for button in buttons.element_handles()]
