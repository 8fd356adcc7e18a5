// Buttons that copy their text to the clipboard.
(() => {
  async function copied(text) {
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        return false;
      }
    }
    // Browsers have no clipboard API on plain http. The old way still works there.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector("[data-copy-label]");
    const before = label.textContent;
    if (button.dataset.busy) return;
    button.dataset.busy = "yes";
    const done = await copied(button.dataset.copy);
    label.textContent = done ? "Copied" : "Could not copy";
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = label.textContent;
    setTimeout(() => {
      label.textContent = before;
      delete button.dataset.busy;
    }, 2000);
  });
})();
