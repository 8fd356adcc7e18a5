"""Answers by buttons in Slack. Slack proves who pressed; the button holds what the link of a mail holds."""

from usher.notify.slack_actions.routing import PressedButton, register
from usher.policy.asking.answer import answer_question
from usher.policy.asking.ask import BUTTON, RELEASE


def register_buttons() -> None:
    """Called when the app is ready."""
    register(BUTTON, _answer)


def _answer(button: PressedButton) -> str:
    """Raises QuestionOver, also for the second press."""
    releases = button.action == f"{BUTTON}{RELEASE}"
    answer_question(button.value, releases=releases, why="")
    return (
        "Thank you. An admin decides about it now, and nothing has changed in Asana yet."
        if releases
        else "Thank you. The seat stays."
    )
