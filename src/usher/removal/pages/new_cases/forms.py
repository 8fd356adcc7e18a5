"""What is asked before many people lose their access, and before many cases are approved."""

from collections.abc import Sequence

from django import forms
from django.db.models import Q

from usher.removal.cases.bulk import HandOver, Wanted
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Case
from usher.roster.models import Person, Status

TYPED_ABOVE = 10
"""More people than this, and their number has to be typed."""

KINDS = {
    Case.Kind.REMOVE: "Remove: they lose all access at once, and the seat is free",
    Case.Kind.DOWNGRADE: "Downgrade to view-only: they keep their account, see what they saw and change nothing; "
    "the seat is free",
}
RECEIVERS = {
    HandOver.NOBODY: "Nobody: tasks lose their assignee, projects their owner",
    HandOver.MANAGER: "Their manager: as the directory names them, where they are in the same Asana account",
    HandOver.PERSON: "One person: whom you name below",
}


def _number(count: int) -> forms.CharField:
    """Required where there are many."""
    return forms.CharField(
        required=count > TYPED_ABOVE,
        label=f"Type {count:,} to go on",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": f"Type {count:,}, the number of people."},
    )


def _check_number(typed: str, count: int) -> None:
    if count > TYPED_ABOVE and typed.strip() not in (str(count), f"{count:,}"):
        raise forms.ValidationError(f"It is {count:,} people. Look at who they are, and type {count:,}.")


class NewCasesForm(forms.Form):
    """`people`: those for whom a case can be opened."""

    kind = forms.ChoiceField(widget=forms.RadioSelect, label="What is to be done")
    reason = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It stands in the case, its evidence and the ledger.",
    )
    hand_over = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=list(RECEIVERS.items()),
        label="Hand open tasks and owned projects over to",
    )
    receiver = forms.CharField(
        required=False,
        max_length=320,
        label="E-mail of who takes over",
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
        self._choices("kind", [(kind, KINDS[kind]) for kind in kinds])
        self._choices(
            "hand_over", [one for one in RECEIVERS.items() if one[0] != HandOver.MANAGER or self.managers]
        )
        self.initial.setdefault("kind", Case.Kind.REMOVE)
        self.initial.setdefault("hand_over", HandOver.NOBODY)
        self.initial.setdefault("reason", self._usual_reason())
        self.fields["reason"].required = self.is_by_hand
        self.fields["number"] = _number(len(people))
        self.receivers: dict[int, Person] = {}

    @property
    def managers(self) -> int:
        """How many of them have a manager who can take over."""
        return sum(one.manager is not None for one in self.people)

    @property
    def asks_for_number(self) -> bool:
        return len(self.people) > TYPED_ABOVE

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _usual_reason(self) -> str:
        if self.is_by_hand or not self.people:
            return ""
        if len(self.people) == 1:
            return self.people[0].says
        sources = sorted({one.says.rpartition("(")[2].rstrip(")") for one in self.people})
        return f"Left or leaving, says the directory ({', '.join(sources)})"

    def clean_number(self) -> str:
        typed: str = self.cleaned_data["number"]
        _check_number(typed, len(self.people))
        return typed

    def clean(self) -> None:
        if self.cleaned_data.get("hand_over") != HandOver.PERSON or "receiver" not in self.cleaned_data:
            return
        typed = self.cleaned_data["receiver"].strip()
        if not typed:
            self.add_error("receiver", "Name who takes over.")
            return
        connections = {one.person.connection_id: one.person.connection for one in self.people}
        for pk, connection in connections.items():
            found = people_in([pk], typed, exactly=True)
            if len(found) == 1:
                self.receivers[pk] = found[0]
            else:
                what = "Nobody active" if not found else "More than one person"
                self.add_error("receiver", f"{what} in “{connection}” has the address {typed}.")
        if self.receivers and {one.person for one in self.people} <= set(self.receivers.values()):
            self.add_error("receiver", "Nobody can hand work over to themselves.")

    def wanted(self, otherwise: Case.Cause, *, ask: bool) -> Wanted:
        """Of a valid form."""
        asked = self.cleaned_data
        return Wanted(
            kind=Case.Kind(asked["kind"]),
            otherwise=otherwise,
            reason=asked["reason"].strip(),
            hand_over=HandOver(asked["hand_over"]),
            receivers=self.receivers,
            ask=ask,
        )


def people_in(connections: Sequence[int], text: str, *, exactly: bool = False) -> list[Person]:
    """Active people by address, or by part of name or address; a few."""
    named = (
        Q(email__iexact=text) | Q(gid=text) if exactly else Q(email__icontains=text) | Q(name__icontains=text)
    )
    active = Person.objects.filter(
        named, connection__in=connections, memberships__status=Status.ACTIVE
    ).distinct()
    return list(active.exclude(email="").order_by("name", "pk")[:10])


class ApproveForm(forms.Form):
    note = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It is kept with each approval.",
    )
    number = forms.CharField(required=False)

    def __init__(self, *args: object, count: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.count = count
        self.fields["number"] = _number(count)

    @property
    def asks_for_number(self) -> bool:
        return self.count > TYPED_ABOVE

    def clean_number(self) -> str:
        typed: str = self.cleaned_data["number"]
        _check_number(typed, self.count)
        return typed
