"""Every page's question can be asked by a program, and the answer has the figures of the page."""

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.support.e2e.furnished import furnish
from tests.support.rest import items
from usher.access.models import User
from usher.access.tokens.api_tokens import make_token
from usher.config.api import api
from usher.connections.models import Connection
from usher.contracts.models import Contract
from usher.directory.models import SourceQuestion
from usher.ledger.actors import SYSTEM
from usher.ledger.models import MissingHead
from usher.policy.models import Policy, PolicyRun
from usher.roster.models import Person
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = "/api/v1/ledger"


class Asked:
    """The same installation, by its pages and by its API."""

    def __init__(self, user: User) -> None:
        self.pages = furnish(user)
        MissingHead.objects.update(settled_at=timezone.now())  # until an admin has looked, no token works
        token = make_token(user, "All", SYSTEM)
        self.api = Client(headers={"Authorization": f"Bearer {token}"})

    def page(self, address: str) -> str:
        answer = self.pages.get(address)
        assert answer.status_code == 200, address
        return answer.content.decode()

    def file(self, address: str) -> list[dict[str, str]]:
        text = b"".join(self.pages.get(address)).decode("utf-8-sig")  # type: ignore[arg-type]  # streams
        return list(csv.DictReader(io.StringIO(text)))

    def get(self, address: str, **parameters: Any) -> Any:  # JSON
        answer = self.api.get(f"/api/v1/{address}", parameters)
        assert answer.status_code == 200, (address, answer.content)
        return answer.json()


def as_cell(value: object) -> str:
    return "" if value is None else str(value)


def test_the_api_says_what_the_pages_say(sandbox: RunningSandbox, user: User, settings: Settings) -> None:
    settings.USHER_API_REQUESTS_PER_MINUTE = 100_000  # pages of seven take many
    asked = Asked(user)
    wrong = [
        *wrong_lists(asked),
        *wrong_people(asked),
        *wrong_cases(asked),
        *wrong_figures(asked),
        *wrong_costs(asked),
        *wrong_reconciliation(asked),
        *wrong_prices(asked),
        *wrong_sources(asked),
    ]
    assert not wrong, "\n".join(wrong)


def wrong_lists(asked: Asked) -> Iterator[str]:
    """Each list: all of its pages together are its file, and no page has a record twice."""
    rule_run = PolicyRun.objects.filter(findings__isnull=False).first()
    assert rule_run
    for path, operations in api.get_openapi_schema()["paths"].items():
        names = {each["name"] for each in operations.get("get", {}).get("parameters", [])}
        if not {"cursor", "format"} <= names:
            continue
        number = with_something_in(path, rule_run)
        address = path.format(number=number, run=rule_run.pk).removeprefix("/api/v1/")
        if f"/api/v1/{address}" == LARGE:
            continue  # reading adds nothing to it, but tokens do
        pages = items(asked.api, address, limit=7)
        lines = b"".join(asked.api.get(f"/api/v1/{address}", {"format": "jsonl"})).decode().splitlines()  # type: ignore[arg-type]
        found = sorted(json.dumps(each, sort_keys=True) for each in pages)
        if found != sorted(json.dumps(json.loads(line), sort_keys=True) for line in lines):
            yield f"{address}: {len(pages)} on pages, {len(lines)} in the file"
        if len(set(found)) != len(pages):
            yield f"{address}: twice"
        if not pages:
            yield f"{address}: empty, so nothing was compared"


def with_something_in(path: str, rule_run: PolicyRun) -> int:
    """What a list that belongs to something is asked of, so that it is not empty."""
    people, rules = Person.objects.order_by("pk"), Policy.objects.order_by("pk")
    found = {
        "/people/{number}/history": people.filter(memberships__changes__isnull=False),
        "/people/{number}/remarks": people.filter(remarks__is_current=True),
        "/rules/{number}/questions": rules.filter(questions__isnull=False),
        "/rules/{number}/trial/found": rules.filter(trials__stretches__last=F("trials__today")),
    }
    if path.startswith("/api/v1/sources/"):
        return SourceQuestion.objects.earliest("pk").source_id
    first = found[path.removeprefix("/api/v1")].first() if path.removeprefix("/api/v1") in found else None
    return first.pk if first else rule_run.policy_id


def wrong_people(asked: Asked) -> Iterator[str]:
    acme = Connection.objects.get(name="Acme").pk
    for query in ("", "role=admin", "status=active&idle=30", "use=never", f"connection={acme}&licence=guest"):
        page = asked.file(f"/people/export.csv?{query}")
        found = items(asked.api, f"memberships?{query}")
        by_name = sorted(
            [[as_cell(one[name]) for name in ("gid", "workspace_gid", "last_used")] for one in found]
        )
        if by_name != sorted([[row[name] for name in ("gid", "workspace_gid", "last_used")] for row in page]):
            yield f"people?{query}: {len(found)}, and {len(page)} on the page"


def wrong_cases(asked: Asked) -> Iterator[str]:
    page = {int(row["case"]): row["state"] for row in asked.file("/cases/export.csv?queue=all")}
    found = {one["case"]: one["state"] for one in asked.get("cases", limit=500)["cases"]}
    if page != found:
        yield f"cases: {len(found)}, and {len(page)} on the page"
    leavers = {row["gid"] for row in asked.file("/leavers/export.csv?show=all")}
    if leavers != {one["gid"] for one in asked.get("leavers")}:
        yield "leavers"


def wrong_figures(asked: Asked) -> Iterator[str]:
    page, found = asked.page("/"), asked.get("figures")
    for label, figure in (
        ("Members", found["all_workspaces"]["seats"]),
        ("Guests", found["all_workspaces"]["guests"]),
        ("Admins", found["all_workspaces"]["admins"]),
        ("Seats idle for 90 days", found["usage"]["idle_seats"]["90"]),
        ("Seats idle for 30 days", found["usage"]["idle_seats"]["30"]),
    ):
        shown = re.search(
            rf'stat-label">\s*(?:<[^>]+>\s*)*{label}\s*<.*?stat-value[^>]*>\s*(?:<[^>]+>\s*)*([\d,]+|–)',
            page,
            re.S,
        )
        if shown is None:
            continue
        if shown[1].replace(",", "") != ("–" if figure is None else str(figure)):
            yield f"figures: {label} {figure}, and {shown[1]} on the page"


def wrong_costs(asked: Asked) -> Iterator[str]:
    for contract in Contract.objects.all():
        rows = asked.file(f"/savings/{contract.pk}/costs/export.csv")
        found = asked.get(f"contracts/{contract.pk}/costs")
        if [row["amount"] for row in rows] != [one["amount"] for one in found["rows"]]:
            yield f"costs of {contract}"
        if sum((Decimal(one["amount"]) for one in found["rows"]), Decimal(0)) != Decimal(found["total"]):
            yield f"costs of {contract} do not sum up"
        saved = asked.get(f"contracts/{contract.pk}/savings")["saves_a_year"]
        page = asked.page(f"/savings/{contract.pk}/").replace(",", "").replace("\xa0", " ")
        if Decimal(saved) and saved.removesuffix(".00") not in page:
            yield f"savings of {contract}: {saved}"


def wrong_reconciliation(asked: Asked) -> Iterator[str]:
    """Each figure is the figure of the page, and the number of rows of the list and of its file."""
    acme = Connection.objects.get(name="Acme").pk
    page = asked.page(f"/reconciliation/?connection={acme}")
    (found,) = asked.get("reconciliation", connection=acme)["connections"]
    told = found["figures"]
    figures = {f"activity={name}": people for name, people in told["by_activity"].items()}
    figures |= {f"show={name}": people for name, people in told["by_presence"].items()}
    figures |= {f"show={name}": told[name] for name in ("in_file", "only_usher", "compared")}
    if sum(1 for people in figures.values() if people) < 6:
        yield "reconciliation: next to nothing was compared"
    for query, people in figures.items():
        shown = re.search(rf'connection={acme}&(?:amp;)?{query}">(?:<strong>)?([\d,]+)', page)
        if (shown[1].replace(",", "") if shown else "0") != str(people):
            yield f"reconciliation: {query} {people}, and {shown and shown[1]} on the page"
        address = f"reconciliation/people?connection={acme}&{query}"
        rows = asked.file(f"/reconciliation/people/export.csv?connection={acme}&{query}")
        listed = items(asked.api, address)
        names = ("gid", "presence", "activity", "console_last_activity", "usher_last_use", "difference_days")
        by_api = sorted([as_cell(one[name]) for name in names] for one in listed)
        if by_api != sorted([row[name] for name in names] for row in rows):
            yield f"{address}: {len(listed)}, and {len(rows)} on the page"
        if len(rows) != people:
            yield f"{address}: {len(rows)} rows, and a figure of {people}"


def wrong_prices(asked: Asked) -> Iterator[str]:
    page = asked.page("/settings/prices/")
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for one in items(asked.api, "seat-prices"):
        if one["is_from_contract"]:
            is_same = f"{one['amount']} {one['currency']} a month, from the contract" in words
        else:
            shown = re.search(rf'<input[^>]*name="connection-{one["id"]}-amount"[^>]*>', page)
            assert shown
            value = re.search(r'value="([^"]*)"', shown[0])
            is_same = (value[1] if value else None) == one["amount"]
        if not is_same:
            yield f"price of {one['connection']}: {one['amount']}"


def wrong_sources(asked: Asked) -> Iterator[str]:
    for one in items(asked.api, "sources"):
        page = asked.page(f"/directory/sources/{one['id']}/")
        if f"<dd>{one['working']:,} of {one['employees']:,}</dd>" not in page:
            yield f"source {one['name']}: {one['working']} of {one['employees']}"
        absent = one["no_longer_listed"]
        if (f">{absent:,}: say whether they left<" in page) != bool(absent):
            yield f"source {one['name']}: {absent} no longer listed"
