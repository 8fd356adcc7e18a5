"""Health among the checks of `usher doctor`."""

from usher.connections.doctor import Finding
from usher.insights.health.facts import health_facts


def health_findings() -> list[Finding]:
    return [
        Finding(fact.label, "passed" if fact.is_ok else "warned", fact.detail, fact.remedy)
        for fact in health_facts()
        if fact.key != "secrets"  # usher.connections.doctor reads every one of them
    ]
