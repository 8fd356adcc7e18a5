"""The fields of an employee, and what exports call them.

The names are those of BambooHR, Workday, HiBob, Personio, Rippling, Gusto, ADP, SAP SuccessFactors, UKG, Google
Workspace, GAM, Entra ID (bulk and Graph), Okta, JumpCloud, Active Directory and the Purview HR connector, in English,
German, French, Spanish, Italian, Portuguese and Dutch.
"""

from enum import StrEnum


class EmployeeField(StrEnum):
    EMAIL = "email"
    EXTERNAL_ID = "external_id"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    OTHER_ADDRESSES = "other_addresses"
    STATUS = "status"
    SECOND_STATUS = "second_status"
    ACCOUNT = "account"
    LAST_DAY = "last_day"
    TERMINATION = "termination"
    CONTRACT_END = "contract_end"
    NOTICE = "notice"
    ACCOUNT_EXPIRES = "account_expires"
    START = "start"
    RETURNS = "returns"
    DEPARTMENT = "department"
    MANAGER = "manager"
    KIND = "kind"
    PATH = "path"

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
    EmployeeField.STATUS: "Employment status",
    EmployeeField.SECOND_STATUS: "Second status",
    EmployeeField.ACCOUNT: "State of the account",
    EmployeeField.LAST_DAY: "Last day of work",
    EmployeeField.TERMINATION: "Termination date",
    EmployeeField.CONTRACT_END: "End of the contract",
    EmployeeField.NOTICE: "Notice given (not a last day)",
    EmployeeField.ACCOUNT_EXPIRES: "Account expires",
    EmployeeField.START: "Start date",
    EmployeeField.RETURNS: "Return from leave",
    EmployeeField.DEPARTMENT: "Department",
    EmployeeField.MANAGER: "Manager",
    EmployeeField.KIND: "Employee or contractor",
    EmployeeField.PATH: "Distinguished name",
}

# The likeliest first: of several columns in a file the first in this order is taken. A column of private addresses is
# never proposed: a company address alone tells who somebody is at work.
COLUMN_NAMES = {
    EmployeeField.EMAIL: """
        work email, work email address, email_addr, メールアドレス, primary work email, email - primary work,
        email primary work, work contact: work email, business email, company email, business email
        information email address, corporate email, primary email, primaryEmail, email address, email,
        mail, e-mail address, emailAddress, e-mail-adresse, geschäftliche e-mail, dienstliche e-mail,
        firmen-e-mail, adresse e-mail, adresse électronique, courriel, e-mail professionnel, correo
        electrónico, correo, correo corporativo, indirizzo email, indirizzo e-mail, endereço de e-mail,
        e-mailadres, zakelijk e-mailadres, user principal name, userPrincipalName, user name
        [userPrincipalName] required, login, okta username, user name, username
    """,
    EmployeeField.EXTERNAL_ID: """
        employee id, employee number, employee no, employee nr, employee identifier, employeeIdentifier,
        emp id, empid, emplid, pers.no., personnel no, emp no, worker id, associate id, associate oid,
        person id, person number, personnel number, personal number, payroll id, staff id, staff number,
        file number, eeid, external id, externalIds.0.value, user id, object id, objectId, objectGUID, id,
        eid, 社員番号, 従業員番号, personalnummer, personal-nr, personalnr, mitarbeiternummer, mitarbeiter-id,
        mitarbeiternr, matricule, numéro d'employé, número de empleado, id de empleado, matricola, codice
        dipendente, matrícula, número do funcionário, personeelsnummer, medewerkernummer, sAMAccountName
    """,
    EmployeeField.NAME: """
        full name, display name, displayName, name.fullName, preferred name, legal name, worker, worker
        name, employee name, employee, name, payroll name, vollständiger name, anzeigename, mitarbeiter,
        mitarbeiter/in, nom complet, nombre completo, nome completo, volledige naam, naam, 氏名, cn
    """,
    EmployeeField.FIRST_NAME: """
        preferred first name, first name, firstName, given name, givenName, name.givenName, legal first
        name, forename, vorname, prénom, nombre, nombre de pila, nome, voornaam
    """,
    EmployeeField.LAST_NAME: """
        last name, lastName, preferred last name, surname, family name, familyName, name.familyName, legal
        last name, sn, nachname, familienname, nom, nom de famille, apellido, apellidos, cognome,
        sobrenome, achternaam
    """,
    EmployeeField.OTHER_ADDRESSES: """
        other addresses, other emails, otherMails, other mails, other email addresses, proxy addresses,
        proxyAddresses, aliases, aliases.0, email aliases, secondary email, second email, secondEmail,
        work secondary email, additional emails, weitere e-mail-adressen, user principal name,
        userPrincipalName, login, target address
    """,
    EmployeeField.STATUS: """
        worker status, employment status, employee status, employee status code, lifecycle status,
        position status, status of employment, job status, active status, status, hr status, currently
        employed, employed, active employee, beschäftigungsstatus, mitarbeiterstatus, anstellungsstatus,
        statut d'emploi, statut de l'employé, statut, estado laboral, estado del empleado, estado, stato,
        stato dipendente, status do funcionário, dienstverbandstatus, empl_status, empl status, emp
        status, worker_status, 在籍区分, 在籍状況, active, is active, active?, aktiv, actif, activo, ativo,
        attivo, actief
    """,
    EmployeeField.ACCOUNT: """
        account enabled, accountEnabled, enabled, is enabled, suspended, is suspended, archived, is
        archived, disabled, is disabled, deactivated, account status, user status, account state, state,
        userAccountControl, block sign in, block sign in (yes/no) [accountEnabled], block credential,
        blockCredential, sign-in blocked, sign in status, sign-in allowed, activated, account_locked,
        kontostatus, konto aktiviert, konto aktiv, gesperrt, compte activé, compte désactivé, cuenta
        habilitada, cuenta activa, deleted, is deleted
    """,
    EmployeeField.LAST_DAY: """
        last day of work, last working day, last working date, lastWorkingDate, last day worked, last date
        worked, last day, last work day, lastDayOfWork, final day, final working day, leaving date,
        employee leave date time, employeeLeaveDateTime, exit date, departure date, date of exit, date
        left, last_date_worked, 退職日, 最終出社日, left on, separation date, date of separation, date of leaving,
        letzter arbeitstag, letzter tag, austrittsdatum, austritt, austritt am, ausgeschieden am, dernier
        jour, dernier jour de travail, date de départ, date de sortie, último día, último día de trabajo,
        fecha de baja, fecha de salida, ultimo giorno, ultimo giorno di lavoro, data di uscita, último
        dia, último dia de trabalho, data de saída, data de desligamento, laatste werkdag, datum uit
        dienst, uit dienst
    """,
    EmployeeField.TERMINATION: """
        termination date, date of termination, terminated on, terminated, term date, termination_dt,
        termination effective date, effective termination date, employment end date, end of employment,
        employment end, end date, date of end, beschäftigungsende, enddatum, ende des
        arbeitsverhältnisses, date de fin, date de fin d'emploi, date de cessation, fecha de terminación,
        fecha de cese, fecha de fin, data di cessazione, data de término, data de rescisão, data de
        demissão, einddatum
    """,
    EmployeeField.CONTRACT_END: """
        contract end, contract end date, contract ends, contract termination date, end of contract,
        contract expiry, fixed term end, fixed-term end date, temporary contract end date, vertragsende,
        befristet bis, befristung bis, ende der befristung, date de fin de contrat, fin de contrat, fin de
        contrato, fecha fin de contrato, fecha de fin de contrato, fine contratto, data fine contratto,
        fim do contrato, einde contract, einddatum contract
    """,
    EmployeeField.NOTICE: """
        notice given, notice date, notice given on, date of notice, notice received, resignation date,
        resignationDate, resigned on, resignation submitted, date of resignation, kündigungsdatum,
        kündigung am, kündigung erhalten am, kündigung eingereicht, datum der kündigung, date de
        démission, date de préavis, date de notification, fecha de renuncia, fecha de aviso, data di
        dimissioni, data do pedido de demissão, opzegdatum, probation end, probation end date, end of
        probation, probezeitende, ende der probezeit, probezeit bis, fin de période d'essai, fin de
        periodo de prueba
    """,
    EmployeeField.ACCOUNT_EXPIRES: """
        account expiration date, accountExpirationDate, account expires, accountExpires, account expiry,
        expiration date, konto läuft ab, ablaufdatum
    """,
    EmployeeField.START: """
        last hire date, most recent hire date, rehire date, hire date, hire_dt, 入社日, hired on, date of
        hire, start date, started on, date started, employment start date, employeeHireDate, employee hire
        date, joining date, date of joining, original hire date, continuous service date, eintrittsdatum,
        eintritt, eintritt am, startdatum, beginn, beschäftigt seit, date d'embauche, date d'entrée, date
        de début, fecha de contratación, fecha de inicio, fecha de ingreso, fecha de alta, data di
        assunzione, data inizio, data de admissão, data de início, datum in dienst, in dienst sinds
    """,
    EmployeeField.RETURNS: """
        expected return, expected return date, return date, leave return date, estimated last day of
        leave, actual last day of leave, leave end date, leave end, end of leave, rückkehr, rückkehrdatum,
        voraussichtliche rückkehr, date de retour, fecha de regreso, data di rientro, data de retorno
    """,
    EmployeeField.DEPARTMENT: """
        department, department name, home department description, organizations.0.department, supervisory
        organization, organization, organisation, organizational unit, business unit, cost center, team,
        division, org unit path, orgUnitPath, abteilung, bereich, département, service, departamento,
        área, dipartimento, reparto, afdeling, deptid, dept id, dept, 部署
    """,
    EmployeeField.MANAGER: """
        manager email, manager's email, managers email, manager e-mail, manager email address, supervisor
        email, supervisor work email, reports to email, reports to (email), line manager email, manager
        upn, relations.0.value, manager, manager/user sys id, line manager, supervisor, supervisor_id,
        supervisor id, supervisor name, reporting to, reports to, reports to name, manager name, manager
        user id, manager id, managerId, manager employee id, reports to associate id, vorgesetzter,
        vorgesetzte, vorgesetzte/r, führungskraft, responsable, manager direct, gerente, supervisor
        directo, responsabile, gestor, leidinggevende
    """,
    EmployeeField.KIND: """
        worker type, employee type, employeeType, employment type, person type, contract type, type of
        employment, worker sub type, worker category, user type, userType, beschäftigungsart, vertragsart,
        mitarbeitertyp, type de contrat, tipo de contrato, tipo contratto, contracttype
    """,
    EmployeeField.PATH: """distinguished name, distinguishedName, dn""",
}
