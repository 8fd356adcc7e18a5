"""Out-of-office entries of one person in one workspace."""

from datetime import date

from usher.sandbox.http.answers import Record, bad, forbidden
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.http.shapes_of_plans import ABSENCE


def ooo_entries(call: Call) -> Record:
    """Those that overlap the time between `start_date` and `end_date`, each of which may be left out."""
    if not call.sandbox.shows_absences:
        raise forbidden("This app does not have the scope ooo_entries:read.")
    where, person = call.workspace(call.required("workspace")), call.person(call.required("user"))
    since, until = _day(call, "start_date"), _day(call, "end_date")
    return call.listed_all(
        ABSENCE,
        [
            one
            for one in call.view.absences.of(person, where)
            if (since is None or one.last is None or one.last >= since)
            and (until is None or one.first <= until)
        ],
    )


def _day(call: Call, name: str) -> date | None:
    text = call.query(name)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise bad(f"{name}: Not a valid date: {text}") from None


ROUTES = [endpoint("GET", "/ooo_entries", ooo_entries)]
