"""No request makes a page fail, whatever is in it. The long run: `python -m benchmarks.fuzz`."""

from django.test import Client

from tests.support.e2e.furnished import addresses, furnish
from tests.support.fuzz.pages import requests, targets
from tests.support.fuzz.running import fuzz
from usher.access.models import User
from usher.access.roles import UserRole
from usher.sandbox import RunningSandbox


def test_no_page_fails_whatever_is_asked_of_it(
    transactional_db: None, sandbox: RunningSandbox, user: User
) -> None:
    browser = furnish(user)
    browser.raise_request_exception = False
    forms = targets(browser, addresses(user))
    assert len({form.path for form in forms}) > 100
    assert {form.method for form in forms} == {"GET", "POST"}
    clients = {"nobody": Client(raise_request_exception=False)}
    for role in UserRole:
        clients[role] = Client(raise_request_exception=False)
        clients[role].force_login(User.objects.create_user(f"{role}@example.org", role=role))
    # An admin gets furthest, so most requests are theirs.
    roles = [*clients, UserRole.ADMIN, UserRole.ADMIN, UserRole.ADMIN, UserRole.APPROVER]
    fuzz(requests(forms, roles), 120, lambda request: request.send(clients).status_code)
