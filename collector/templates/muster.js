// The console works without this file. It adds what no form can: copying a text, continuations of a query while it is typed, and pages that
// stay up to date.
"use strict";

function copies(button) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) return;
  const said = button.textContent;
  button.hidden = false;
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = "Selected: copy it with the keyboard";
    }
    setTimeout(() => { button.textContent = said; }, 3000);
  });
}
document.querySelectorAll("[data-copy]").forEach(copies);

for (const field of document.querySelectorAll("[data-complete]")) {
  const list = document.getElementById(field.getAttribute("list"));
  let asked = 0;
  const ask = async () => {
    const turn = ++asked;
    const typed = field.value.slice(0, field.selectionStart ?? field.value.length);
    const rest = field.value.slice(typed.length);
    const answer = await fetch(field.dataset.complete + "?query=" + encodeURIComponent(typed), { headers: { accept: "application/json" } });
    if (!answer.ok || turn !== asked) return;
    const { items } = await answer.json();
    list.replaceChildren(...items.map((item) => {
      const option = document.createElement("option");
      option.value = item.query + rest;
      option.label = item.label;
      return option;
    }));
  };
  let wait;
  field.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => ask().catch(() => {}), 150);
  });
}

const live = document.querySelector("main[data-live]");
if (live) {
  const touched = (field) => ("checked" in field && field.checked !== field.defaultChecked) || (field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue);
  // Nothing moves under somebody who reads, marks, fills in or has scrolled.
  const busy = () => document.hidden
    || (document.activeElement !== live && live.contains(document.activeElement))
    || !getSelection().isCollapsed
    || [...live.querySelectorAll("input, textarea")].some(touched)
    || [...live.querySelectorAll(".scroll")].some((part) => part.scrollLeft || part.scrollTop)
    || live.querySelector("details[open]") !== null;
  const renew = async () => {
    if (busy()) return;
    // The session does not live longer for it.
    const answer = await fetch(location.href, { headers: { accept: "text/html", "muster-live": "1" }, redirect: "error" });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.querySelector("main[data-live]");
    if (!next || busy()) return;
    live.replaceChildren(...next.childNodes);
    document.title = page.title;
    for (const button of live.querySelectorAll("[data-copy]")) copies(button);
  };
  const timer = setInterval(() => renew().catch(() => {
    clearInterval(timer);
    live.querySelector("footer").append(" · no longer kept up to date, reload the page");
  }), live.dataset.live * 1000);
}
