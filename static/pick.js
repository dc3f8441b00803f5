// Picking recipients by name: finds while one types, and keeps those who are picked.
// Listens on the document, because a field may come into the page later.
"use strict";

const asked = new WeakMap(); // of each field: how many times it asked, and the timer of the next

async function ask(box) {
  const words = box.querySelector("input[name=words]");
  const found = box.querySelector(".pick-found");
  const state = asked.get(box) || { question: 0 };
  asked.set(box, state);
  clearTimeout(state.waiting);
  const mine = ++state.question;
  let text = "";
  if (words.value.trim()) {
    const body = new URLSearchParams({
      words: words.value,
      field: box.dataset.field,
      several: box.dataset.several || "",
    });
    const headers = { "X-CSRF-Token": box.closest("form").elements.csrf_token.value };
    const answer = await fetch(box.dataset.pick, { method: "POST", body, headers }).catch(() => null);
    if (!answer?.ok || answer.redirected || mine !== state.question) return;
    text = await answer.text();
  }
  const picked = [...found.querySelectorAll("input:checked")];
  const kept = picked.map((input) => input.closest("label"));
  found.innerHTML = text;
  for (const label of kept) {
    const { value } = label.querySelector("input");
    found.querySelector(`input[value="${CSS.escape(value)}"]`)?.closest("label").remove();
  }
  found.prepend(...kept);
}

for (const box of document.querySelectorAll("[data-pick]")) box.hidden = false;

document.addEventListener("input", (event) => {
  const box = event.target.matches("input[name=words]") && event.target.closest("[data-pick]");
  if (!box) return;
  const state = asked.get(box) || { question: 0 };
  asked.set(box, state);
  clearTimeout(state.waiting);
  state.waiting = setTimeout(() => ask(box), 300);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input[name=words]")) return;
  const box = event.target.closest("[data-pick]");
  if (!box) return;
  event.preventDefault(); // the form is not ready to be sent: somebody is looking for a name
  ask(box);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick-search]");
  if (!button) return;
  event.preventDefault();
  ask(button.closest("[data-pick]"));
});
