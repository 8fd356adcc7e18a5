// Selecting rows of a table: counts them, selects a whole page or all that match. The form also works without it.
(() => {
  // Kept by form: the selection survives sorting and paging, but not a new search.
  const chosen = new WeakMap();

  const number = (count) => count.toLocaleString("en");
  const boxesOf = (form) => [...document.querySelectorAll(`input[type="checkbox"][form="${form.id}"]`)];

  function start(form) {
    if (!chosen.has(form)) chosen.set(form, { values: new Set(), every: false });
    const kept = chosen.get(form);
    const boxes = boxesOf(form);
    for (const box of boxes) {
      if (box.checked) kept.values.add(box.value);
      else box.checked = kept.values.has(box.value);
    }
    offerPage(form, boxes);
    show(form);
  }

  function offerPage(form, boxes) {
    const head = document.querySelector("th.select-column");
    if (!head || !boxes.length || head.querySelector("input")) return;
    const all = document.createElement("input");
    all.type = "checkbox";
    all.className = "form-check-input";
    all.setAttribute("aria-label", "Select all on this page");
    all.dataset.selectionPage = form.id;
    head.replaceChildren(all);
  }

  function show(form) {
    const { values, every } = chosen.get(form);
    const { noun, nouns } = form.dataset;
    const total = Number(form.dataset.total) || 0;
    const boxes = boxesOf(form);
    const checked = boxes.filter((box) => box.checked).length;
    const count = every ? total : values.size;
    const wholePage = boxes.length > 0 && checked === boxes.length;
    const words = form.querySelector("[data-selection-words]");
    words.textContent = count ? `${every ? "All " : ""}${number(count)} ${count === 1 ? noun : nouns} selected` : `Select ${nouns} in the table.`;
    for (const go of form.querySelectorAll("[data-selection-go]")) {
      const { verb, object } = "verb" in go.dataset ? go.dataset : form.dataset;
      const said = [verb, count ? number(count) : "", object].filter(Boolean).join(" ");
      go.querySelector("[data-selection-label]").textContent = "atOnce" in go.dataset ? said : `${said}…`;
      go.disabled = count === 0;
    }
    form.querySelector("[data-selection-none]").hidden = count === 0;
    form.classList.toggle("has-selection", count > 0);
    const fieldset = form.querySelector("[data-selection-every]");
    if (fieldset) fieldset.disabled = !every;
    const all = form.querySelector("[data-selection-all]");
    all.hidden = !fieldset || every || !wholePage || total <= boxes.length;
    all.textContent = `Select all ${number(total)} that match`;
    for (const head of document.querySelectorAll(`[data-selection-page="${form.id}"]`)) {
      head.checked = wholePage;
      head.indeterminate = checked > 0 && !wholePage;
    }
  }

  function choose(form, box) {
    const kept = chosen.get(form);
    kept.every = false;
    if (box.checked) kept.values.add(box.value);
    else kept.values.delete(box.value);
    // A person in two workspaces has two rows.
    for (const twin of boxesOf(form)) if (twin.value === box.value) twin.checked = box.checked;
  }

  document.addEventListener("change", (event) => {
    const form = document.getElementById(event.target.dataset.selectionPage ?? event.target.getAttribute("form"));
    if (!form?.matches("[data-selection]")) return;
    if (event.target.dataset.selectionPage) {
      for (const box of boxesOf(form)) {
        box.checked = event.target.checked;
        choose(form, box);
      }
    } else if (event.target.type === "checkbox") choose(form, event.target);
    show(form);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-selection-all], [data-selection-none]");
    const form = button?.closest("[data-selection]");
    if (!form) return;
    const kept = chosen.get(form);
    kept.every = button.matches("[data-selection-all]");
    if (!kept.every) {
      kept.values.clear();
      for (const box of boxesOf(form)) box.checked = false;
    }
    show(form);
    form.querySelector("[data-selection-go]").focus();
  });

  // Also send the rows selected on other pages of the table.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-selection]")) return;
    const { values, every } = chosen.get(form);
    const boxes = boxesOf(form);
    const action = form.querySelector("[data-selection-every]")?.dataset.action;
    const other = event.submitter?.dataset.everyAction;
    if (every && other) event.submitter.formAction = other;
    else if (every && action) form.action = action;
    if (every) for (const box of boxes) box.disabled = true;
    const here = new Set(boxes.map((box) => box.value));
    for (const value of every ? [] : values) {
      if (here.has(value)) continue;
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: boxes[0]?.name ?? form.dataset.name, value });
      form.append(input);
    }
  });

  function startAll() {
    document.querySelectorAll("[data-selection]").forEach(start);
  }

  document.addEventListener("htmx:afterSettle", startAll);
  // After going back, the browser shows the page as it was left, with what submitting added to the form.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", startAll);
  else startAll();
})();
