"""Profile → Second factor: adding, naming and removing."""

import re
import shutil
import time
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection as database
from django.test import Client

from tests.access.conftest import PASSWORD
from tests.support.access.second_factors import KEY, code, give_app
from usher.access.models import SecurityPolicy, User
from usher.access.proof.fresh import PROVED_AT
from usher.ledger.models import Entry
from usher.platform import home, rotation

HOME = "/profile/second-factor/"
APP = f"{HOME}app/"


@pytest.fixture
def browser(ada: User) -> Client:
    browser = Client()
    browser.force_login(ada)
    return browser


def age(browser: Client, minutes: float) -> None:
    session = browser.session
    session[PROVED_AT] = time.time() - minutes * 60
    session.save()


def key_on(page: str) -> str:
    found = re.search(r'id="key">([A-Z2-7 ]+)<', page)
    assert found
    return found[1].replace(" ", "")


def test_an_app_is_set_up_by_scanning_and_by_typing(browser: Client, ada: User) -> None:
    page = browser.get(APP).text
    assert "data:image/svg+xml;base64," in page
    key = key_on(page)
    assert browser.post(APP, {"code": "000000"}).status_code == 422
    assert key_on(browser.get(APP).text) == key  # also in a second tab
    answer = browser.post(APP, {"code": code(key=key)}, follow=True)
    assert "They are not shown again" in answer.text
    assert Authenticator.objects.filter(user=ada, type="totp").count() == 1
    assert Entry.objects.filter(action="access.second_factor_added").exists()
    assert key not in str(list(Authenticator.objects.values_list("data")))


def test_the_key_is_stored_encrypted_from_the_first_moment(browser: Client) -> None:
    key = key_on(browser.get(APP).text)
    assert key not in str(dict(browser.session))


def test_two_tabs_make_one_app(browser: Client, ada: User) -> None:
    key = key_on(browser.get(APP).text)
    browser.post(APP, {"code": code(key=key)})
    other = key_on(browser.get(APP).text)
    answer = browser.post(APP, {"code": code(key=other)}, follow=True)
    assert "You already have an authenticator app." in answer.text
    assert Authenticator.objects.filter(user=ada, type="totp").count() == 1


def test_recovery_codes_are_shown_once_and_can_be_downloaded(browser: Client) -> None:
    key = key_on(browser.get(APP).text)
    page = browser.post(APP, {"code": code(key=key)}, follow=True).text
    codes = re.findall(r"<code>(\d{5}-\d{5})</code>", page)
    assert len(set(codes)) == 10
    assert browser.get(f"{HOME}codes/").status_code == 200  # a reload does not lose them
    file = browser.get(f"{HOME}codes.txt")
    assert "attachment" in file.headers["Content-Disposition"]
    assert all(each in file.text for each in codes)
    browser.post(f"{HOME}codes/")
    assert browser.get(f"{HOME}codes/").status_code == 302
    assert browser.get(f"{HOME}codes.txt").status_code == 302
    assert "10 left" in browser.get(HOME).text


def test_another_session_of_the_user_never_sees_them(browser: Client, ada: User) -> None:
    key = key_on(browser.get(APP).text)
    browser.post(APP, {"code": code(key=key)})
    other = Client()
    other.force_login(ada)
    assert other.get(f"{HOME}codes.txt").status_code == 302


def test_new_codes_end_the_old_ones_and_few_are_warned_of(browser: Client, ada: User) -> None:
    give_app(ada)
    row = Authenticator.objects.get(type="recovery_codes")
    old = row.wrap().get_unused_codes()
    row.data["used_mask"] = 0b1111111
    row.save()
    assert "You have 3 recovery codes left" in browser.get(HOME).text
    browser.post(f"{HOME}codes/make/")
    new = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert set(new).isdisjoint(old)
    assert "recovery codes left" not in browser.get(HOME).text


@pytest.mark.parametrize("page", ["app/", "passkey/", "{pk}/remove/"])
def test_every_change_takes_a_fresh_proof(browser: Client, ada: User, page: str) -> None:
    address = HOME + page.format(pk=give_app(ada).pk)
    age(browser, 16)
    assert browser.get(address).headers["Location"].startswith("/prove/")
    assert browser.post(address).headers["Location"].startswith("/prove/")
    assert browser.post(f"{HOME}codes/make/").headers["Location"].startswith("/prove/")
    assert Authenticator.objects.count() == 2


def test_who_has_a_second_factor_proves_with_it_and_not_with_the_password(browser: Client, ada: User) -> None:
    give_app(ada)
    age(browser, 16)
    page = browser.get("/prove/").text
    assert 'name="code"' in page
    assert 'name="password"' not in page
    browser.post("/prove/", {"password": PASSWORD})
    assert browser.get(APP).status_code == 302
    seen = code()
    assert browser.post("/prove/", {"code": seen, "next": APP}).headers["Location"] == APP
    age(browser, 16)
    assert browser.post("/prove/", {"code": seen, "next": APP}).status_code == 422  # a code works once


def test_removing_the_last_one_removes_the_codes_too(browser: Client, ada: User) -> None:
    app = give_app(ada)
    assert "your recovery codes are deleted" in browser.get(f"{HOME}{app.pk}/remove/").text
    browser.post(f"{HOME}{app.pk}/remove/")
    assert not Authenticator.objects.exists()
    assert Entry.objects.filter(action="access.second_factor_removed").exists()


def test_the_last_one_stays_where_one_is_required(browser: Client, ada: User) -> None:
    app = give_app(ada)
    SecurityPolicy.objects.create(pk=1, second_factor="everyone")
    answer = browser.post(f"{HOME}{app.pk}/remove/", follow=True)
    assert "Add another first" in answer.text
    assert Authenticator.objects.filter(pk=app.pk).exists()


def test_nobody_removes_or_names_a_factor_of_another(browser: Client) -> None:
    bea = User.objects.create_user("bea@example.com", "bea@example.com", PASSWORD)
    hers = give_app(bea)
    assert browser.post(f"{HOME}{hers.pk}/remove/").status_code == 404
    assert browser.post(f"{HOME}{hers.pk}/rename/", {"name": "x"}).status_code == 404
    assert Authenticator.objects.filter(pk=hers.pk).exists()


def test_a_passkey_can_be_named(browser: Client, ada: User) -> None:
    passkey = Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Old", "credential": {}})
    browser.post(f"{HOME}{passkey.pk}/rename/", {"name": "<b>Laptop"})
    assert "&lt;b&gt;Laptop" in browser.get(HOME).text
    assert browser.post(f"{HOME}{passkey.pk}/rename/", {"name": "a\x00b"}).status_code in (400, 422)


def test_secrets_rotate_with_the_keys(
    db: None, ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(home.home() / home.ENCRYPTION_KEYS, tmp_path)
    monkeypatch.setenv("USHER_HOME", str(tmp_path))  # other tests have secrets of the old key
    give_app(ada)
    rotation.add_key()
    assert rotation.encrypt_anew() == 2
    home.write_encryption_keys(home.encryption_keys()[:1])  # the old key is gone
    rotation.read_all()
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code())
    with database.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        assert KEY not in str(cursor.fetchall())
