"""The forms of the minimum and of a user's own choices."""

from django import forms
from django.forms import BoundField

from usher.access.roles import UserRole
from usher.notify.choices.minimum import minimums
from usher.notify.choices.own import OwnChoice
from usher.notify.kinds import FOR_USERS
from usher.notify.notice_kind import NoticeKind

NOBODY = "nobody"
WHO = [
    (NOBODY, "Everybody chooses"),
    *((str(role), f"{role.label}s and above" if role != UserRole.ADMIN else "Admins") for role in UserRole),
]


class MinimumForm(forms.Form):
    """A field for each kind: from which role on it cannot be switched off."""

    def __init__(self, data: object = None) -> None:
        super().__init__(data, prefix="minimum")  # type: ignore[arg-type]
        stored = minimums()
        for kind in FOR_USERS:
            self.fields[kind.name] = forms.ChoiceField(
                label=kind.label, choices=WHO, initial=stored.get(kind.name, NOBODY)
            )

    @property
    def chosen(self) -> dict[str, str]:
        given = {kind.name: self.cleaned_data[kind.name] for kind in FOR_USERS}
        return {kind: "" if role == NOBODY else role for kind, role in given.items()}


class OwnChoicesForm(forms.Form):
    """Two boxes for each kind."""

    def __init__(self, choices: list[OwnChoice], data: object = None, *, has_slack: bool) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.choices, self.has_slack = choices, has_slack
        for each in choices:
            self._add(f"mail-{each.kind.name}", f"E-mail: {each.kind.label}", each.wish.by_mail)
            if has_slack:
                self._add(f"slack-{each.kind.name}", f"Slack: {each.kind.label}", each.wish.by_slack)

    def _add(self, name: str, label: str, initial: bool) -> None:
        widget = forms.CheckboxInput(attrs={"class": "form-check-input", "aria-label": label})
        self.fields[name] = forms.BooleanField(required=False, initial=initial, widget=widget, label=label)

    @property
    def rows(self) -> list[tuple[NoticeKind, bool, BoundField, BoundField | None]]:
        return [
            (
                each.kind,
                each.wish.is_required,
                self[f"mail-{each.kind.name}"],
                self[f"slack-{each.kind.name}"] if self.has_slack else None,
            )
            for each in self.choices
        ]

    @property
    def chosen(self) -> dict[str, tuple[bool, bool]]:
        """Without Slack, what was chosen for it stays."""
        given = self.cleaned_data
        return {
            each.kind.name: (
                given[f"mail-{each.kind.name}"],
                given.get(f"slack-{each.kind.name}", each.wish.by_slack),
            )
            for each in self.choices
        }
