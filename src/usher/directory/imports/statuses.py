"""What the words of a status column mean. Usher asks about unknown words; it never guesses that somebody left."""

from enum import StrEnum

from usher.csvfiles.headers import spelling
from usher.directory.models import Employee


class Meaning(StrEnum):
    HERE = "here"
    LEFT = "left"
    LEAVE_OUT = "leave_out"

    @property
    def label(self) -> str:
        return {"here": "Works here", "left": "Has left", "leave_out": "Ignore these rows"}[self.value]


# Somebody on leave, or who has given notice, still works here; a last day says until when.
_HERE = """
    active, current, employed, working, hired, enabled, true, yes, y, 1, live, staged, provisioned,
    recovery, password expired, password reset, locked out, pending user action, onboarding, pre-hire,
    prehire, new hire, probation, full-time, full time, part-time, part time, permanent, temporary, fixed
    term, intern, internship, trainee, apprentice, contractor, contract, seasonal, casual, furlough,
    furloughed, leave, on leave, leave of absence, loa, maternity leave, paternity leave, parental leave,
    medical leave, sick leave, sabbatical, paid leave, unpaid leave, notice, notice period, on notice,
    serving notice, leaving, offboarding, active - notice, aktiv, beschäftigt, angestellt, tätig, ja, wahr,
    vollzeit, teilzeit, befristet, unbefristet, probezeit, elternzeit, mutterschutz, beurlaubt, ruhend,
    freigestellt, actif, active (f), en poste, présent, oui, vrai, congé, en congé, activo, activa, alta,
    empleado, sí, si, verdadero, de permiso, ativo, attivo, attiva
"""
_LEFT = """
    left, leaver, terminated, inactive, not active, no longer employed, former, former employee,
    ex-employee, ex employee, alumni, resigned, retired, dismissed, separated, departed, exited, offboarded,
    deprovisioned, deactivated, disabled, discharged, deceased, redundant, laid off, ended, false, no, n, 0,
    ausgeschieden, ausgetreten, inaktiv, ehemalig, ehemaliger, verlassen, im ruhestand, pensioniert,
    rentner, verstorben, nein, falsch, inactif, inactive (f), parti, sorti, démissionné, licencié, retraité,
    non, faux, inactivo, inactiva, desvinculado, jubilado, falso, inativo, inattivo
"""

_MEANINGS = {spelling(word): Meaning.HERE for word in _HERE.split(",")} | {
    spelling(word): Meaning.LEFT for word in _LEFT.split(",")
}

STATUS_CHOICE = "status:"
"""The prefix of a word in `Source.mapping` whose meaning somebody chose."""

_CONTRACTORS = (
    "contractor",
    "contingent",
    "extern",
    "freelanc",
    "consultant",
    "vendor",
    "agency",
    "supplier",
)


def meaning_of(status: str) -> Meaning | None:
    """An empty cell means that they work here. None for an unknown word."""
    word = spelling(status)
    return _MEANINGS.get(word) if word else Meaning.HERE


def kind_of(text: str) -> Employee.Kind:
    word = spelling(text)
    return (
        Employee.Kind.CONTRACTOR
        if word in ("contract", "contracttemp") or any(part in word for part in _CONTRACTORS)
        else Employee.Kind.EMPLOYEE
    )
