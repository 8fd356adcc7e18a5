"""What a case waits for, in words for the command line."""

from usher.removal.guardrails.facts import blockers_now
from usher.removal.models import Case
from usher.removal.states import CaseState


def next_step(case: Case) -> list[str]:
    """One sentence for each thing that it waits for."""
    if case.state == CaseState.WAITING:
        return [
            "It waits for approval by another person: on its page, or with "
            f"`usher --as EMAIL approve {case.pk}`."
        ]
    held = blockers_now(case)
    if held:
        return [f"It waits: {one.reason} {one.remedy}" for one in held]
    return ["A worker runs it within a minute, or run it now: usher run-cases"]
