"""Only an assertion that the provider signed, for Usher, for this sign-in and now, signs somebody in, and once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from onelogin.saml2.constants import OneLogin_Saml2_Constants

from tests.access.sso.conftest import come_back_by_saml, id_of, saml_request, who
from tests.support.sso.assertions import ACS, TRANSIENT, Answer, metadata, sign, signer
from usher.access.models import IdentityProvider, UsedAssertion, User

pytestmark = pytest.mark.usefixtures("corp", "ada")


def begin(client: Client, next_page: str = "") -> str:
    """Sends the browser to the provider. Returns the ID of the request."""
    answer = client.get("/sign-in/saml/corp/", {"next": next_page} if next_page else {})
    return id_of(saml_request(answer))


def test_a_right_assertion_signs_in_and_leads_to_the_page_that_was_asked_for(client: Client) -> None:
    answer = come_back_by_saml(client, Answer(begin(client, "/profile/")).signed())
    assert answer["Location"] == "/profile/"
    assert who(client) == "ada@example.com"


@pytest.mark.parametrize(
    "changed",
    [
        {"audience": "https://other.example"},
        {"issuer": "https://evil.example"},
        {"recipient": "https://other.example/acs/"},
        {"destination": "https://other.example/acs/"},
        {"destination": ""},
        {"begins": -4000, "ends": -3600},
        {"begins": 3600, "ends": 4000},
        {"status": "Requester"},
        {"name_id_format": TRANSIENT},
        {"subject": ""},
        {"email": ""},
        {"email": "ada@evil.example"},
    ],
)
def test_an_assertion_that_is_not_right_signs_nobody_in(client: Client, changed: dict[str, object]) -> None:
    answer = come_back_by_saml(client, replace(Answer(begin(client)), **changed).signed())  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert who(client) is None


@pytest.mark.parametrize("seconds", [-200, 200])
def test_clocks_may_differ_by_some_minutes(client: Client, seconds: int) -> None:
    come_back_by_saml(client, Answer(begin(client), begins=seconds - 60, ends=seconds + 300).signed())
    assert who(client) == "ada@example.com"


def _unsigned(answer: Answer) -> str:
    return answer.around(answer.assertion())


def _by_somebody_else(answer: Answer) -> str:
    return answer.signed(signer("evil"))


def _only_the_response_is_signed(answer: Answer) -> str:
    return sign(_unsigned(answer), signer("idp"))


def _changed_after_signing(answer: Answer) -> str:
    return answer.signed().replace("ada@example.com", "root@example.com")


def _without_its_signature(answer: Answer) -> str:
    signed = answer.signed()
    before, _, rest = signed.partition("<ds:Signature")
    return before + rest.partition("</ds:Signature>")[2]


def _by_sha1(answer: Answer) -> str:
    return answer.signed(algorithm=OneLogin_Saml2_Constants.RSA_SHA1)


def _a_second_assertion_before(answer: Answer) -> str:
    evil = replace(answer, email="root@example.com", assertion_id="_evil").assertion()
    return answer.around(evil + sign(answer.assertion(), signer("idp")))


def _a_second_assertion_after(answer: Answer) -> str:
    evil = replace(answer, email="root@example.com", assertion_id="_evil").assertion()
    return answer.around(sign(answer.assertion(), signer("idp")) + evil)


def _of_the_same_id(answer: Answer) -> str:
    evil = replace(answer, email="root@example.com").assertion()
    return answer.around(evil + sign(answer.assertion(), signer("idp")))


def _the_signed_one_hidden_in_an_extension(answer: Answer) -> str:
    """XML signature wrapping: the signature still refers to an assertion that is there, but not the one to read."""
    signed = sign(answer.assertion(), signer("idp"))
    evil = replace(answer, email="root@example.com", assertion_id="_evil").assertion()
    return answer.around(f"<samlp:Extensions>{signed}</samlp:Extensions>{evil}")


def _the_signed_one_inside_of_the_signature(answer: Answer) -> str:
    signed = sign(answer.assertion(), signer("idp"))
    signature = signed[signed.index("<ds:Signature") : signed.index("</ds:Signature>")]
    original = signed.replace(signature + "</ds:Signature>", "")
    evil = replace(answer, email="root@example.com", assertion_id="_evil").assertion()
    issuer_end = evil.index("</saml:Issuer>") + len("</saml:Issuer>")
    wrapped = f"{signature}<ds:Object>{original}</ds:Object></ds:Signature>"
    return answer.around(evil[:issuer_end] + wrapped + evil[issuer_end:])


def _a_comment_in_the_address(answer: Answer) -> str:
    """What is before the comment must not be taken for the whole."""
    return replace(answer, email="root@example.com<!-- -->.evil.example").signed()


def _with_entities(answer: Answer) -> str:
    return '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + answer.signed().replace(
        "Ada Lovelace", "&e;"
    )


def _not_xml(answer: Answer) -> str:
    return "not XML at all"


@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _by_somebody_else,
        _only_the_response_is_signed,
        _changed_after_signing,
        _without_its_signature,
        _by_sha1,
        _a_second_assertion_before,
        _a_second_assertion_after,
        _of_the_same_id,
        _the_signed_one_hidden_in_an_extension,
        _the_signed_one_inside_of_the_signature,
        _a_comment_in_the_address,
        _with_entities,
        _not_xml,
    ],
)
def test_a_forged_answer_signs_nobody_in(client: Client, root: User, forge: Callable[[Answer], str]) -> None:
    answer = come_back_by_saml(client, forge(Answer(begin(client))))
    assert answer.status_code == 403
    assert who(client) is None


def test_an_assertion_signs_in_once_whichever_browser_brings_it(
    corp: IdentityProvider, client: Client
) -> None:
    IdentityProvider.objects.update(allows_idp_initiated=True)
    xml = Answer().signed()
    come_back_by_saml(client, xml)
    assert who(client) == "ada@example.com"
    for browser in (client, Client()):
        browser.logout()
        assert "was used before" in come_back_by_saml(browser, xml).text
        assert who(browser) is None
    assert UsedAssertion.objects.count() == 1


def test_assertions_that_are_over_are_forgotten(corp: IdentityProvider, client: Client) -> None:
    IdentityProvider.objects.update(allows_idp_initiated=True)
    come_back_by_saml(client, Answer().signed())
    UsedAssertion.objects.update(expires_at="2026-01-01T00:00:00Z")
    come_back_by_saml(Client(), Answer().signed())
    assert UsedAssertion.objects.count() == 1


def test_an_answer_counts_only_in_the_browser_that_asked(client: Client) -> None:
    asked = begin(client)
    stranger = Client()
    assert "did not begin in this browser" in come_back_by_saml(stranger, Answer(asked).signed()).text
    assert who(stranger) is None


def test_an_answer_to_no_request_is_refused_unless_that_is_allowed(
    corp: IdentityProvider, client: Client
) -> None:
    assert "began at the identity provider" in come_back_by_saml(client, Answer().signed()).text
    assert who(client) is None
    IdentityProvider.objects.update(allows_idp_initiated=True)
    answer = come_back_by_saml(client, Answer().signed(), relay_state="https://evil.example/")
    assert answer["Location"] == "/"
    assert who(client) == "ada@example.com"


def test_the_last_step_without_the_first_is_refused(client: Client) -> None:
    assert "did not arrive" in client.get("/sign-in/saml/corp/acs/finish/").text


def test_groups_of_an_assertion_give_the_role(corp: IdentityProvider, root: User, client: Client) -> None:
    IdentityProvider.objects.update(role_groups={"approver": ["hr"], "admin": ["it"]})
    come_back_by_saml(client, Answer(begin(client), groups=("hr", "it")).signed())
    assert User.objects.get(username="ada@example.com").role == "admin"
    come_back_by_saml(client, Answer(begin(client), groups=("hr",)).signed())
    assert User.objects.get(username="ada@example.com").role == "approver"


def test_a_new_certificate_in_the_metadata_is_taken_and_the_old_one_no_more(
    corp: IdentityProvider, client: Client
) -> None:
    IdentityProvider.objects.update(metadata_xml=metadata(signer("next").certificate))
    assert come_back_by_saml(client, Answer(begin(client)).signed()).status_code == 403
    come_back_by_saml(client, Answer(begin(client)).signed(signer("next")))
    assert who(client) == "ada@example.com"


def test_ushers_metadata_name_the_address_for_answers_and_demand_signed_assertions(client: Client) -> None:
    xml = client.get("/sign-in/saml/corp/metadata/").text
    assert f'Location="{ACS}"' in xml
    assert 'WantAssertionsSigned="true"' in xml
