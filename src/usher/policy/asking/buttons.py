"""Answers by buttons in Slack. Slack proves who pressed; the button holds what the link of a mail holds."""

from usher.notify.slack_actions.routing import PressedButton
from usher.policy.asking.answer import answer_question
from usher.policy.asking.ask import BUTTON, RELEASE


def answer_by_button(button: PressedButton) -> str:
    """Raises QuestionOver, also for the second press. Named in the settings."""
    releases = button.action == f"{BUTTON}{RELEASE}"
    answer_question(button.value, releases=releases)
    return (
        "Thank you. An admin decides about it now, and nothing has changed in Asana yet."
        if releases
        else "Thank you. The seat stays."
    )
