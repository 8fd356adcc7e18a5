"""The forms on the page of a case."""

from django import forms
from django.db.models import Q

from usher.removal.models import Case
from usher.roster.models import Person, Status

WORDS = 1000


class NoteForm(forms.Form):
    """With an approval, a rejection or a cancellation."""

    note = forms.CharField(
        label="Note",
        required=False,
        max_length=WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class DraftForm(forms.Form):
    """What can be changed until approval is requested."""

    reason = forms.CharField(required=False, max_length=WORDS, widget=forms.Textarea(attrs={"rows": 2}))
    hand_over_to = forms.CharField(
        label="Hand over tasks and projects to",
        required=False,
        max_length=320,
        help_text="The e-mail of somebody in the same Asana account. Leave it empty if nobody takes over.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, case: Case, *args: object, **kwargs: object) -> None:
        self.case = case
        initial = {"reason": case.reason, "hand_over_to": case.hand_over_email or case.hand_over_name}
        super().__init__(*args, **{"initial": initial, **kwargs})  # type: ignore[arg-type]  # Django's own arguments
        if case.kind == Case.Kind.RESTORE:
            del self.fields["hand_over_to"]

    def clean_hand_over_to(self) -> Person | None:
        text = str(self.cleaned_data["hand_over_to"]).strip()
        if not text:
            return None
        people = Person.objects.filter(connection=self.case.connection, memberships__status=Status.ACTIVE)
        if text == (self.case.hand_over_email or self.case.hand_over_name):
            receivers = list(people.filter(gid=self.case.hand_over_gid).distinct())
        else:
            receivers = list(people.filter(Q(email__iexact=text)).distinct()[:2])
        if not receivers:
            raise forms.ValidationError(f"Nobody active in this Asana account has the e-mail address {text}.")
        if len(receivers) > 1:
            raise forms.ValidationError(
                f"Several people in this Asana account have the e-mail address {text}."
            )
        return receivers[0]
