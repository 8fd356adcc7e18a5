"""The choice between all connections and some."""

from django import forms

from usher.access.scope.change import named_connections
from usher.platform.scope import current_scope

ALL, SOME = "all", "some"


class ScopeForm(forms.Form):
    """Offers what its viewer sees."""

    ALL_IS_OFFERED_TO_LIMITED = False
    """Whoever is limited cannot choose all, except for what is theirs, such as a token."""

    sees = forms.ChoiceField(
        label="Sees",
        choices=[(ALL, "All connections, also future ones"), (SOME, "Only these")],
        widget=forms.RadioSelect,
        required=False,
    )
    connections = forms.MultipleChoiceField(
        label="Connections", widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *arguments: object, scope: list[int] | None = None, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # those of Form
        names = named_connections()
        choices = [(str(key), name) for key, name in names.items()]
        self.fields["connections"].choices = choices  # type: ignore[attr-defined]
        self.fields["sees"].initial = ALL if scope is None else SOME
        self.fields["connections"].initial = [str(key) for key in scope or ()]
        if current_scope().is_limited and not self.ALL_IS_OFFERED_TO_LIMITED:
            del self.fields["sees"]

    @property
    def chosen(self) -> list[int] | None:
        """None: all. Call after `is_valid`."""
        if "sees" in self.fields and self.cleaned_data["sees"] != SOME:
            return None
        return sorted(int(key) for key in self.cleaned_data["connections"])

    def clean(self) -> None:
        given = super().clean() or self.cleaned_data
        if given.get("sees") == SOME and not given.get("connections") and "connections" not in self.errors:
            self.add_error("connections", "Choose at least one connection, or deactivate the account.")
