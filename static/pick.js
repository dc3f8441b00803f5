// Picking recipients by name: finds while one types, and keeps those who are picked.
"use strict";

for (const box of document.querySelectorAll("[data-pick]")) {
  const words = box.querySelector("input[name=words]");
  const found = box.querySelector(".pick-found");
  let waiting;
  let question = 0;

  const ask = async () => {
    const mine = ++question;
    const picked = [...found.querySelectorAll("input:checked")];
    const kept = picked.map((input) => input.closest("label"));
    let text = "";
    if (words.value.trim()) {
      const body = new URLSearchParams({
        words: words.value,
        field: box.dataset.field,
        several: box.dataset.several || "",
      });
      const headers = { "X-CSRF-Token": box.closest("form").elements.csrf_token.value };
      const answer = await fetch(box.dataset.pick, { method: "POST", body, headers }).catch(() => null);
      if (!answer?.ok || answer.redirected || mine !== question) return;
      text = await answer.text();
    }
    found.innerHTML = text;
    for (const label of kept) {
      const { value } = label.querySelector("input");
      found.querySelector(`input[value="${CSS.escape(value)}"]`)?.closest("label").remove();
    }
    found.prepend(...kept);
  };

  box.hidden = false;
  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 300);
  });
  words.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the form is not ready to be sent: somebody is looking for a name
    clearTimeout(waiting);
    ask();
  });
  box.querySelector("[data-pick-search]")?.addEventListener("click", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    ask();
  });
}
