// Send brev, to whom: each recipient is shown by name before it counts. The text area, which is what
// the form sends, is kept in step behind the list.
"use strict";

const tool = document.getElementById("to-tool");
if (tool) {
  const area = document.getElementById("to");
  const input = document.getElementById("to-new");
  const said = document.getElementById("to-said");
  const list = document.getElementById("to-list");
  const count = document.getElementById("to-count");
  const lineOf = new WeakMap();

  const keep = () => {
    const rows = [...list.children];
    area.value = rows.map((row) => lineOf.get(row)).join("\n");
    count.hidden = rows.length === 0;
    const text = rows.length === 1 ? count.dataset.one : count.dataset.many;
    count.textContent = text.replace("{count}", String(rows.length));
  };
  // Asks about some lines and puts those who count on the list; gives back those who don't.
  const add = async (text) => {
    const lines = text.split(/[\n;,]+/).map((line) => line.trim()).filter(Boolean);
    const left = [];
    said.textContent = "";
    for (let start = 0; start < lines.length; start += 20) {
      const part = lines.slice(start, start + 20);
      const answer = await fetch(tool.dataset.ask, {
        method: "POST",
        body: new URLSearchParams({ to: part.join("\n") }),
        headers: { "X-CSRF-Token": tool.closest("form").elements.csrf_token.value },
        credentials: "same-origin",
      }).catch(() => null);
      if (!answer?.ok || answer.redirected) {
        said.textContent = tool.dataset.broken;
        left.push(...part);
        continue;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      [...page.querySelectorAll("li")].forEach((row, place) => {
        const twice = row.dataset.key && list.querySelector(`[data-key="${row.dataset.key}"]`);
        if (!row.dataset.key) {
          said.textContent = row.textContent.trim();
          left.push(part[place]);
        } else if (twice) said.textContent = tool.dataset.twice;
        else {
          lineOf.set(row, part[place]);
          list.append(row);
        }
      });
      keep();
    }
    return left;
  };
  const addTyped = async () => {
    const text = input.value;
    if (!text.trim()) return;
    input.value = "";
    const left = await add(text);
    if (!input.value) input.value = left.join(", ");
  };

  document.getElementById("to-plain").hidden = true;
  tool.hidden = false;
  const before = area.value;
  area.value = "";
  if (before.trim()) add(before).then((left) => (input.value = left.join(", ")));
  document.getElementById("to-add").addEventListener("click", () => {
    addTyped();
    input.focus();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    addTyped();
  });
  input.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!/\n/.test(text.trim())) return; // a field of one line would glue the numbers together
    event.preventDefault();
    add(text).then((left) => (input.value = left.join(", ")));
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    const row = button.closest("li");
    const next = (row.nextElementSibling || row.previousElementSibling)?.querySelector("button");
    row.remove();
    keep();
    (next || input).focus();
  });
  // Somebody who is picked by name comes on the list like the others.
  tool.querySelector(".pick-found").addEventListener("change", (event) => {
    const box = event.target.closest("input[name=picked]");
    if (!box?.checked) return;
    const words = document.getElementById("to-pick");
    event.currentTarget.replaceChildren();
    words.value = "";
    add(`#${box.value}`);
    words.focus();
  });
  // What stands in the field and was not added yet: shown first, and sent the next time.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== tool.closest("form") || !input.value.trim()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      addTyped().then(() => {
        if (!said.textContent) said.textContent = tool.dataset.unsaved;
        input.focus();
      });
    },
    true,
  );
}
