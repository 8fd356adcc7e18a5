"""Usher behind a real nginx, with the very server block of docs/install.md."""

import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Installation, installed
from tests.support import chromium as system_chromium
from tests.support.cli.running import wait_until
from tests.support.e2e.walkthrough import PASSWORD, make_the_first_account
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.sso.assertions import signer

NGINX = shutil.which("nginx")

pytestmark = [
    pytest.mark.skipif(system_chromium.EXECUTABLE is None, reason="needs Chromium"),
    pytest.mark.skipif(NGINX is None, reason="needs nginx"),
    pytest.mark.xdist_group("e2e"),
]

WITHOUT_ROOT = """
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; access_log off;
"""


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Installation]:
    """Its address is the one of nginx, by https."""
    port = free_port()
    address = f"https://localhost:{port}"
    with (
        installed(USHER_BASE_URL=address, USHER_TRUSTED_PROXIES="127.0.0.1") as usher,
        nginx(tmp_path, port, usher.url),
    ):
        yield Installation(address, usher.one_time_link, usher.environment, usher.sandbox)


@contextmanager
def nginx(folder: Path, port: int, usher: str) -> Iterator[None]:
    (folder / "usher.pem").write_text(signer("localhost").certificate)
    (folder / "usher.key").write_text(signer("localhost").key)
    (block,) = re.findall(r"```nginx\n(.+?)```", (ROOT / "docs" / "install.md").read_text(), re.DOTALL)
    for documented, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "usher.example.com": "localhost",
        "/etc/ssl/": f"{folder}/",
        "http://127.0.0.1:8000": usher,
        "proxy_set_header Host $host;": "proxy_set_header Host $http_host;",  # a port of its own, here only
    }.items():
        assert documented in block
        block = block.replace(documented, here)
    http = WITHOUT_ROOT.format(folder=folder) + block
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}} http {{ {http} }}"
    )
    assert NGINX
    with subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf")]) as process:
        try:
            wait_until(lambda: answers(f"https://localhost:{port}/healthz"))
            yield
        finally:
            process.terminate()


def answers(address: str) -> bool:
    try:
        return httpx.get(address, verify=ssl._create_unverified_context()).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(ignore_https_errors=True)
    context.set_default_timeout(2 * system_chromium.PATIENCE_MILLISECONDS)  # a large file is read meanwhile
    yield context.new_page()
    context.close()


def test_cookies_belong_to_the_host_alone_and_large_files_come_through(
    behind: Installation, page: Page, tmp_path: Path
) -> None:
    make_the_first_account(page, behind)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}  # type: ignore[typeddict-item]
    assert {"__Host-sessionid", "__Host-csrftoken", "__Host-usher-device"} <= set(cookies)
    for name in ("__Host-sessionid", "__Host-csrftoken", "__Host-usher-device"):
        cookie = cookies[name]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "localhost"), cookie
    shown = page.goto(f"{behind.url}/profile/")
    assert shown
    assert shown.header_value("strict-transport-security") == "max-age=31536000"

    page.get_by_role("button", name="Account of Ines Marsh").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail").fill("ines@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()

    page.goto(f"{behind.url}/directory/imports/upload/")
    page.get_by_label("Name of the new source").fill("HR system")
    page.locator("#id_file").set_input_files(large_file(tmp_path))
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_text("60,000").first).to_be_visible()


def large_file(folder: Path) -> Path:
    """More than nginx takes without being told so."""
    file = folder / "people.csv"
    rows = (f"{n},person{n}@example.com,Person {n},Active" for n in range(60_000))
    file.write_text("\n".join(["Employee ID,Work Email,Name,Status", *rows]))
    assert file.stat().st_size > 2_000_000
    return file
