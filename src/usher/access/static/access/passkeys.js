// What a browser says when it has no passkeys, or when one was not used. allauth's scripts do the rest.
(() => {
  const REASONS = {
    NotAllowedError: "No passkey was used. Try again, or choose another way.",
    InvalidStateError: "This passkey is already among yours.",
    SecurityError: "Passkeys work only over https and at a host name, not at an IP address.",
    NotSupportedError: "This passkey cannot be used here. Try another one.",
    ConstraintError: "This key has no PIN. Untick signing in without a password, or set a PIN for it.",
  };

  function say(text) {
    for (const notice of document.querySelectorAll("[data-passkey-problem]")) {
      notice.querySelector("div").textContent = text;
      notice.hidden = false;
    }
  }

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    say(REASONS[event.detail.exception?.name] ?? "The browser could not use a passkey. Try again.");
  });

  document.addEventListener("DOMContentLoaded", () => {
    if (window.PublicKeyCredential) {
      for (const hidden of document.querySelectorAll("[data-passkey-only]")) hidden.hidden = false;
      return;
    }
    for (const button of document.querySelectorAll("[data-passkey] button[type=button]")) button.disabled = true;
    if (document.querySelector("[data-passkey]:not([data-passkey-only])")) say(REASONS.SecurityError);
  });
})();
