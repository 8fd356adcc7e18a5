// In a dialog the keyboard starts at the first thing to fill in, or at the first that is wrong.
(() => {
  function start(dialog) {
    const field = dialog.querySelector(".is-invalid") ?? dialog.querySelector(".modal-body :is(input, select, textarea):not([type=hidden])");
    field?.focus();
  }

  // Opened again, a dialog is fetched anew: what is typed into the old form would be lost.
  document.addEventListener("hidden.bs.modal", (event) => event.target.querySelector(".dialog-content")?.replaceChildren());
  // Once a dialog has slid in, it takes the focus: whoever is quicker and fills it in already gets it back.
  let busy = null;
  document.addEventListener("focusin", (event) => {
    if (event.target.closest(".dialog-content")) busy = event.target;
  });
  document.addEventListener("shown.bs.modal", (event) => {
    if (event.target.contains(busy)) busy.focus();
    else start(event.target);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const dialog = event.detail.elt.closest?.(".modal.show");
    if (dialog) start(dialog);
  });
})();
