// Feedback while a part of the page is fetched, and when that fails.
(() => {
  const REASONS = {
    400: "Usher could not read that request. Reload the page and try again.",
    403: "You may not do this, or this page is out of date. Reload it and try again.",
    404: "This no longer exists. Reload the page.",
    429: "Too many requests. Wait a moment and try again.",
  };
  let inProgress = 0;

  // No bar for polling: it would flash every second.
  const polls = (element) => /\bevery\b/.test(element?.getAttribute?.("hx-trigger") ?? "");

  function loading(change) {
    inProgress = Math.max(0, inProgress + change);
    document.getElementById("loading")?.classList.toggle("loading-on", inProgress > 0);
  }

  function say(text) {
    // A notice behind an open dialog would not be seen.
    const notices = document.querySelector(".modal.show .modal-body") ?? document.querySelector(".modal.show .dialog-content") ?? document.getElementById("notices");
    if (!notices || notices.querySelector("[data-request-error]")?.lastChild.textContent === text) return;
    forget();
    const notice = document.createElement("div");
    notice.className = "notice notice-error";
    notice.dataset.requestError = "yes";
    notice.setAttribute("role", "alert");
    const words = document.createElement("div");
    words.textContent = text;
    notice.append(words);
    notices.prepend(notice);
    notice.scrollIntoView({ block: "nearest" });
  }

  function forget() {
    document.querySelectorAll("[data-request-error]").forEach((notice) => notice.remove());
  }

  // A page that refreshes itself does not keep its session alive.
  document.addEventListener("htmx:configRequest", (event) => {
    if (polls(event.detail.elt)) event.detail.headers["Usher-Poll"] = "yes";
  });

  document.addEventListener("htmx:beforeRequest", (event) => polls(event.detail.elt) || loading(+1));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!polls(event.detail.elt)) loading(-1);
    if (event.detail.successful) forget();
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) {
      location.reload();
      return;
    }
    say(REASONS[status] ?? "Something went wrong in Usher. This part of the page was not updated. Try again in a moment.");
  });
  for (const failure of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => {
      say("Usher did not answer. Is it running, and are you connected? Try again in a moment.");
    });
  }

  // Announces to screen readers what a replaced part of the page now shows.
  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.elt;
    const spoken = target.matches?.("[data-announce]") ? target : target.querySelector?.("[data-announce]");
    const announcer = document.getElementById("announcer");
    if (!spoken || !announcer) return;
    const words = spoken.dataset.announce || spoken.textContent.trim();
    if (announcer.textContent !== words) announcer.textContent = words;
  });
})();
