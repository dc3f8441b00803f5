// The files chosen on the send page: dropped, listed, and put in order by drag or by button.
"use strict";

{
  const files = document.getElementById("files");
  const drop = document.getElementById("drop");
  const chosen = document.getElementById("chosen");
  const moved = document.getElementById("moved");
  const amount = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  const sizeOf = (bytes) =>
    bytes < 1e6 ? `${amount.format(Math.ceil(bytes / 1e3))} kB` : `${amount.format(bytes / 1e6)} MB`;
  let dragged = null;

  // The field sends its files in the order in which they lie in it.
  const move = (from, to) => {
    const order = [...files.files];
    if (to < 0 || to >= order.length || from === to) return false;
    order.splice(to, 0, ...order.splice(from, 1));
    const carrier = new DataTransfer();
    for (const file of order) carrier.items.add(file);
    files.files = carrier.files;
    list();
    moved.textContent = chosen.dataset.moved
      .replace("{name}", order[to].name)
      .replace("{place}", to + 1)
      .replace("{count}", order.length);
    return true;
  };

  const mover = (words, name, by, at) => {
    const button = document.createElement("button");
    const to = at + by;
    button.type = "button";
    button.className = "button small";
    button.dataset.by = by;
    button.disabled = to < 0 || to >= files.files.length;
    button.append(words);
    const whose = document.createElement("span");
    whose.className = "hidden";
    whose.textContent = `: ${name}`;
    button.append(whose);
    button.addEventListener("click", () => {
      if (!move(at, to)) return;
      const row = chosen.children[to];
      const same = row.querySelector(`[data-by="${by}"]`);
      (same.disabled ? row.querySelector("button:not([disabled])") : same).focus();
    });
    return button;
  };

  const row = (file, at) => {
    const line = document.createElement("li");
    const name = document.createElement("strong");
    const size = document.createElement("span");
    name.textContent = file.name;
    size.textContent = sizeOf(file.size);
    line.append(name, size);
    if (files.files.length < 2) return line;
    const moves = document.createElement("div");
    moves.className = "file-moves";
    moves.append(mover(chosen.dataset.up, file.name, -1, at), mover(chosen.dataset.down, file.name, 1, at));
    line.append(moves);
    line.draggable = true;
    line.addEventListener("dragstart", (event) => {
      dragged = at;
      line.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", String(at + 1)); // Firefox drags nothing without
    });
    line.addEventListener("dragend", () => {
      dragged = null;
      line.classList.remove("dragged");
    });
    line.addEventListener("dragover", (event) => {
      if (dragged === null) return;
      event.preventDefault();
      event.stopPropagation();
      line.classList.toggle("target", dragged !== at);
    });
    line.addEventListener("dragleave", () => line.classList.remove("target"));
    line.addEventListener("drop", (event) => {
      if (dragged === null) return;
      event.preventDefault();
      event.stopPropagation();
      const from = dragged;
      dragged = null;
      line.classList.remove("target");
      move(from, at);
    });
    return line;
  };

  const list = () => {
    chosen.hidden = files.files.length === 0;
    chosen.replaceChildren(...[...files.files].map(row));
  };

  if (files) {
    files.addEventListener("change", list);
    // Our own button speaks the language of the page; the browser's speaks its own.
    document.getElementById("choose").hidden = false;
    files.classList.add("replaced");
    list();
    for (const name of ["dragenter", "dragover"]) {
      drop.addEventListener(name, (event) => {
        if (dragged !== null) return;
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    for (const name of ["dragleave", "drop"]) {
      drop.addEventListener(name, () => drop.classList.remove("over"));
    }
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!event.dataTransfer.files.length) return;
      files.files = event.dataTransfer.files;
      list();
    });
  }
}
