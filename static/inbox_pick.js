// Picking many letters: by mouse, by X, by range, or all that match. What was picked is remembered
// for this tab, by list and by number, so that it is still picked after browser Back.
"use strict";

const many = () => document.querySelector("form[data-many]");
const key = () => `inbox ${document.querySelector("[data-inbox]").dataset.view}`;
const kept = () => JSON.parse(sessionStorage.getItem(key()) || '{"rows":[],"all":false}');
let sent = null; // whose letters were sent off just now
let last = null; // the letter that was picked last: where a range begins

function keep(change) {
  const state = kept();
  change(state);
  sessionStorage.setItem(key(), JSON.stringify(state));
  draw();
}

function pick(row, on) {
  last = row;
  keep((state) => {
    state.rows = state.rows.filter((one) => one !== row);
    if (on) state.rows.push(row);
    state.all = false;
  });
}

function draw() {
  const form = many();
  if (!form) return;
  const state = kept();
  for (const box of form.querySelectorAll(".pick")) box.checked = state.all || state.rows.includes(box.value);
  form.querySelector("[data-all]").checked = state.all;
  say(form, state);
}

// The buttons carry the number and the name.
function say(form, state) {
  const words = form.querySelector(".many-acts").dataset;
  const count = state.all ? Number(words.count) || null : state.rows.length;
  const to = form.elements.to.value.trim();
  const known = [...document.querySelectorAll("#people option")].some((one) => one.value === to);
  const shown = count === null ? "" : count.toLocaleString("da");
  const which = count === null || count === 0 ? "None" : count === 1 ? "One" : "Many";
  const give = which === "None" || !known ? `give${which}` : `give${which}To`;
  form.querySelector("[data-button=assign]").textContent = words[give].replace("{count}", shown).replace("{to}", to);
  form.querySelector("[data-button=finish]").textContent = words[`done${which}`].replace("{count}", shown);
}

document.addEventListener("change", (event) => {
  if (!event.target.closest("form[data-many]")) return;
  if (event.target.matches("[data-all]")) keep((state) => Object.assign(state, { all: event.target.checked, rows: [] }));
  else if (event.target.matches(".pick")) pick(event.target.value, event.target.checked);
  else draw();
});
document.addEventListener("input", (event) => {
  if (event.target.closest(".many-acts")) say(many(), kept());
});

let withShift = false;
document.addEventListener("mousedown", (event) => (withShift = event.shiftKey), true);
document.addEventListener("click", (event) => {
  if (event.target.matches("form[data-many] .pick") && withShift) reach(event.target.value);
});

// From the letter picked last to this one, both included.
function reach(row) {
  const rows = [...many().querySelectorAll(".pick")].map((one) => one.value);
  const from = rows.indexOf(last);
  const to = rows.indexOf(row);
  if (to < 0) return;
  const range = from < 0 ? [row] : rows.slice(Math.min(from, to), Math.max(from, to) + 1);
  keep((state) => Object.assign(state, { all: false, rows: [...new Set([...state.rows, ...range])] }));
  last = row;
}

document.addEventListener("keydown", (event) => {
  if (!many() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  const row = many().querySelector("li.open .pick")?.value;
  if (event.key === "*") keep((state) => Object.assign(state, { all: !state.all, rows: [] }));
  else if (event.key === "x" && row) pick(row, !kept().rows.includes(row));
  else if (event.key === "X" && row) reach(row);
  else return;
  event.preventDefault();
});

// What is sent are all that were picked, also on other pages of the list, and their number, when
// the button said it; else the server asks.
document.addEventListener("inbox:send", ({ detail: { form, body } }) => {
  if (!form.matches("[data-many]")) return;
  const state = kept();
  body.delete("row");
  if (!state.all) for (const row of state.rows) body.append("row", row);
  const count = state.all ? Number(form.querySelector(".many-acts").dataset.count) : state.rows.length;
  const to = form.elements.to.value.trim();
  const known = [...document.querySelectorAll("#people option")].some((one) => one.value === to);
  if (count && (known || body.get("act") === "finish")) body.set("count", String(count));
  sent = key();
});

document.addEventListener("inbox", () => {
  // What was refused is still picked.
  if (sent && !document.querySelector(".messages .bad")) sessionStorage.removeItem(sent);
  sent = null;
  draw();
});
addEventListener("pageshow", draw);
