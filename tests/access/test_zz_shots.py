import os
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
import pytest
from playwright.sync_api import sync_playwright
from tests.chromium import ARGUMENTS, EXECUTABLE
from usher.access.models import User, SignInLink
from usher.access.roles import Role
from usher.access.api_tokens import make_token
from usher.access.people import change_role, deactivate, add_person
from usher.ledger.actors import Actor, SYSTEM
from usher.ledger.record import record

@pytest.mark.django_db(transaction=True)
def test_shots(live_server):
    ada = User.objects.create_user("ada@example.com", "ada@example.com", "correct horse battery 9", name="Ada Lovelace", role=Role.ADMIN)
    by = Actor("person", "ada@example.com", ada.pk, "page")
    for n, r in enumerate(Role):
        p = add_person(f"person{n}@example.com", r, by, f"Person {n}")
    deactivate(p, by)
    make_token(ada, "Nightly export", by)
    record(by, "case.approved", "case 12: Greta Sanz <greta@example.com>", reason="left on 20 November")
    record(SYSTEM, "asana.user_removed", "case 12: Greta Sanz <greta@example.com> from Halvorsen & Brook", before={"role": "member"}, after=None)
    record(Actor("command", "root", via="command line (root)"), "settings.guardrails_changed", "guardrails", before={"a_day": 20, "quiet": ["22:00", "06:00"]}, after={"a_day": 50, "quiet": []})
    viewer = User.objects.create_user("vi@example.com", "vi@example.com", name="Vi")
    links = [SignInLink.issue(ada), SignInLink.issue(ada), SignInLink.issue(viewer)]
    with sync_playwright() as pw:
        b = pw.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        for kind, opts, link in (("wide", dict(viewport={"width":1280,"height":860}), links[0]), ("narrow", dict(viewport={"width":360,"height":780}, color_scheme="dark"), links[1])):
            page = b.new_context(**opts).new_page()
            page.on("console", lambda m: print("CONSOLE", m.text))
            page.goto(f"{live_server.url}/welcome/{link}/"); page.locator("button").last.click(); page.wait_for_load_state("networkidle")
            for name, path in (("ledger","/ledger/"),("entry","/ledger/7/"),("entry_g", "/ledger/9/"),("users","/settings/users/"),("user",f"/settings/users/{p.pk-1}/"),("add","/settings/users/add/"),("settings","/settings/"),("profile","/profile/")):
                page.goto(live_server.url+path); page.wait_for_load_state("networkidle")
                wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                if wide: print("OVERFLOW", kind, name)
                page.screenshot(path=f"/tmp/h2/shots/{kind}_{name}.png", full_page=True)
            page.goto(live_server.url+"/profile/"); page.get_by_label("What is it for?").fill("x"); page.get_by_role("button", name="Make a token").click(); page.wait_for_load_state("networkidle")
            page.screenshot(path=f"/tmp/h2/shots/{kind}_token.png", full_page=True)
            page.goto(live_server.url+f"/settings/users/{p.pk-1}/"); page.get_by_role("button", name="Make a sign-in link").click(); page.wait_for_load_state("networkidle")
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"): print("OVERFLOW link")
            page.screenshot(path=f"/tmp/h2/shots/{kind}_link.png", full_page=True)
        page = b.new_context(viewport={"width":1280,"height":860}).new_page()
        page.goto(f"{live_server.url}/welcome/{links[2]}/"); page.locator("button").last.click(); page.wait_for_load_state("networkidle")
        page.goto(live_server.url+"/settings/users/"); page.screenshot(path="/tmp/h2/shots/refused.png")
        page.goto(live_server.url+"/settings/"); page.screenshot(path="/tmp/h2/shots/settings_viewer.png")
        b.close()
