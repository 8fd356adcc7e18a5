"""The form of a rule, which reads as a sentence."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from usher.activity.usage.rules import Confidence
from usher.connections.models import Connection
from usher.policy.definition import (
    WRITES_TO_PEOPLE,
    Affiliation,
    CannotBeRule,
    Definition,
    Does,
    Exceptions,
    What,
    When,
    Who,
    WithoutAnswer,
    check,
)
from usher.policy.sentence import DOES, SILENCE, WHENS
from usher.removal.models import Case
from usher.roster.models import Licence, Role, Workspace

NARROWING = ("roles", "licences", "workspaces", "affiliation", "domains", "departments")
SEPARATORS = re.compile(r"[\n,;]+")


def _days(label: str) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=3660, widget=widget)


class Listed(forms.CharField):
    """Several texts in one field: one on each line, or with commas between them."""

    def to_python(self, value: str | None) -> Any:  # noqa: ANN401
        return [part.strip() for part in SEPARATORS.split(value or "") if part.strip()]

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list) else value


def _listed(label: str, help_text: str = "") -> Listed:
    return Listed(label=label, required=False, help_text=help_text, widget=forms.Textarea(attrs={"rows": 2}))


class RuleForm(forms.Form):
    """Valid when its definition is a rule; `definition` is then that rule."""

    name = forms.CharField(label="Name", max_length=100)
    connection = forms.ChoiceField(label="Connection", required=False)
    when = forms.ChoiceField(label="When", choices=[(when.value, words) for when, words in WHENS.items()])
    days_before_notice = forms.IntegerField(
        label="For rules before a renewal: days before notice is due",
        min_value=1,
        max_value=3660,
        required=False,
        help_text="As the contract under Savings says.",
    )

    idle_for = _days("Did not use Asana for so many days")
    at_least = forms.ChoiceField(
        label="How sure that must be",
        choices=[
            (Confidence.MEDIUM.value, "At least medium: audit log or event stream cover the time"),
            (Confidence.HIGH.value, "High: the event stream covers the time"),
        ],
    )
    never_came_within = _days("Never came within so many days of the invitation")
    only_integrations = forms.BooleanField(
        label="Only an integration uses Asana in their name", required=False
    )
    back_from_pause_within = _days(
        "Came back from a paused licence within so many days, as the audit log shows"
    )
    left = forms.BooleanField(label="Left, according to the directory", required=False)
    leaving_within = _days("Leave within so many days")
    unknown_for = _days("In no directory for so many days")

    roles = forms.MultipleChoiceField(
        label="Role", choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    licences = forms.MultipleChoiceField(
        label="Licence", choices=Licence.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    workspaces = forms.MultipleChoiceField(
        label="Workspaces",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all.",
    )
    affiliation = forms.ChoiceField(
        label="Belongs to",
        required=False,
        choices=[("", "Internal and external"), ("internal", "Internal"), ("external", "External")],
    )
    domains = _listed("E-mail domains", "One on each line. Empty: any.")
    departments = _listed("Departments", "One on each line, as the directory writes them. Empty: any.")

    except_on_leave = forms.BooleanField(label="People on leave", required=False)
    except_out_of_office = forms.BooleanField(
        label="Out of office in Asana",
        required=False,
        help_text="Asked right before the rule acts, and only about those on whom it would act. Rules that list or "
        "tell ask nothing.",
    )
    except_joined_within = _days("Whoever joined within so many days")
    except_departments = _listed("Departments", "One on each line.")
    except_people = _listed("People", "E-mail addresses, one on each line.")

    does = forms.ChoiceField(
        label="What the rule does",
        choices=[(does.value, words.capitalize()) for does, words in DOES.items()],
        widget=forms.RadioSelect,
    )
    kind = forms.ChoiceField(
        label="What the case is for",
        choices=[
            (Case.Kind.REMOVE.value, "Remove from Asana"),
            (Case.Kind.DOWNGRADE.value, "Downgrade to view-only"),
        ],
    )
    hand_over_to_manager = forms.BooleanField(label="Hand their work over to their manager", required=False)
    at_most = forms.IntegerField(
        label="At most so many cases, questions or licences a day", min_value=1, max_value=200
    )
    answer_within = forms.IntegerField(
        label="Days until it counts as no answer",
        min_value=1,
        max_value=3660,
        required=False,
        help_text="A reminder is sent half-way. Nobody is asked or reminded at weekends.",
    )
    without_answer = forms.ChoiceField(
        label="Without an answer",
        required=False,
        choices=[(each.value, words.capitalize()) for each, words in SILENCE.items()],
    )
    in_slack = forms.BooleanField(
        label="Ask in Slack",
        required=False,
        help_text="Where a Slack destination is set up under Settings → Notices. Whoever Slack does not know gets an "
        "e-mail.",
    )
    ask_again_after = forms.IntegerField(
        label="Days until somebody who needs the seat may be asked again",
        min_value=1,
        max_value=3660,
        required=False,
    )

    definition: Definition

    def __init__(self, data: Mapping[str, Any] | None, given: Definition) -> None:
        """`given`: the rule as it is, or that the form begins with."""
        super().__init__(data, initial=_initial(given))
        connections = Connection.objects.filter(disconnected_at=None).values_list("name", flat=True)
        names = [(name, name) for name in connections.order_by("name")]
        self.fields["connection"].choices = [("", "All connections"), *names]  # type: ignore[attr-defined]
        places = Workspace.objects.filter(left_out="").select_related("connection")
        several = len(names) > 1
        self.fields["workspaces"].choices = [  # type: ignore[attr-defined]
            (one.gid, f"{one.name} ({one.connection.name})" if several else one.name) for one in places
        ]

    @property
    def asks(self) -> bool:
        return str(self["does"].value()) in WRITES_TO_PEOPLE

    @property
    def narrows(self) -> bool:
        """Whether one of the fields is filled in that narrow the rule down."""
        return any(self[name].value() for name in NARROWING)

    def clean(self) -> dict[str, Any]:
        entered = super().clean() or {}
        if self.errors:
            return entered
        definition = _definition(entered)
        try:
            check(definition)
        except CannotBeRule as refusal:
            raise forms.ValidationError(f"{refusal.message} {refusal.remedy}") from refusal
        self.definition = definition
        return entered


def _initial(given: Definition) -> dict[str, object]:
    who, what, exceptions = given.who, given.what, given.exceptions
    return {
        "name": given.name,
        "connection": given.connection,
        "when": given.when.value,
        "days_before_notice": given.days_before_notice,
        "idle_for": who.idle_for,
        "at_least": who.at_least.value,
        "never_came_within": who.never_came_within,
        "only_integrations": who.only_integrations,
        "back_from_pause_within": who.back_from_pause_within,
        "left": who.left,
        "leaving_within": who.leaving_within,
        "unknown_for": who.unknown_for,
        "roles": list(who.roles),
        "licences": list(who.licences),
        "workspaces": list(who.workspaces),
        "affiliation": who.affiliation.value if who.affiliation else "",
        "domains": list(who.domains),
        "departments": list(who.departments),
        "except_on_leave": exceptions.on_leave,
        "except_out_of_office": exceptions.out_of_office,
        "except_joined_within": exceptions.joined_within,
        "except_departments": list(exceptions.departments),
        "except_people": list(exceptions.people),
        "does": what.does.value,
        "kind": what.kind.value,
        "hand_over_to_manager": what.hand_over_to_manager,
        "at_most": what.at_most,
        "answer_within": what.answer_within,
        "without_answer": what.without_answer.value,
        "ask_again_after": what.ask_again_after,
        "in_slack": what.in_slack,
    }


def _definition(entered: Mapping[str, Any]) -> Definition:
    who = Who(
        idle_for=entered["idle_for"],
        at_least=Confidence(entered["at_least"]),
        never_came_within=entered["never_came_within"],
        only_integrations=entered["only_integrations"],
        back_from_pause_within=entered["back_from_pause_within"],
        left=entered["left"],
        leaving_within=entered["leaving_within"],
        unknown_for=entered["unknown_for"],
        roles=[Role(role) for role in entered["roles"]],
        licences=[Licence(licence) for licence in entered["licences"]],
        workspaces=entered["workspaces"],
        domains=entered["domains"],
        departments=entered["departments"],
        affiliation=Affiliation(entered["affiliation"]) if entered["affiliation"] else None,
    )
    exceptions = Exceptions(
        people=entered["except_people"],
        departments=entered["except_departments"],
        on_leave=entered["except_on_leave"],
        out_of_office=entered["except_out_of_office"],
        joined_within=entered["except_joined_within"],
    )
    usual = What()
    what = What(
        Does(entered["does"]),
        Case.Kind(entered["kind"]),
        entered["hand_over_to_manager"],
        entered["at_most"],
        entered["answer_within"] or usual.answer_within,
        WithoutAnswer(entered["without_answer"] or usual.without_answer),
        entered["ask_again_after"] or usual.ask_again_after,
        entered["in_slack"],
    )
    return Definition(
        entered["name"],
        who,
        what,
        exceptions,
        When(entered["when"]),
        entered["connection"],
        entered["days_before_notice"] or Definition("", Who()).days_before_notice,
    )
