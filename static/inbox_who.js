// Choosing a person or a unit by the first letters of a name: a list under the field.
// Without script the field has the browser's own list, and the server understands the letters.
"use strict";

const names = () => [...document.querySelectorAll("#people option")].map((one) => one.value);
const split = (text) => text.toLocaleLowerCase("da").split(/[\s()-]+/).filter(Boolean);

function fitting(text) {
  const starts = split(text);
  if (!starts.length) return [];
  const fits = (name) => starts.every((start) => split(name).some((word) => word.startsWith(start)));
  return names().filter(fits).slice(0, 8);
}

function close(who) {
  who.querySelector("ul")?.remove();
  const field = who.querySelector("input");
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
}

function offer(who) {
  const field = who.querySelector("input");
  const found = fitting(field.value);
  close(who);
  if (!found.length || (found.length === 1 && found[0] === field.value)) return;
  const list = document.createElement("ul");
  list.setAttribute("role", "listbox");
  list.id = field.form.matches("[data-many]") ? "who-many" : "who-one";
  list.setAttribute("aria-label", field.getAttribute("aria-label") || field.labels[0]?.textContent || "");
  for (const [number, name] of found.entries()) {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.id = `${list.id}-${number}`;
    item.textContent = name;
    list.append(item);
  }
  who.append(list);
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("aria-controls", list.id);
  mark(who, 0);
}

function mark(who, number) {
  const items = [...who.querySelectorAll("li")];
  if (!items.length) return;
  const chosen = (number + items.length) % items.length;
  for (const [at, item] of items.entries()) item.setAttribute("aria-selected", String(at === chosen));
  items[chosen].scrollIntoView({ block: "nearest" });
  who.querySelector("input").setAttribute("aria-activedescendant", items[chosen].id);
}

const marked = (who) => [...who.querySelectorAll("li")].findIndex((one) => one.ariaSelected === "true");

function choose(who, item) {
  const field = who.querySelector("input");
  field.value = item.textContent;
  close(who);
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function prepare() {
  for (const field of document.querySelectorAll("[data-who] > input")) {
    field.removeAttribute("list");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
  }
}
prepare();
document.addEventListener("inbox", prepare);

document.addEventListener("input", (event) => {
  const who = event.target.closest("[data-who]");
  if (who) offer(who);
});

document.addEventListener("keydown", (event) => {
  const who = event.target.closest("[data-who]");
  if (!who) return;
  const items = who.querySelectorAll("li");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (items.length) mark(who, marked(who) + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (items.length) choose(who, items[marked(who)]);
    const form = event.target.form;
    const button = form.querySelector("button[value=assign]") || form.querySelector("button");
    if (event.target.value.trim()) form.requestSubmit(button);
  } else if (event.key === "Escape" && items.length) {
    event.preventDefault();
    event.stopPropagation();
    close(who);
  }
});

document.addEventListener("mousedown", (event) => {
  const item = event.target.closest("[data-who] li");
  if (!item) return;
  event.preventDefault();
  choose(item.closest("[data-who]"), item);
});

document.addEventListener("focusout", (event) => {
  const who = event.target.closest("[data-who]");
  if (who) close(who);
});
