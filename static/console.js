// Small comforts; every page works without them.
"use strict";

document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-pick-all]");
  if (all) {
    for (const box of all.closest("form").querySelectorAll("input.pick")) box.checked = all.checked;
  }
  const picked = event.target.closest("form")?.querySelectorAll("input.pick:checked");
  const count = event.target.closest("form")?.querySelector("[data-picked]");
  if (picked && count) count.textContent = String(picked.length);
});

// A second click on a button that is already sending does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

document.querySelector(".error-summary[autofocus]")?.focus();
