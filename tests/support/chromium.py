"""The browser that tests drive: the system's Chromium, where there is one."""

import shutil

from playwright.sync_api import expect

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_MILLISECONDS = 60_000
"""How long an answer may take before a test fails: many processes share the cores. Nothing is measured by it."""

expect.set_options(timeout=PATIENCE_MILLISECONDS)

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
