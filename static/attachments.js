// Attachments in the order in which they are dragged. Buttons do the same without this.
"use strict";

for (const table of document.querySelectorAll("table[data-order]")) {
  const form = table.parentElement.querySelector(".attach-order");
  const body = table.tBodies[0];
  let dragged;

  const clear = () => {
    for (const row of body.rows) row.classList.remove("under-drag");
  };
  table.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.("tr[draggable]");
    if (!row) return;
    dragged = row;
    event.dataTransfer.effectAllowed = "move";
    row.classList.add("dragged");
  });
  table.addEventListener("dragend", () => {
    clear();
    dragged?.classList.remove("dragged");
    dragged = undefined;
  });
  table.addEventListener("dragover", (event) => {
    const row = event.target.closest("tr[draggable]");
    if (!dragged || !row) return;
    event.preventDefault();
    clear();
    row.classList.add("under-drag");
  });
  table.addEventListener("drop", (event) => {
    const row = event.target.closest("tr[draggable]");
    if (!dragged || !row || row === dragged) return;
    event.preventDefault();
    const rows = [...body.rows];
    // Dropped on a row further down it goes behind that row, else in front of it.
    if (rows.indexOf(dragged) < rows.indexOf(row)) row.after(dragged);
    else row.before(dragged);
    form.elements.ids.value = [...body.rows].map((one) => one.dataset.id).join(",");
    form.submit();
  });
}
