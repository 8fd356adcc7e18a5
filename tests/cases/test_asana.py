"""Mishaps with Asana's own files and answers that were reported in public, rebuilt with data of our own."""

from datetime import date

from usher.activity.console.headers import MemberField
from usher.activity.console.parse import parse

MEMBERS_EXPORT = '''\
Name,Email Address,Date Joined Organization,First Login Date,Login Method,Last Activity,Internal,Number of Teams,\
Teams,Number of Projects,Projects
Mara Lindt,mara.lindt@example.com,"Feb 3, 2024","Feb 3, 2024",Google SSO,"Oct 30, 2026",true,2,"Sales, Ops",1,Site
Tom Rey,tom.rey@example.com,2024-05-01,2024-04-11,Password,2026-10-02,true,1,Ops,0,
Lea Extern,lea@agency.example,2025-01-07,Not yet logged in,Not yet logged in,Not yet logged in,false,0
,,2026-02-02,Not yet logged in,,,false,0,,0,
Uwe Kahn,Uwe.Kahn@Example.com ,2021-01-01,2021-01-04,SAML,2026-10-31,TRUE,1,"Ops ""core""",1,"Plan
for two"
Ida Voss,ida.voss@example.com,2022-08-15,2022-08-15,SAML,2025-12-31,true,900,"{teams}",0,
'''


def test_d01_asanas_own_sample_of_the_member_export_is_read() -> None:
    teams = ", ".join(f"Team {number}" for number in range(14_000))
    assert len(teams) > 140_000
    read = parse(MEMBERS_EXPORT.replace("{teams}", teams).encode())
    assert read.columns == {
        MemberField.NAME: "Name",
        MemberField.EMAIL: "Email Address",
        MemberField.JOINED: "Date Joined Organization",
        MemberField.FIRST_LOGIN: "First Login Date",
        MemberField.LOGIN_METHOD: "Login Method",
        MemberField.LAST_ACTIVITY: "Last Activity",
        MemberField.KIND: "Internal",
    }
    assert read.ignored_columns == ["Number of Teams", "Teams", "Number of Projects", "Projects"]
    assert [(row.email, row.joined_on, row.first_login_on, row.last_activity_on) for row in read.rows] == [
        ("mara.lindt@example.com", date(2024, 2, 3), date(2024, 2, 3), date(2026, 10, 30)),
        ("tom.rey@example.com", date(2024, 5, 1), date(2024, 4, 11), date(2026, 10, 2)),
        ("lea@agency.example", date(2025, 1, 7), None, None),
        ("Uwe.Kahn@Example.com", date(2021, 1, 1), date(2021, 1, 4), date(2026, 10, 31)),
        ("ida.voss@example.com", date(2022, 8, 15), date(2022, 8, 15), date(2025, 12, 31)),
    ]
    assert [row.email for row in read.rows if row.has_never_logged_in] == ["lea@agency.example"]
    assert [(left_out.line, left_out.what) for left_out in read.left_out] == [
        (5, "The row has no e-mail address.")
    ]
    assert read.rows[3].line == 6
