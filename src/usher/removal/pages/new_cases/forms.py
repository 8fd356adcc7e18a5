"""What the user decides before cases are opened for the selected people."""

from collections.abc import Sequence

from django import forms

from usher.removal.cases.bulk import (
    BulkRequest,
    BulkWish,
    HandOver,
    WrongBulkWish,
    can_downgrade,
    checked_request,
    managers_among,
    must_confirm,
    needs_reason,
)
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Case
from usher.removal.pages.typed_count import check_typed_count, count_field, typed_number

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
    """`people`: those for whom a case can be opened. `cause`: of those who are no leavers."""

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

    def __init__(
        self, *args: object, people: Sequence[Candidate], cause: Case.Cause, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.people, self.cause = people, cause
        self.is_by_hand = needs_reason(people)
        self.may_downgrade = can_downgrade(people)
        kinds = [kind for kind in KINDS if kind == Case.Kind.REMOVE or self.may_downgrade]
        self._set_choices("kind", [(kind, KINDS[kind]) for kind in kinds])
        receivers = [one for one in RECEIVERS.items() if one[0] != HandOver.MANAGER or self.managers]
        self._set_choices("hand_over", receivers)
        self.initial.setdefault("kind", Case.Kind.REMOVE)
        self.initial.setdefault("hand_over", HandOver.NOBODY)
        self.initial.setdefault("reason", self._default_reason())
        self.fields["reason"].required = self.is_by_hand
        self.fields["number"] = count_field(len(people))
        self.wanted: BulkRequest | None = None

    @property
    def managers(self) -> int:
        """How many of the people have a manager who can take over."""
        return managers_among(self.people)

    @property
    def must_type_count(self) -> bool:
        return must_confirm(len(self.people))

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
        """What a valid form asks for is in `wanted`."""
        if self.errors:
            return
        answers = self.cleaned_data
        wish = BulkWish(
            kind=Case.Kind(answers["kind"]),
            reason=answers["reason"],
            hand_over=HandOver(answers["hand_over"]),
            receiver=answers["receiver"],
            count=typed_number(answers["number"]),
            request_approval="draft" not in self.data,
        )
        try:
            self.wanted = checked_request(self.people, wish, self.cause)
        except WrongBulkWish as refused:
            self.add_error(refused.field, f"{refused.message} {refused.remedy}".strip())
