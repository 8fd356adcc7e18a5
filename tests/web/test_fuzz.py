"""No request makes a page fail, whatever is in it. The long run: `python -m benchmarks.fuzz`."""

import os

from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.e2e.furnished import addresses, furnish
from tests.support.fuzz.pages import SharpRequest, requests, targets
from usher.access.models import User
from usher.access.roles import UserRole
from usher.sandbox import RunningSandbox

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "150"))


def test_no_page_fails_whatever_is_asked_of_it(
    transactional_db: None, sandbox: RunningSandbox, user: User
) -> None:
    browser = furnish(user)
    browser.raise_request_exception = False
    forms = targets(browser, addresses(user))
    clients = {"nobody": Client(raise_request_exception=False)}
    for role in UserRole:
        clients[role] = Client(raise_request_exception=False)
        clients[role].force_login(User.objects.create_user(f"{role}@example.org", role=role))

    @settings(
        max_examples=REQUESTS,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(forms, list(clients)))
    def no_answer_is_a_failure(request: SharpRequest) -> None:
        assert request.send(clients).status_code < 500

    no_answer_is_a_failure()
