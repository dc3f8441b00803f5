// The inbox without reloading: letters are opened, acts are sent and the page is changed in place.
// Every act is a link or a form that works alone; keys press them.
"use strict";

const main = document.getElementById("main");
const box = () => main.querySelector("[data-inbox]");
let turn = 0; // an answer that comes after a later question is thrown away

async function go(address, options, remember) {
  const mine = ++turn;
  const answer = await fetch(address, options).catch(() => null);
  if (mine !== turn) return;
  if (!answer || answer.status === 401) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("[data-inbox]")) {
    if (options.method !== "POST" || answer.redirected || !answer.ok) return location.assign(answer.url);
  } else remember(answer.url); // else it asks whether these letters are meant
  show(page);
}

function show(page) {
  const scrolled = main.querySelector(".mail")?.scrollTop || 0;
  document.title = page.title;
  main.replaceChildren(...page.getElementById("main").childNodes);
  const list = main.querySelector(".mail");
  if (list) list.scrollTop = scrolled;
  main.querySelector(".mail li.open")?.scrollIntoView({ block: "nearest" });
  const heading = main.querySelector("#incoming-title");
  if (heading) heading.tabIndex = -1;
  (heading || main).focus({ preventScroll: true });
  if (!main.querySelector(".mail li.open")) scrollTo(0, 0);
  document.dispatchEvent(new Event("inbox"));
}

const open = (address) =>
  go(address, {}, (url) => history.pushState(null, "", url));

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link?.closest("[data-inbox]") || event.defaultPrevented) return;
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const here = location.pathname.split("/inbox")[0] + "/inbox";
  if (link.origin !== location.origin || !link.pathname.startsWith(here)) return;
  event.preventDefault();
  open(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-swap]")) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  document.dispatchEvent(new CustomEvent("inbox:send", { detail: { form, body } }));
  go(form.action, { method: "POST", body }, (url) => history.replaceState(null, "", url));
});

addEventListener("popstate", () => go(location.href, {}, () => {}));

// Keys. Each presses what stands on the page.
const press = (selector) => main.querySelector(selector)?.querySelector("button:not([type=button])")?.click();
const write = (selector) => main.querySelector(selector)?.focus();
const KEYS = {
  j: () => step("next"),
  k: () => step("previous"),
  e: () => press("[data-key=e]"),
  s: () => press("[data-key=s]"),
  r: () => main.querySelector("a[data-key=r]")?.click(),
  t: () => press("[data-key=t]"),
  f: () => press("[data-key=f]"),
  u: () => press("[data-undo]"),
  a: () => write(document.querySelector(".many .pick:checked, [data-all]:checked") ? ".many-acts input[name=to]" : "#give-to"),
  n: () => write("#note"),
  "?": () => document.getElementById("keys").togglePopover(),
};

function step(where) {
  const address = box()?.dataset[where];
  if (address) open(address);
}

document.addEventListener("keydown", (event) => {
  if (!box() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const field = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (field) {
    if (event.key === "Escape") {
      field.blur();
      main.focus({ preventScroll: true });
    }
    return;
  }
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// Who else has the letter open: asked while the page is looked at.
setInterval(async () => {
  const place = document.getElementById("others");
  if (!place || document.hidden) return;
  const token = main.querySelector("input[name=csrf_token]").value;
  const answer = await fetch(place.dataset.here, { method: "POST", headers: { "X-CSRF-Token": token } }).catch(() => null);
  if (!answer?.ok || answer.redirected || !place.isConnected) return;
  const { others } = await answer.json();
  const words = others.length === 1 ? place.dataset.one : place.dataset.many;
  const text = others.length ? words.replace("{name}", others.join(", ")) : "";
  if (place.textContent !== text) place.textContent = text;
}, 20000);
