/* Waits for the first press of a Run button; only then does anything of Python in the page come.
   Without it, or where it cannot be had, the page reads as it did. */

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.(".nn-run");
  if (!button) return;
  const { press } = await import("./live/page.js");
  press(button);
});
