// Whom in a company a letter is for: the CVR register is asked when the choice is opened. What was
// remembered before is looked after at once, so that a unit that closed is told of.
"use strict";

async function askUnits(form) {
  if (form.dataset.asked) return;
  form.dataset.asked = "yes";
  const box = form.closest(".attention-box");
  const line = form.querySelector("[role=status]");
  line.textContent = form.dataset.asking;
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { "X-Piece": "1" },
    credentials: "same-origin",
  }).catch(() => null);
  if (!answer?.ok || answer.redirected) {
    delete form.dataset.asked;
    line.textContent = form.dataset.broken;
    return;
  }
  const focused = box.contains(document.activeElement);
  box.innerHTML = await answer.text();
  // What was remembered is gone: that must be seen without opening anything.
  if (box.querySelector(".message")) box.closest("details")?.setAttribute("open", "");
  if (focused) box.querySelector("input:checked")?.focus();
}

document.addEventListener(
  "toggle",
  (event) => {
    const form = event.target.open && event.target.querySelector("[data-attention]");
    if (form) askUnits(form);
  },
  true,
);
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-attention]")) return;
  event.preventDefault();
  askUnits(event.target);
});
function lookAfter() {
  for (const form of document.querySelectorAll("[data-attention-now]")) askUnits(form);
}
lookAfter();
const panel = document.getElementById("viewer");
if (panel) new MutationObserver(lookAfter).observe(panel, { childList: true });
