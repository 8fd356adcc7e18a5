"""Whoever is limited to a connection uploads lists of its people, and decides about nobody else."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.support.removal.accounts import account
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.directory import sources
from usher.directory.employment.status import EmploymentGroup, employment_of
from usher.directory.models import Employee, Import, Source
from usher.ledger.actors import SYSTEM
from usher.roster.models import Person

pytestmark = pytest.mark.django_db

LEFT = "Employee ID,Work Email,Name,Status\n1,ada@example.com,Ada,Active\n2,bob@example.com,Bob,Terminated\n"


@pytest.fixture
def ada() -> Person:
    return a_member(a_workspace(a_connection("Acme")), "Ada", "ada@example.com").person


@pytest.fixture
def bob() -> Person:
    """Of another customer, with an address that also stands in the list of the first."""
    return a_member(a_workspace(a_connection("Beta")), "Bob", "bob@example.com").person


@pytest.fixture
def browser(ada: Person) -> Client:
    operator = account(UserRole.OPERATOR)
    User.objects.filter(pk=operator.pk).update(scope=[ada.connection_id])
    client = Client()
    client.force_login(operator)
    return client


def upload(browser: Client, **source: object) -> HttpResponse:
    file = SimpleUploadedFile("people.csv", LEFT.encode(), "text/csv")
    return browser.post("/directory/imports/upload/", {"file": file, **source}, follow=True)


def test_a_new_list_is_of_the_connections_that_its_uploader_sees(
    browser: Client, ada: Person, bob: Person
) -> None:
    upload(browser, name="HR of Acme")
    browser.post(f"/directory/imports/{Import.objects.get().pk}/preview/", follow=True)
    source = Source.objects.get(name="HR of Acme")
    assert source.connections == [ada.connection_id]
    assert Employee.objects.filter(source=source).count() == 2
    assert employment_of(ada, timezone.localdate()).group == EmploymentGroup.EMPLOYED
    assert employment_of(bob, timezone.localdate()).group == EmploymentGroup.UNKNOWN, (
        "a list of Acme says nothing about people of Beta"
    )


def test_a_list_that_also_decides_about_others_is_not_theirs_to_upload(
    browser: Client, ada: Person, bob: Person
) -> None:
    everybody = sources.add(SYSTEM, "Group HR", connections=[ada.connection_id, bob.connection_id])
    answer = upload(browser, source=everybody.pk)
    assert "also lists people of connections that you do not see" in answer.text
    assert not Import.objects.exists()
    assert not Employee.objects.exists()


def test_a_list_of_others_alone_is_not_there_for_them(browser: Client, ada: Person, bob: Person) -> None:
    theirs = sources.add(SYSTEM, "HR of Beta", connections=[bob.connection_id])
    answer = upload(browser, source=theirs.pk)
    assert "HR of Beta" not in answer.text
    assert not Import.objects.exists()
