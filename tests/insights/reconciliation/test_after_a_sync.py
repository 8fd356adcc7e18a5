"""Whoever was only in the file is found by the sync that brings them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import connect_to_sandbox
from tests.support.insights.reconciled import import_rows, row_of_nobody
from tests.support.roster.syncing import sync_now
from usher.insights.reconciliation.exports import newest_exports
from usher.insights.reconciliation.figures import ReconciledFigures, reconciled_figures
from usher.insights.reconciliation.kinds import Presence, PresenceGroup
from usher.roster.models import Membership, Person
from usher.sandbox import RunningSandbox


@pytest.mark.django_db(transaction=True)
def test_a_sync_that_brings_people_matches_them_with_the_file(sandbox: RunningSandbox) -> None:
    acme = connect_to_sandbox()
    sync_now(acme)
    people = list(Person.objects.filter(memberships__status="active").exclude(email="").distinct()[:12])
    yesterday = timezone.localdate() - timedelta(days=1)
    late = [person.pk for person in people[6:]]
    Membership.objects.filter(person__in=late).delete()
    Person.objects.filter(pk__in=late).delete()
    import_rows(acme, yesterday, [row_of_nobody(person.name, person.email, yesterday) for person in people])

    def figures() -> ReconciledFigures:
        (found,) = reconciled_figures(newest_exports([acme]), timezone.now())
        return found

    before = figures()
    assert (before.people(Presence.NOT_IN_USHER), before.together(PresenceGroup.MATCHED)) == (6, 6)
    sync_now(acme)
    after = figures()
    assert (after.people(Presence.NOT_IN_USHER), after.together(PresenceGroup.MATCHED)) == (0, 12)
    assert after.repeated_rows == 0
