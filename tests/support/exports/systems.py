"""The exports of well-known systems: their headers, their words, and what they can say of somebody."""

import msgspec

from tests.support.exports.people import State

HERE, LEFT, LEAVE, LEAVING, OFF = "here", "left", "on_leave", "leaving", "sign_in_off"
WORKS = (State.HERE, State.LEFT)
"""What any system can say."""


class System(msgspec.Struct, frozen=True):
    """`columns`: header → what stands in it. `words`: state → what its status column says. `meanings`: word → what it
    means, where Usher has to ask. `accounts`: column → what “off” means there.
    """

    name: str
    columns: dict[str, str]
    words: dict[State, tuple[str, ...]] = {}
    second_words: dict[State, tuple[str, ...]] = {}
    meanings: dict[str, str] = {}
    accounts: dict[str, str] = {}
    states: tuple[State, ...] = WORKS
    delimiters: tuple[str, ...] = (",",)
    writings: tuple[str, ...] = ()
    answers: dict[str, str] = {}

    @property
    def has_days(self) -> bool:
        return any(kind in ("last_day", "termination") for kind in self.columns.values())


def _columns(text: str) -> dict[str, str]:
    pairs = (line.rsplit("=", 1) for line in text.strip().splitlines())
    return {header.strip(): kind.strip() for header, kind in pairs}


_HR = (State.HERE, State.ON_LEAVE, State.LEAVING, State.LEFT, State.REHIRED, State.LEFTOVER)
_WITHOUT_START = (State.HERE, State.ON_LEAVE, State.LEAVING, State.LEFT, State.LEFTOVER)

SYSTEMS = (
    System(
        "BambooHR",
        _columns("""
            Employee #=id
            First Name=first
            Last Name=last
            Work Email=email
            Home Email=private
            Status=second
            Employment Status=status
            Hire Date=start
            Termination Date=termination
            Department=department
            Reporting to=manager_last_first
        """),
        words={State.HERE: ("Full-Time", "Part-Time", "Contractor"), State.LEFT: ("Terminated",)},
        second_words={State.HERE: ("Active",), State.LEFT: ("Inactive",)},
        states=(State.HERE, State.LEFT, State.LEFT_NO_DAY, State.REHIRED, State.LEAVING),
    ),
    System(
        "Workday",
        _columns("""
            Employee_ID=id
            Worker=name
            Primary_Work_Email=email
            Worker_Status=status
            Worker_Type=kind
            Hire_Date=start
            Termination_Date=termination
            Last_Day_of_Work=last_day
            Estimated Last Day of Leave=returns
            Supervisory_Organization=department
            Manager_Email=manager_email
        """),
        words={
            State.HERE: ("Active",),
            State.ON_LEAVE: ("On Leave",),
            State.LEAVING: ("Active", "Terminated"),
            State.LEFT: ("Terminated",),
        },
        states=_HR,
        delimiters=(",", ";"),
    ),
    System(
        "HiBob",
        _columns("""
            Employee ID=id
            Display name=name
            Email=email
            Personal email=private
            Lifecycle status=status
            Start date=start
            Termination date=termination
            Last day of work=last_day
            Department=department
            Reports to=manager_name
            Reports to email=manager_email
            Employment type=kind
        """),
        words={
            State.HERE: ("Employed", "Hired"),
            State.ON_LEAVE: ("Parental leave", "Unpaid leave"),
            State.LEAVING: ("Garden leave", "Employed"),
            State.LEFT: ("Terminated",),
        },
        states=_HR,
    ),
    System(
        "Personio",
        _columns("""
            Personalnummer=id
            Vorname=first
            Nachname=last
            E-Mail-Adresse=email
            Status=status
            Beschäftigungsart=kind
            Eintrittsdatum=start
            Kündigungsdatum=notice
            Vertragsende=contract_end
            Letzter Arbeitstag=last_day
            Abteilung=department
            Vorgesetzter=manager_name
        """),
        words={
            State.HERE: ("Aktiv",),
            State.ON_LEAVE: ("Elternzeit", "Beurlaubt"),
            State.LEAVING: ("Aktiv", "Gekündigt"),
            State.LEFT: ("Inaktiv",),
        },
        states=(*_HR, State.ON_NOTICE, State.FIXED_TERM),
        delimiters=(";", ","),
    ),
    System(
        "Personio without a last day",
        _columns("""
            Personalnummer=id
            Vorname=first
            Nachname=last
            E-Mail=email
            Status=status
            Kündigungsdatum=notice
            Vertragsende=contract_end
            Abteilung=department
            Vorgesetzter=manager_name
        """),
        words={State.HERE: ("Aktiv",), State.ON_LEAVE: ("Elternzeit",), State.LEFT: ("Inaktiv",)},
        states=(State.HERE, State.ON_LEAVE, State.LEFT, State.ON_NOTICE, State.FIXED_TERM),
        delimiters=(";",),
        answers={"notice_day": "notice"},
    ),
    System(
        "Rippling",
        _columns("""
            Employee ID=id
            Full name=name
            Work email=email
            Personal email=private
            Employment status=status
            Start date=start
            End date=termination
            Department=department
            Manager=manager_name
            Employment type=kind
        """),
        words={
            State.HERE: ("Active", "Hired"),
            State.ON_LEAVE: ("On leave",),
            State.LEAVING: ("Active",),
            State.LEFT: ("Terminated",),
        },
        states=_HR,
    ),
    System(
        "Gusto",
        _columns("""
            First name=first
            Last name=last
            Work email=email
            Personal email=private
            Status=status
            Start date=start
            Termination date=termination
            Manager=manager_name
            Department=department
        """),
        words={State.HERE: ("Active", "Onboarding"), State.LEFT: ("Dismissed", "Terminated")},
        states=(State.HERE, State.LEFT, State.LEFT_NO_DAY, State.REHIRED),
    ),
    System(
        "ADP",
        _columns("""
            Associate ID=id
            Payroll Name=last_first
            Work Contact: Work Email=email
            Position Status=status
            Hire Date=start
            Termination Date=termination
            Home Department Description=department
            Reports To Name=manager_last_first
        """),
        words={
            State.HERE: ("Active",),
            State.ON_LEAVE: ("Leave", "Inactive"),
            State.LEFT: ("Terminated", "Deceased"),
        },
        meanings={"Inactive": LEAVE},
        states=(State.HERE, State.ON_LEAVE, State.LEFT, State.LEFT_NO_DAY, State.REHIRED),
    ),
    System(
        "PeopleSoft",
        _columns("""
            EMPLID=id
            NAME=last_first
            EMAIL_ADDR=email
            EMPL_STATUS=status
            HIRE_DT=start
            TERMINATION_DT=termination
            LAST_DATE_WORKED=last_day
            DEPTID=department
            SUPERVISOR_ID=manager_id
        """),
        words={
            State.HERE: ("A",),
            State.ON_LEAVE: ("L", "P"),
            State.LEAVING: ("A",),
            State.LEFT: ("T", "R"),
        },
        meanings={"A": HERE, "L": LEAVE, "P": LEAVE, "T": LEFT, "R": LEFT},
        states=_HR,
    ),
    System(
        "SAP SuccessFactors",
        _columns("""
            STATUS=status
            USERID=id
            USERNAME=first
            FIRSTNAME=first
            LASTNAME=last
            EMAIL=email
            MANAGER=manager_id
            DEPARTMENT=department
            HIREDATE=start
            Last Date Worked=last_day
        """),
        words={
            State.HERE: ("active", "Active"),
            State.ON_LEAVE: ("Paid Leave", "Unpaid Leave"),
            State.LEFT: ("Terminated", "Retired"),
        },
        states=(*_HR, State.LEFT_NO_DAY),
        delimiters=(",", "|"),
    ),
    System(
        "UKG",
        _columns("""
            Employee Number=id
            Employee Name=last_first
            Email Address=email
            Employment Status=status
            Last Hire Date=start
            Termination Date=termination
            Supervisor Name=manager_last_first
            Org Level 1=department
            Employee Type=kind
        """),
        words={
            State.HERE: ("Active",),
            State.ON_LEAVE: ("Leave of absence",),
            State.LEFT: ("Terminated",),
            State.LEAVING: ("Terminated", "Active"),
        },
        states=(*_HR, State.LEFT_NO_DAY),
    ),
    System(
        "Google Workspace",
        _columns("""
            First Name [Required]=first
            Last Name [Required]=last
            Email Address [Required]=email
            Password [Required]=stars
            Org Unit Path [Required]=department
            Status [READ ONLY]=status
            Last Sign In [READ ONLY]=sign_in
            Recovery Email=private
            Home Secondary Email=private
            Employee ID=id
            Manager Email=manager_email
        """),
        words={State.HERE: ("Active",), State.LEFT_NO_DAY: ("Suspended", "Archived")},
        meanings={"Suspended": LEFT, "Archived": LEFT},
        states=(State.HERE, State.LEFT_NO_DAY),
    ),
    System(
        "GAM",
        _columns("""
            primaryEmail=email
            name.fullName=name
            suspended=off
            suspensionReason=blank
            archived=no
            orgUnitPath=department
            creationTime=sign_in
        """),
        accounts={"suspended": LEFT, "archived": LEFT},
        states=(State.HERE, State.LEFT_NO_DAY),
    ),
    System(
        "Entra ID",
        _columns("""
            userPrincipalName=email
            displayName=name
            surname=last
            mail=email
            givenName=first
            id=guid
            userType=member
            department=department
            accountEnabled=on
            usageLocation=country
            state=us_state
            otherMails=private
            employeeId=id
            createdDateTime=sign_in
        """),
        accounts={"accountEnabled": LEFT},
        states=(State.HERE, State.LEFT_NO_DAY),
    ),
    System(
        "Microsoft Graph",
        _columns("""
            id=guid
            userPrincipalName=email
            displayName=name
            mail=email
            proxyAddresses=proxies
            employeeId=id
            employeeType=kind
            accountEnabled=on
            employeeHireDate=start
            employeeLeaveDateTime=last_day
            department=department
        """),
        accounts={"accountEnabled": LEFT},
        states=(State.HERE, State.LEFT, State.LEAVING, State.LEFT_NO_DAY),
        writings=("ISO", "moment in UTC", "moment with a zone"),
    ),
    System(
        "Okta",
        _columns("""
            login=email
            email=email
            secondEmail=private
            firstName=first
            lastName=last
            displayName=name
            employeeNumber=id
            department=department
            managerId=manager_id
            status=status
            lastLogin=sign_in
        """),
        words={
            State.HERE: ("ACTIVE", "PROVISIONED", "PASSWORD_EXPIRED", "RECOVERY"),
            State.LEFT_NO_DAY: ("DEPROVISIONED",),
            State.OFF: ("SUSPENDED",),
        },
        meanings={"DEPROVISIONED": LEFT, "SUSPENDED": OFF},
        states=(State.HERE, State.LEFT_NO_DAY, State.OFF),
    ),
    System(
        "JumpCloud",
        _columns("""
            username=first
            email=email
            firstname=first
            lastname=last
            employeeIdentifier=id
            department=department
            suspended=off
            account_locked=no
        """),
        accounts={"suspended": LEFT, "account_locked": OFF},
        states=(State.HERE, State.LEFT_NO_DAY),
    ),
    System(
        "Active Directory, Export-Csv",
        _columns("""
            SamAccountName=account
            DisplayName=last_first
            UserPrincipalName=email
            mail=email
            Enabled=on
            AccountExpirationDate=blank
            EmployeeID=id
            Department=department
            Manager=manager_path
            proxyAddresses=class
            DistinguishedName=path
        """),
        accounts={"Enabled": LEFT},
        states=(State.HERE, State.LEFT_NO_DAY),
    ),
    System(
        "Active Directory, csvde",
        _columns("""
            DN=path
            Name=name
            mail=email
            userAccountControl=bits
            accountExpires=never
            sAMAccountName=account
        """),
        accounts={"userAccountControl": LEFT},
        states=(State.HERE, State.LEFT_NO_DAY),
    ),
    System(
        "Purview HR connector",
        _columns("""
            UserPrincipalName=email
            ResignationDate=notice
            LastWorkingDate=last_day
            EmployeeId=id
        """),
        states=(State.HERE, State.LEFT, State.LEAVING),
        writings=("ISO with a zone", "moment with a zone", "moment in UTC", "ISO"),
    ),
)
