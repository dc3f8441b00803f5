// The pages of the main job made smoother. Each of them works without this.
"use strict";

const language = document.documentElement.lang;

// --- A page that moves by itself: replace what has changed, never what somebody is using. ---
function merge(fresh, into) {
  for (const part of fresh.querySelectorAll("[id]")) {
    const old = into.querySelector(`#${CSS.escape(part.id)}`);
    if (!old || part.parentElement.closest("[id]") || old.contains(document.activeElement)) continue;
    const said = old.querySelector("[data-say]")?.textContent;
    const fields = old.querySelectorAll("input[name=csrf_token]");
    const tokens = part.querySelectorAll("input[name=csrf_token]");
    tokens.forEach((token, index) => fields[index] && token.setAttribute("value", fields[index].value));
    if (old.outerHTML === part.outerHTML) continue;
    // A live region speaks when its text changes, so it has to stay the same element.
    const region = old.querySelector("[data-say]");
    const next = part.querySelector("[data-say]");
    old.replaceWith(part);
    if (region && next) {
      const text = next.textContent;
      next.replaceWith(region);
      if (text !== said) region.textContent = text;
    }
  }
  tick();
}

async function watch(area) {
  const address = area.dataset.live;
  const pause = Number(area.dataset.every || 1000);
  const whole = !area.dataset.stage;
  for (;;) {
    await new Promise((done) => setTimeout(done, document.hidden ? pause * 5 : pause));
    let answer;
    try {
      answer = await fetch(address, { credentials: "same-origin" });
    } catch {
      continue;
    }
    if (answer.status === 401 || answer.status === 404 || answer.redirected) return location.reload();
    if (!answer.ok) continue;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const stage = answer.headers.get("X-Stage");
    if (!whole && stage !== area.dataset.stage) return location.reload();
    if (whole) {
      const fresh = page.getElementById(area.id);
      if (!fresh) return location.reload();
      if (area.contains(document.activeElement)) continue;
      area.innerHTML = fresh.innerHTML;
      if (!fresh.dataset.live) return undefined;
      tick();
    } else merge(page.body, area);
  }
}

// --- Countdowns: the server says how much is left; the clock of this machine only counts down. ---
const ends = new WeakMap();
function words(seconds) {
  const unit = (value, name) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(value);
  if (seconds < 60) return unit(seconds, "second");
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min. ${seconds % 60} ${language === "da" ? "sek." : "sec."}`;
}
function tick() {
  for (const box of document.querySelectorAll("[data-left]")) {
    if (!ends.has(box)) ends.set(box, performance.now() + Number(box.dataset.left) * 1000);
    const left = Math.max(0, (ends.get(box) - performance.now()) / 1000);
    const bar = box.querySelector("progress");
    const clock = box.querySelector("[data-clock]");
    if (bar) bar.value = left;
    if (clock) {
      const text = words(Math.ceil(left));
      if (clock.textContent !== text) clock.textContent = text;
    }
  }
}
if (document.querySelector("[data-left], [data-live]")) setInterval(tick, 250);
for (const area of document.querySelectorAll("[data-live]")) watch(area);

// --- Review: step through the letters; the pages come beside the list. ---
const people = document.getElementById("people");
const viewer = document.getElementById("viewer");
let turn = 0;

async function show(link, focus) {
  const mine = ++turn;
  let answer;
  try {
    const address = new URL(link.dataset.viewer, location.href);
    const here = new URLSearchParams(location.search);
    // Forms beside the pages lead back to this place in the list.
    for (const key of ["show", "after", "before"]) {
      if (here.has(key)) address.searchParams.set(key, here.get(key));
    }
    answer = await fetch(address, { credentials: "same-origin" });
  } catch {
    return;
  }
  if (mine !== turn) return;
  if (!answer.ok || answer.redirected) {
    location.assign(link.href);
    return;
  }
  viewer.innerHTML = await answer.text();
  for (const old of people.querySelectorAll(".chosen")) old.classList.remove("chosen");
  for (const old of people.querySelectorAll("[aria-current]")) old.removeAttribute("aria-current");
  const row = link.closest(".person");
  row.classList.add("chosen");
  link.setAttribute("aria-current", "true");
  if (focus) link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", link.href.split("#")[0]);
  comfort();
}

function step(by) {
  const links = [...people.querySelectorAll(".person-link")];
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[at + by];
  if (next) {
    show(next, true);
    return;
  }
  const more = document.querySelector(`#letters .pages a[rel=${by > 0 ? "next" : "prev"}]`);
  if (more) location.assign(more.href);
}

function comfort() {
  for (const button of document.querySelectorAll("[data-step], #show-keys")) button.hidden = false;
}

if (people && viewer) {
  comfort();
  const beside = matchMedia("(min-width: 75.01rem)");
  people.addEventListener("click", (event) => {
    const link = event.target.closest(".person-link");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link, false).then(() => {
      if (!beside.matches) viewer.scrollIntoView({ block: "start" });
    });
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const by = button.dataset.step;
    step(Number(by));
  });
  const keys = document.getElementById("keys");
  document.getElementById("show-keys")?.addEventListener("click", () => keys.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (event.target.closest("input, textarea, select, summary, dialog")) return;
    const inList = event.target === document.body || event.target.closest("#people");
    if (event.key === "j" || (event.key === "ArrowDown" && inList)) step(1);
    else if (event.key === "k" || (event.key === "ArrowUp" && inList)) step(-1);
    else if (event.key === "g") document.getElementById("count")?.focus();
    else if (event.key === "?") keys.showModal();
    else return;
    event.preventDefault();
  });
}
