"""What the user decides before cases are opened for the selected people."""

from collections.abc import Sequence

from django import forms

from usher.removal.cases.bulk import BulkRequest, HandOver
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Case
from usher.removal.pages.new_cases.receivers import receivers_at
from usher.removal.pages.typed_count import check_typed_count, count_field, must_type_count
from usher.roster.models import Person

KINDS = {
    Case.Kind.REMOVE: "Remove from Asana: they lose all access at once, and the seat becomes free",
    Case.Kind.DOWNGRADE: "Downgrade to view-only: they keep their account and can still see everything they "
    "could see before, but cannot change anything; the seat becomes free",
}
RECEIVERS = {
    HandOver.NOBODY: "Nobody: tasks lose their assignee, projects their owner",
    HandOver.MANAGER: "Their manager: as named in the directory, if the manager is in the same Asana account",
    HandOver.PERSON: "One person: named below",
}


class NewCasesForm(forms.Form):
    """`people`: those for whom a case can be opened."""

    kind = forms.ChoiceField(widget=forms.RadioSelect, label="Action")
    reason = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Shown in the case, its evidence and the ledger.",
    )
    hand_over = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=list(RECEIVERS.items()),
        label="Hand over open tasks and owned projects to",
    )
    receiver = forms.CharField(
        required=False,
        max_length=320,
        label="E-mail of the person who takes over",
        widget=forms.TextInput(attrs={"list": "receivers", "autocomplete": "off"}),
    )
    number = forms.CharField(required=False)

    def __init__(self, *args: object, people: Sequence[Candidate], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.people = people
        self.is_by_hand = any(not one.is_leaver for one in people)
        self.may_downgrade = all(
            one.person.connection.has_service_token and one.has_licence_to_give_up for one in people
        )
        kinds = [kind for kind in KINDS if kind == Case.Kind.REMOVE or self.may_downgrade]
        self._set_choices("kind", [(kind, KINDS[kind]) for kind in kinds])
        receivers = [one for one in RECEIVERS.items() if one[0] != HandOver.MANAGER or self.managers]
        self._set_choices("hand_over", receivers)
        self.initial.setdefault("kind", Case.Kind.REMOVE)
        self.initial.setdefault("hand_over", HandOver.NOBODY)
        self.initial.setdefault("reason", self._default_reason())
        self.fields["reason"].required = self.is_by_hand
        self.fields["number"] = count_field(len(people))
        self.receivers: dict[int, Person] = {}

    @property
    def managers(self) -> int:
        """How many of the people have a manager who can take over."""
        return sum(one.manager is not None and one.manager.receiver is not None for one in self.people)

    @property
    def must_type_count(self) -> bool:
        return must_type_count(len(self.people))

    def _set_choices(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def _default_reason(self) -> str:
        if self.is_by_hand or not self.people:
            return ""
        if len(self.people) == 1:
            return self.people[0].says
        sources = sorted({one.says.rpartition("(")[2].rstrip(")") for one in self.people})
        return f"Left or leaving per directory ({', '.join(sources)})"

    def clean_number(self) -> str:
        return check_typed_count(self.cleaned_data["number"], len(self.people))

    def clean(self) -> None:
        if self.cleaned_data.get("hand_over") != HandOver.PERSON or "receiver" not in self.cleaned_data:
            return
        address = self.cleaned_data["receiver"].strip()
        if not address:
            self.add_error("receiver", "Enter who takes over.")
            return
        connections = {one.person.connection_id: one.person.connection for one in self.people}
        for pk, connection in connections.items():
            people = receivers_at(pk, address)
            if len(people) == 1:
                self.receivers[pk] = people[0]
            elif people:
                self.add_error(
                    "receiver", f"Several people in “{connection}” have the e-mail address {address}."
                )
            else:
                self.add_error(
                    "receiver", f"Nobody active in “{connection}” has the e-mail address {address}."
                )
        if self.receivers and {one.person for one in self.people} <= set(self.receivers.values()):
            self.add_error("receiver", "Nobody can hand work over to themselves.")

    def bulk_request(self, otherwise: Case.Cause, *, request_approval: bool) -> BulkRequest:
        """What a valid form asks for. `request_approval`: at once, rather than keep a draft."""
        answers = self.cleaned_data
        return BulkRequest(
            kind=Case.Kind(answers["kind"]),
            otherwise=otherwise,
            reason=answers["reason"].strip(),
            hand_over=HandOver(answers["hand_over"]),
            receivers=self.receivers,
            request_approval=request_approval,
        )
