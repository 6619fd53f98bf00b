// The console works without this file. It adds what no form can: copying a text, and continuations of a query while it is typed.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
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
