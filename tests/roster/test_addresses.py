"""E-mail addresses that Asana leaves out for some people are asked for, or kept from before."""

import pytest

from tests.support.roster.small_asana import Json, SmallAsana, member
from tests.support.roster.syncing import sync_now
from usher.connections.models import Connection
from usher.roster import addresses
from usher.roster.models import Person
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db(transaction=True)


def without_address(gid: str) -> Json:
    return member(gid, user={"gid": gid, "name": f"Person {gid}"})


def emails() -> dict[str, str]:
    return dict(Person.objects.values_list("gid", "email"))


def test_who_comes_without_an_address_is_asked_for(asana: SmallAsana, small: Connection) -> None:
    asana.pages["1"] = [[member("11"), without_address("12"), without_address("13")]]
    asana.addresses = {"12": "twelve@example.com"}
    asana.asked_users()
    sync_now(small)
    assert sorted(asana.asked_users()) == ["12", "13"]
    assert emails() == {"11": "p11@example.com", "12": "twelve@example.com", "13": ""}


def test_an_address_from_before_is_kept_where_asana_gives_none_any_more(
    asana: SmallAsana, small: Connection
) -> None:
    asana.pages["1"] = [[member("11"), member("12")]]
    sync_now(small)
    asana.pages["1"] = [[member("11"), member("12", user={"gid": "12", "name": "Twelve", "email": None})]]
    sync_now(small)
    assert emails()["12"] == "p12@example.com"
    assert Person.objects.get(gid="12").name == "Twelve"


def test_few_are_asked_for_and_first_those_without_any_address(
    asana: SmallAsana, small: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "ASKED_ONE_BY_ONE", 1)
    asana.pages["1"] = [[member("11"), member("12"), member("13")]]
    sync_now(small)
    asana.pages["1"] = [[member("11"), without_address("12"), without_address("13"), without_address("14")]]
    asana.addresses = {gid: f"{gid}@example.com" for gid in ("12", "13", "14")}
    asana.asked_users()
    sync_now(small)
    assert asana.asked_users() == ["14"]
    assert emails() == {
        "11": "p11@example.com",
        "12": "p12@example.com",
        "13": "p13@example.com",
        "14": "14@example.com",
    }


def test_nobody_loses_an_address_in_the_sandbox(sandbox: RunningSandbox, connection: Connection) -> None:
    hidden = [m["user"] for workspace in sandbox.truth()["workspaces"] for m in workspace["memberships"]][::3]
    sandbox.post_faults(leave_out_addresses_of=hidden)
    sync_now(connection)
    told = {
        m["user"]: m["email"] or ""
        for workspace in sandbox.truth()["workspaces"]
        for m in workspace["memberships"]
    }
    assert {gid: email for gid, email in emails().items() if email != told[gid]} == {}
