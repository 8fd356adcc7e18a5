"""What the words of a status column mean. A word that is not known is asked for: nobody is guessed to have left."""

import re
from enum import StrEnum

from usher.csvfiles.headers import spelling
from usher.directory.models import Employee


class Meaning(StrEnum):
    HERE = "here"
    ON_LEAVE = "on_leave"
    LEAVING = "leaving"
    LEFT = "left"
    SIGN_IN_OFF = "sign_in_off"
    LEAVE_OUT = "leave_out"

    @property
    def label(self) -> str:
        return {
            "here": "Works here",
            "on_leave": "Works here, on leave",
            "leaving": "Is leaving: works here until the last day",
            "left": "Has left",
            "sign_in_off": "Works here, sign-in switched off",
            "leave_out": "Leave these rows out",
        }[self.value]


# What kind of employment it is: beside other words somebody of that kind works here, alone it says nothing.
_KINDS_OF_EMPLOYMENT = """
    full-time, full time, fulltime, part-time, part time, parttime, permanent, temporary, temp, fixed term,
    fixed-term, regular, intern, internship, trainee, apprentice, working student, contractor, contract,
    seasonal, casual, per diem, employee, staff, regular full-time, regular part-time, vollzeit, teilzeit,
    befristet, unbefristet, werkstudent, praktikant, auszubildender, azubi, cdi, cdd, temps plein, temps
    partiel, indefinido, temporal, tempo pieno, tempo parziale, voltijd, deeltijd
"""
_HERE = """
    enabled, provisioned, recovery, password expired, password reset, locked out, pending user action, active,
    active employee, current, employed, working, hired, rehired, live, staged, onboarding, onboarded,
    pre-hire, prehire, pre hire, pending hire, future hire, new hire, new starter, starter, joining,
    probation, in probation, probationary, yes, true, aktiv, aktive, beschäftigt, angestellt, tätig, ja, wahr,
    probezeit, in probezeit, actif, active (f), en poste, présent, en activité, oui, vrai, période d'essai,
    activo, activa, alta, en alta, empleado, empleada, sí, si, verdadero, ativo, ativa, sim, verdadeiro,
    attivo, attiva, in forza, sì, vero, actief, in dienst, waar, 在籍, 在籍中, 在職, 在職中, 在职, 試用期間
"""
# A last day beside these is the last day before the leave.
_ON_LEAVE = """
    leave, on leave, loa, leave of absence, on leave of absence, maternity, maternity leave, on maternity
    leave, paternity leave, parental leave, on parental leave, adoption leave, family leave, fmla, medical
    leave, sick leave, sick, long-term sick, long term sick, disability leave, short-term disability,
    long-term disability, sabbatical, on sabbatical, paid leave, unpaid leave, leave with pay, leave without
    pay, paid leave of absence, unpaid leave of absence, bereavement leave, military leave, study leave,
    educational leave, career break, furlough, furloughed, secondment, temporary leave, inactive leave, active
    - on leave, active on leave, elternzeit, in elternzeit, mutterschutz, im mutterschutz, beurlaubt,
    beurlaubung, ruhend, ruhendes arbeitsverhältnis, langzeitkrank, langzeiterkrankt, krank, sonderurlaub,
    unbezahlter urlaub, auszeit, in auszeit, abwesend, congé, en congé, congé maternité, congé parental, congé
    sabbatique, arrêt maladie, en arrêt, de permiso, de licencia, en excedencia, excedencia, baja maternal,
    baja por maternidad, baja médica, incapacidad, licenza, in congedo, congedo, maternità, aspettativa, in
    aspettativa, licença, de licença, afastado, licença maternidade, met verlof, verlof, ouderschapsverlof,
    zwangerschapsverlof, langdurig ziek, 休職, 休職中, 育休, 育児休業, 産休, 産休中, 休業中
"""
# They work here until a last day, if one is named; without a day the word alone makes nobody a leaver.
_LEAVING = """
    notice, notice period, on notice, in notice, serving notice, working notice, under notice, garden leave,
    gardening leave, on garden leave, leaving, offboarding, off-boarding, in offboarding, active - notice,
    active (notice), pending termination, scheduled for termination, pending leave, pending leaver,
    resignation accepted, notice given, resigning, gekündigt, in kündigung, kündigung, freigestellt, in
    freistellung, freistellung, gekündigt - freigestellt, en préavis, préavis, dispensé de préavis, départ en
    cours, en preaviso, preaviso, in preavviso, preavviso, aviso prévio, em aviso prévio, opzegtermijn, in
    opzegtermijn, uitdiensttreding, 退職予定
"""
_LEFT = """
    left, leaver, terminated, termination, inactive, inactive employee, not active, no longer employed,
    former, former employee, ex-employee, ex employee, alumni, alumnus, resigned, retired, retiree, dismissed,
    separated, departed, exited, offboarded, off-boarded, discharged, deceased, redundant, made redundant,
    laid off, layoff, ended, contract ended, quit, gone, terminated with pay, no, false, ausgeschieden,
    ausgetreten, austritt, inaktiv, ehemalig, ehemaliger, ehemalige, ehemaliger mitarbeiter, verlassen, im
    ruhestand, in rente, pensioniert, rentner, verstorben, beendet, nein, falsch, inactif, inactive (f),
    parti, partie, sorti, sortie, démissionné, démissionnaire, licencié, licenciée, retraité, retraitée,
    décédé, non, faux, inactivo, inactiva, cesado, baja, de baja definitiva, desvinculado, despedido,
    jubilado, fallecido, falso, inativo, inativa, desligado, demitido, aposentado, não, inattivo, inattiva,
    cessato, dimesso, licenziato, pensionato, inactief, uit dienst, vertrokken, met pensioen, nee, onwaar, 退職,
    退職済, 退職済み, 離職, 离职
"""
_MEANINGS = {
    spelling(word): meaning
    for meaning, words in (
        (Meaning.HERE, _HERE),
        (Meaning.HERE, _KINDS_OF_EMPLOYMENT),
        (Meaning.ON_LEAVE, _ON_LEAVE),
        (Meaning.LEAVING, _LEAVING),
        (Meaning.LEFT, _LEFT),
    )
    for word in words.split(",")
}

STATUS_CHOICE = "status:"
"""What precedes a word in `Source.mapping` whose meaning somebody chose."""
ACCOUNT_CHOICE = "account:"
"""What precedes a column of account states in `Source.mapping`; its value is the meaning of “switched off”."""

_CONTRACTORS = [
    "contractor",
    "contingent",
    "extern",
    "freelanc",
    "consultant",
    "vendor",
    "agency",
    "supplier",
]


def spellings(listed: str) -> frozenset[str]:
    """Words with commas between them, as they are compared."""
    return frozenset(spelling(word) for word in listed.split(","))


KINDS_OF_EMPLOYMENT = spellings(_KINDS_OF_EMPLOYMENT)
YES_OR_NO = spellings(
    "yes, no, y, n, true, false, 1, 0, ja, nein, j, wahr, falsch, oui, non, o, vrai, faux, si, s, verdadero, falso,"
    "sim, nao, verdadeiro, vero, waar, onwaar, nee"
)
NOT_ACTIVE = spellings(
    "inactive, inactive employee, not active, inaktiv, inactif, inactive (f), inactivo, inactiva, inativo, inativa,"
    "inattivo, inattiva, inactief"
)
"""They mean that somebody left, unless the same column has a plainer word for that."""

_YES = spellings(
    "yes, y, true, 1, ja, j, wahr, oui, o, vrai, si, s, verdadero, sim, verdadeiro, vero, waar, x, enabled, active, on"
)
_NO = spellings("no, n, false, 0, nein, falsch, non, faux, falso, nao, nee, onwaar, disabled, inactive, off")
_ON_WORDS = _YES | spellings(
    "activated, staged, provisioned, recovery, password expired, password reset, locked out, pending user action, live,"
    "aktiv"
)
_OFF_WORDS = spellings(
    "suspended, archived, disabled, deactivated, deprovisioned, inactive, blocked, deleted, removed, gesperrt, inaktiv"
)
SWITCHED_OFF_BIT = 0x2
"""ADS_UF_ACCOUNTDISABLE of Active Directory's userAccountControl."""


def meaning_of(status: str) -> Meaning | None:
    """An empty cell says nothing against working here. None for a word that is not known."""
    word = spelling(status)
    return _MEANINGS.get(word) if word else Meaning.HERE


def account_is_off(value: str, *, yes_is_off: bool) -> bool | None:
    """Whether a cell about an account says that it is switched off; None for a word that is not known. A blank cell
    says nothing. Numbers above 1 are userAccountControl's bits.
    """
    word = spelling(value)
    if not word:
        return False
    if word.isdigit() and int(word) > 1:
        return bool(int(word) & SWITCHED_OFF_BIT)
    if yes_is_off and word in _YES | _NO:
        return word in _YES
    if word in _OFF_WORDS or word in _NO:
        return True
    return False if word in _ON_WORDS else None


def kind_of(text: str) -> Employee.Kind:
    word = spelling(text)
    if word in ("contract", "contracttemp") or any(part in word for part in _CONTRACTORS):
        return Employee.Kind.CONTRACTOR
    return Employee.Kind.EMPLOYEE


CLASS_NAME = re.compile(r"(?:Microsoft|System)(?:\.\w+)+(?:\[[^\]]*\])?")
"""What PowerShell writes for a list: the name of its class, and no value."""
