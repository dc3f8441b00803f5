// The switch for frames: a key for it, and it stays as it was from letter to letter.
"use strict";

const FRAMES = "frames";

function remembered() {
  for (const box of document.querySelectorAll(".show-frames")) {
    box.checked = sessionStorage.getItem(FRAMES) !== "off";
  }
}

remembered();
const pages = document.querySelector(".viewer-card");
if (pages) new MutationObserver(remembered).observe(pages, { childList: true });

document.addEventListener("change", (event) => {
  const box = event.target.closest(".show-frames");
  if (box) sessionStorage.setItem(FRAMES, box.checked ? "on" : "off");
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "f" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
  const box = document.querySelector(".show-frames");
  if (!box) return;
  event.preventDefault();
  box.click();
});
