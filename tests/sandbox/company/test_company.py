import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.sandbox.conftest import TODAY
from usher.sandbox import Company
from usher.sandbox.company.gids import PERSONAL_PROJECTS_GID
from usher.sandbox.company.timeline import HISTORY_DAYS

NOW = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC).timestamp()


def _plain(company: Company) -> list[object]:
    return [
        [(p.name, p.email, company.gids.users.gid(p.number)) for p in company.people],
        [(w.gid, w.name, list(w.members)) for w in company.workspaces],
        [(m.person, m.history, m.never_joined) for m in company.memberships],
        company.accounts,
    ]


@pytest.fixture(scope="module")
def company() -> Company:
    return Company.generate(2_000, 7, today=TODAY)


def test_the_same_arguments_give_the_same_company_on_any_day_of_a_half_year(company: Company) -> None:
    again = Company.generate(2_000, 7, today=TODAY - timedelta(days=60))
    assert _plain(again) == _plain(company)


def test_another_seed_gives_another_company(company: Company) -> None:
    other = Company.generate(2_000, 8, today=TODAY)
    assert {w.gid for w in other.workspaces} & {w.gid for w in company.workspaces} == {PERSONAL_PROJECTS_GID}
    assert sum(a.name == b.name for a, b in zip(other.people, company.people, strict=False)) < 100


def test_it_has_one_organization_with_most_people_and_several_smaller_workspaces(company: Company) -> None:
    main, *smaller = [w for w in company.workspaces if w.name != "Tideway Instruments" and not w.is_pseudo]
    assert main.is_organization
    assert len(main.email_domains) == 2
    assert len(smaller) == 3
    assert not any(w.is_organization for w in smaller)
    assert len(main.members) > 8 * max(len(w.members) for w in smaller)


def test_every_kind_of_membership_is_there(company: Company) -> None:
    main = company.workspaces[0]
    standings = [company.memberships[n].at(NOW) for n in main.members]
    kinds = Counter((s.status, s.role, s.licence) for s in standings if s is not None)
    assert kinds["active", "admin", "member"] > 10
    assert kinds["active", "guest", "guest"] > 100
    assert kinds["active", "member", "view_only"] > 60
    assert kinds["removed", "member", "member"] > 4 * kinds["vanished", "member", "member"] / 2 > 20
    assert sum(company.memberships[n].never_joined for n in main.members) > 40
    assert any(company.people[company.memberships[n].person].is_service_account for n in main.members)


def test_guests_are_outside_the_domains_and_only_in_organizations(company: Company) -> None:
    for membership in company.memberships:
        workspace, person = company.workspaces[membership.workspace], company.people[membership.person]
        standing = membership.at(NOW)
        if standing is None or person.email is None:
            continue
        is_outside = person.email.partition("@")[2].lower() not in workspace.email_domains
        assert (standing.role == "guest") == (is_outside and workspace.is_organization)
        assert workspace.is_organization or standing.licence == "member"


def test_some_people_are_in_two_workspaces(company: Company) -> None:
    assert sum(len(person.memberships) == 2 for person in company.people) > 50


def test_names_come_in_many_scripts_and_in_awkward_forms(company: Company) -> None:
    letters = Counter(
        unicodedata.name(c, "?").split()[0] for person in company.people for c in person.name if c.isalpha()
    )
    scripts = {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "CJK", "HIRAGANA", "HANGUL"}
    assert scripts <= set(letters)
    names = [person.name for person in company.people]
    for start in ("=", "+", "@", "-"):
        assert any(name.startswith(start) for name in names)
    for within in ("'", ",", "🌻", '"', "<"):
        assert any(within in name for name in names)
    assert max(map(len, names)) > 80
    assert any(person.email is None for person in company.people)


def test_addresses_are_unlike_even_without_case(company: Company) -> None:
    addresses = [person.email.lower() for person in company.people if person.email]
    assert len(set(addresses)) == len(addresses)
    assert any(person.email != person.email.lower() for person in company.people if person.email)


def test_the_first_account_is_in_several_workspaces_and_in_personal_projects(company: Company) -> None:
    first = company.account_by_token("sandbox-pat-1")
    assert first is not None
    memberships = [company.memberships[n] for n in company.people[first.person].memberships]
    assert PERSONAL_PROJECTS_GID in {company.workspaces[m.workspace].gid for m in memberships}
    assert len(memberships) >= 4


def test_the_second_account_is_admin_of_a_smaller_organization_of_other_people(company: Company) -> None:
    second = company.account_by_token("sandbox-pat-2")
    assert second is not None
    (number,) = company.people[second.person].memberships
    workspace = company.workspaces[company.memberships[number].workspace]
    assert workspace.is_organization
    assert 400 <= len(workspace.members) < 500
    people = {company.memberships[n].person for n in workspace.members}
    assert not people & {company.memberships[n].person for n in company.workspaces[0].members}


def test_it_grows_slowly_while_people_leave(company: Company) -> None:
    main = [company.memberships[n] for n in company.workspaces[0].members]
    months = [NOW - days * 86_400 for days in range(HISTORY_DAYS, -1, -30)]
    sizes = [sum(m.is_active(month) for m in main) for month in months]
    assert 1.05 < sizes[-1] / sizes[0] < 1.5
    for before, after in pairwise(months):
        there = [m for m in main if m.is_active(before)]
        left = sum(not m.is_active(after) for m in there) / len(there)
        assert 0.002 < left < 0.035


def test_some_who_left_come_back_and_some_change_role_or_licence(company: Company) -> None:
    histories = [[s for _, s in m.history] for m in company.memberships]
    assert any([s.status for s in h] in (["active", "removed", "active"],) for h in histories)
    assert any(h[0].licence == "member" and h[-1].licence == "view_only" for h in histories)
    assert any(h[0].role == "member" and h[-1].role == "admin" for h in histories)
    for membership in company.memberships:
        times = [at for at, _ in membership.history]
        assert times == sorted(set(times))


def test_equal_workspaces_share_the_people_exactly(company: Company) -> None:
    equal = Company.generate(2_002, 7, equal_workspaces=4, today=TODAY)
    sizes = [len(w.members) for w in equal.workspaces[:4]]
    assert sizes == [501, 501, 500, 500]
    assert all(m.is_active(NOW - 20 * 86_400) for m in equal.memberships)
    first = equal.account_by_token("sandbox-pat-1")
    assert first is not None
    assert len(equal.people[first.person].memberships) == 4


def test_each_further_equal_workspace_has_an_admin_who_sees_it_alone() -> None:
    equal = Company.generate(40, 7, equal_workspaces=4, today=TODAY)
    for number in (2, 3, 4):
        admin = equal.account_by_token(f"sandbox-pat-of-{number}")
        assert admin is not None
        (membership,) = equal.people[admin.person].memberships
        assert equal.memberships[membership].workspace == number - 1


def test_a_free_company_has_no_view_only_licences_and_no_service_accounts() -> None:
    free = Company.generate(500, 7, free=True, today=TODAY)
    assert not any(s.licence == "view_only" for m in free.memberships for _, s in m.history)
    assert not any(account.is_service_account for account in free.accounts)


@pytest.mark.parametrize("number", [0, 1, 77, 239_999, 10_000_000])
def test_a_gid_leads_back_to_its_number(company: Company, number: int) -> None:
    gids = company.gids
    for kind in (gids.users, gids.memberships, gids.tasks, gids.team_memberships):
        gid = kind.gid(number)
        assert len(gid) == 16
        assert kind.number(gid) == number
        assert kind.number(str(int(gid) + 1)) != number
    assert gids.users.number(gids.memberships.gid(number)) is None
