"""Who may do what: the rule, its words, and the table in docs/roles.md."""

import re

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from tests.support.paths import ROOT
from usher.access.models import User
from usher.access.roles import IN_WORDS, LEAST_ROLE, Action, NotAllowed, UserRole, may, require

DOCUMENT = ROOT / "docs" / "roles.md"
ROLES, ACTIONS = st.sampled_from(list(UserRole)), st.sampled_from(list(Action))


@given(ROLES, ACTIONS)
def test_a_role_may_what_the_roles_before_it_may(role: UserRole, action: Action) -> None:
    order = list(UserRole)
    for greater in order[order.index(role) :]:
        assert may(greater, action) >= may(role, action)


def test_every_action_has_a_least_role_and_words() -> None:
    assert set(LEAST_ROLE) == set(IN_WORDS) == set(Action)


@pytest.mark.parametrize("role", ["", "owner", "ADMIN"])
def test_a_role_that_does_not_exist_may_nothing(role: str) -> None:
    assert not any(may(role, action) for action in Action)


def test_a_deactivated_admin_may_nothing() -> None:
    assert not any(User(role=UserRole.ADMIN, is_active=False).may(action) for action in Action)


def test_who_has_an_account_and_no_role_given_is_a_viewer(db: None) -> None:
    assert User.objects.create_user("eve@example.com").role == UserRole.VIEWER


def test_the_table_in_the_documents_is_what_the_code_does() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", DOCUMENT.read_text(), re.MULTILINE)
    told = {action: [cell.strip() for cell in cells.split("|")][1:5] for action, cells in rows}
    assert told == {
        str(action): ["yes" if may(role, action) else "" for role in UserRole] for action in Action
    }


def test_a_refusal_says_which_role_it_takes_and_who_has_it(ada: User) -> None:
    User.objects.update(role=UserRole.APPROVER)
    User.objects.create_user("gone@example.com", name="Gone", role=UserRole.ADMIN, is_active=False)
    with pytest.raises(NotAllowed) as refusal:
        require(User(role=UserRole.VIEWER), Action.APPROVE)
    assert refusal.value.message == "Only an approver or admin may approve."
    assert refusal.value.remedy == "Ask one of: Ada Lovelace."
    with pytest.raises(
        NotAllowed, match=r"Only an admin may change settings\. No user has one of these roles"
    ):
        require(ada, Action.SETTINGS)


def test_of_many_who_may_a_few_are_named(db: None) -> None:
    for number in range(7):
        User.objects.create_user(f"a{number}@example.com", f"a{number}@example.com", role=UserRole.ADMIN)
    with pytest.raises(NotAllowed, match=r"a0@example.com, .*, a4@example.com and others"):
        require(User(), Action.USERS)


def test_templates_ask_for_a_right_by_its_name(ada: User) -> None:
    template = Template('{% if user|may:"approve" %}yes{% endif %}{{ "approve"|who_may }}')
    assert template.render(Context({"user": ada})) == "Only an approver or admin may approve."
    ada.role = UserRole.APPROVER
    assert template.render(Context({"user": ada})).startswith("yes")
    assert not template.render(Context()).startswith("yes")


def test_a_right_that_does_not_exist_is_an_error_in_a_template(ada: User) -> None:
    with pytest.raises(ValueError, match="aprove"):
        Template('{% if user|may:"aprove" %}{% endif %}').render(Context({"user": ada}))
