"""Which column of an export holds which field: as chosen, else guessed from its name."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from usher.csvfiles.headers import spelling
from usher.csvfiles.problems import unreadable


class EmployeeField(StrEnum):
    EMAIL = "email"
    EXTERNAL_ID = "external_id"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    OTHER_ADDRESSES = "other_addresses"
    STATUS = "status"
    LAST_DAY = "last_day"
    DEPARTMENT = "department"
    MANAGER = "manager"
    KIND = "kind"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    EmployeeField.EMAIL: "E-mail",
    EmployeeField.EXTERNAL_ID: "Employee ID",
    EmployeeField.NAME: "Name",
    EmployeeField.FIRST_NAME: "First name",
    EmployeeField.LAST_NAME: "Last name",
    EmployeeField.OTHER_ADDRESSES: "Other addresses",
    EmployeeField.STATUS: "Status",
    EmployeeField.LAST_DAY: "Last day",
    EmployeeField.DEPARTMENT: "Department",
    EmployeeField.MANAGER: "Manager",
    EmployeeField.KIND: "Employee or contractor",
}

# Column names of Workday, BambooHR, Personio, SAP SuccessFactors, Okta, Entra and Google Workspace, in English, German,
# French and Spanish. If a file has several of them, the one that stands first here is taken. Columns of private
# addresses are never guessed: only a company address identifies somebody at work.
_NAMES = {
    EmployeeField.EMAIL: """
        work email, primary work email, email - primary work, email primary work, business email, company
        email, business email information email address, corporate email, primary email, email, email
        address, mail, e-mail-adresse, geschäftliche e-mail, dienstliche e-mail, adresse e-mail, courriel,
        e-mail professionnel, correo electrónico, correo, user principal name, login, user name
    """,
    EmployeeField.EXTERNAL_ID: """
        employee id, employee number, employee no, employee nr, emp id, empid, worker id, person id,
        personnel number, personal number, payroll id, staff id, external id, object id, id, user id, eid,
        personalnummer, mitarbeiternummer, mitarbeiter-id, personal-nr, matricule, numéro d'employé, número
        de empleado, id de empleado
    """,
    EmployeeField.NAME: """
        full name, display name, preferred name, legal name, worker, employee, employee name, worker name,
        name, vollständiger name, anzeigename, mitarbeiter, nom complet, nombre completo
    """,
    EmployeeField.FIRST_NAME: """
        preferred first name, first name, given name, legal first name, vorname, prénom, nombre
    """,
    EmployeeField.LAST_NAME: """
        last name, preferred last name, surname, family name, legal last name, nachname, familienname, nom,
        nom de famille, apellido, apellidos
    """,
    EmployeeField.OTHER_ADDRESSES: """
        other addresses, other emails, other mails, other email addresses, proxy addresses, aliases, email
        aliases, secondary email, second email, work secondary email, additional emails, weitere
        e-mail-adressen, user principal name, login
    """,
    EmployeeField.STATUS: """
        worker status, employment status, employee status, status, account status, user status, active
        status, account enabled, enabled, active, is active, active?, state, beschäftigungsstatus,
        mitarbeiterstatus, aktiv, statut, actif, estado, activo
    """,
    EmployeeField.LAST_DAY: """
        last day of work, last working day, last day, last work day, termination date, date of termination,
        employment end date, end date, end of employment, separation date, leave date, leaving date, exit
        date, employee leave date time, employee leave date, contract termination date, letzter arbeitstag,
        austrittsdatum, austritt, enddatum, kündigungsdatum, date de fin, date de départ, date de sortie,
        dernier jour, dernier jour de travail, fecha de baja, fecha de salida, último día
    """,
    EmployeeField.DEPARTMENT: """
        department, department name, supervisory organization, organization, organisation, cost center,
        team, division, org unit path, abteilung, département, service, departamento
    """,
    EmployeeField.MANAGER: """
        manager email, manager's email, managers email, manager e-mail, supervisor email, reports to email,
        line manager email, manager, line manager, supervisor, reporting to, reports to, manager name,
        manager id, vorgesetzter, vorgesetzte, führungskraft, responsable, gerente
    """,
    EmployeeField.KIND: """
        worker type, employee type, employment type, person type, contract type, type of employment, worker
        sub type, user type, beschäftigungsart, vertragsart, type de contrat, tipo de contrato
    """,
}

_NOTE = re.compile(r"\s*\[[^\]]*\]\s*$")
"""Google's "[Required]" and "[READ ONLY]"."""


def _comparable_name(header: str) -> str:
    return spelling(_NOTE.sub("", header).replace("#", "number"))


_LIKELIHOOD: dict[EmployeeField, dict[str, int]] = {
    field: {spelling(name): place for place, name in reversed(list(enumerate(names.split(","))))}
    for field, names in _NAMES.items()
}


def is_known(header: str) -> bool:
    return any(_comparable_name(header) in names for names in _LIKELIHOOD.values())


def guessed(headers: Sequence[str]) -> dict[EmployeeField, str]:
    """The column of each field. No column is used for two fields."""
    columns: dict[EmployeeField, str] = {}
    for field, names in _LIKELIHOOD.items():
        free = [
            header
            for header in headers
            if _comparable_name(header) in names and header not in columns.values()
        ]
        if free:
            columns[field] = min(free, key=lambda header: names[_comparable_name(header)])
    return columns


def mapped(headers: Sequence[str], chosen: Mapping[str, str]) -> dict[EmployeeField, str]:
    """The column of each field: chosen (field → column, or field → "" for none), else guessed.

    A choice whose column the file does not have is guessed instead. Raises UnreadableFile if the file has neither an
    e-mail address nor an employee ID.
    """
    valid = {
        EmployeeField(name): column
        for name, column in chosen.items()
        if name in set(EmployeeField) and (not column or column in headers)
    }
    taken = {column for column in valid.values() if column}
    columns = {
        field: column
        for field, column in guessed([header for header in headers if header not in taken]).items()
        if field not in valid
    } | {field: column for field, column in valid.items() if column}
    if EmployeeField.EMAIL not in columns and EmployeeField.EXTERNAL_ID not in columns:
        shown = ", ".join(f"“{header}”" for header in headers if header.strip()) or "nothing"
        raise unreadable(
            f"No column holds the e-mail address or the employee ID. The columns are: {shown}.",
            "Name the column “E-mail” or “Employee ID” in the file, or use --map email=COLUMN on the command line.",
            1,
        )
    return columns
