// Moves the focus in a dialog to the first invalid field, or else to the first field.
(() => {
  function start(dialog) {
    const field = dialog.querySelector(".is-invalid") ?? dialog.querySelector(".modal-body :is(input, select, textarea):not([type=hidden])");
    field?.focus();
  }

  // A dialog is fetched anew each time it opens. Until then, nothing may be typed into the old form.
  document.addEventListener("hidden.bs.modal", (event) => event.target.querySelector(".dialog-content")?.replaceChildren());
  // A dialog takes the focus when it has slid in. If a field already has it, the field gets it back.
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
