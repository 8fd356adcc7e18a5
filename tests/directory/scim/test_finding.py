"""Filters, order and pages."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import SearchRequest

from tests.support.directory.identity_provider import ENTERPRISE, IdentityProvider
from usher.directory.models import Employee, Source
from usher.directory.scim.schema import PROVIDER, SERVED_USER
from usher.directory.scim.search import matching, page_of, search
from usher.directory.scim.users import Users


@pytest.fixture
def company(idp: IdentityProvider) -> IdentityProvider:
    idp.add(
        "greta@example.com",
        externalId="1",
        displayName="Greta",
        title="Buyer",
        emails=[{"value": "greta@example.com", "type": "work"}, {"value": "g@home.example", "type": "home"}],
        **{ENTERPRISE: {"department": "Finance"}},
    )
    idp.add("Bo@example.com", externalId="2", displayName="Bo", active=False)
    idp.add("cleo@example.org", externalId="3", emails=[{"value": "c@example.org", "type": "home"}])
    return idp


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ('userName eq "GRETA@example.com"', ["greta@example.com"]),
        ('userName ne "greta@example.com"', ["Bo@example.com", "cleo@example.org"]),
        ('externalId eq "3"', ["cleo@example.org"]),
        ('displayName eq "bo"', ["Bo@example.com"]),
        ('emails.value eq "G@home.example"', ["greta@example.com"]),
        ('emails[type eq "home"].value eq "c@example.org"', ["cleo@example.org"]),
        ('emails[type eq "work" and value co "home"]', []),
        ('userName co "EXAMPLE.COM"', ["greta@example.com", "Bo@example.com"]),
        ('userName sw "cl" or userName ew "org"', ["cleo@example.org"]),
        ("title pr", ["greta@example.com"]),
        ("not (title pr)", ["Bo@example.com", "cleo@example.org"]),
        ("active eq false", ["Bo@example.com"]),
        ('userName gt "cleo"', ["greta@example.com", "cleo@example.org"]),
        (f'{ENTERPRISE}:department eq "finance"', ["greta@example.com"]),
        ('externalId eq "1" and active eq true', ["greta@example.com"]),
        ('externalId eq "2" and active eq true', []),
        ('(externalId eq "1" or externalId eq "2") and displayName sw "B"', ["Bo@example.com"]),
        ('meta.created lt "2000-01-01T00:00:00Z"', []),
        ('id eq "nobody"', []),
        ('id eq "99999999999999999999"', []),
    ],
)
def test_a_filter_finds_who_it_means(company: IdentityProvider, filter_: str, names: list[str]) -> None:
    assert company.names(filter_) == names


@pytest.mark.parametrize(
    "filter_",
    ['userName eq "a@b"', 'externalId eq "1"', 'id eq "1"', 'emails[type eq "work"].value eq "a@b"'],
)
def test_the_usual_filters_are_answered_from_an_index(
    idp: IdentityProvider, source: Source, filter_: str
) -> None:
    Employee.objects.bulk_create(
        Employee(source=source, key=f"{n}@x", external_id=str(n), addresses=[f"{n}@x"]) for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE directory_employee")
    with CaptureQueriesContext(connection) as queries:
        idp("GET", f"/Users?filter={quote(filter_)}")
    asked = next(each["sql"] for each in queries if "directory_employee" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on directory_employee " not in plan, plan


@pytest.mark.parametrize(
    "filter_", ["userName eq", "shoeSize eq 39", "active gt true", "(((", 'userName xx "a"']
)
def test_a_filter_that_means_nothing_is_refused(idp: IdentityProvider, filter_: str) -> None:
    assert idp("GET", f"/Users?filter={quote(filter_)}", expect=400).json["scimType"] == "invalidFilter"


def test_pages_hold_everybody_once_in_one_order(idp: IdentityProvider) -> None:
    for number in range(7):
        idp.add(f"u{number}@example.com")
    seen = []
    for start in (1, 4, 7):
        page = idp("GET", f"/Users?startIndex={start}&count=3").json
        assert (page["totalResults"], page["startIndex"]) == (7, start)
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [user["userName"] for user in page["Resources"]]
    assert seen == [f"u{number}@example.com" for number in range(7)]
    assert idp("GET", "/Users?count=0").json.get("Resources", []) == []
    assert idp("GET", "/Users?startIndex=50").json["totalResults"] == 7


def test_an_order_may_be_asked_for(company: IdentityProvider) -> None:
    def order(query: str) -> list[str]:
        return [user["userName"] for user in company("GET", f"/Users?{query}").json["Resources"]]

    assert order("sortBy=userName") == ["Bo@example.com", "cleo@example.org", "greta@example.com"]
    assert order("sortBy=userName&sortOrder=descending&count=1") == ["greta@example.com"]
    assert order("sortBy=displayName") == ["Bo@example.com", "greta@example.com", "cleo@example.org"]


def test_attributes_can_be_chosen(company: IdentityProvider) -> None:
    user = company("GET", "/Users?attributes=userName,emails.type&filter=" + quote('externalId eq "1"')).json
    assert user["Resources"][0].keys() == {"schemas", "id", "userName", "emails"}
    user = company("GET", "/Users?excludedAttributes=emails,meta&filter=" + quote('externalId eq "1"')).json
    assert not {"emails", "meta"} & user["Resources"][0].keys()


def test_a_search_may_be_posted_also_over_users_and_groups_at_once(company: IdentityProvider) -> None:
    company.add_group("Bo")
    message = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
    body = {"schemas": [message], "filter": 'displayName eq "bo"'}
    assert company("POST", "/Users/.search", body).json["totalResults"] == 1
    assert company("POST", "/.search", body).json["totalResults"] == 2


WORDS = st.sampled_from(["a", "A", "b@x", "B@X", "c@y", "1", "2", ""])
TERMS = st.one_of(
    st.tuples(
        st.sampled_from(["userName", "externalId", "displayName", "emails", "emails.value", "id"]),
        st.sampled_from(["eq", "ne", "co"]),
        WORDS,
    ).map(lambda each: f'{each[0]} {each[1]} "{each[2]}"'),
    WORDS.map(lambda word: f'emails[type eq "work" and value eq "{word}"]'),
    WORDS.map(lambda word: f'emails[type eq "home" or value eq "{word}"]'),
    st.just("active eq true"),
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda each: f"({each[0]}) {each[1]} ({each[2]})"
        ),
        inner.map(lambda each: f"not ({each})"),
    ),
    max_leaves=5,
)


@pytest.fixture
def shelf(idp: IdentityProvider, source: Source) -> Users:
    idp.add("a", externalId="1", emails=[{"value": "b@x", "type": "work"}])
    idp.add("b@x", externalId="2", displayName="A", active=False)
    idp.add(
        "c@y", externalId="A", emails=[{"value": "B@X", "type": "home"}, {"value": "c@y", "type": "work"}]
    )
    return Users(source)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filter_=FILTERS)
def test_what_the_database_answers_is_what_the_filter_means(shelf: Users, filter_: str) -> None:
    with PROVIDER:
        wanted = SearchRequest[SERVED_USER](filter=filter_)  # type: ignore[valid-type, arg-type]
        by_database = search(shelf, wanted)
        one_by_one = page_of(matching(shelf, wanted), wanted)
    assert by_database == one_by_one
