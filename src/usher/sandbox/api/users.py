"""Users: four lists, and a single user."""

from collections.abc import Iterator

from usher.sandbox.company.company import Person
from usher.sandbox.http.answers import Record, forbidden, unknown_object
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.http.shapes import USER
from usher.sandbox.life.work import Team

CUT_AT = 2_000


def users(call: Call) -> Record:
    """Sorted by gid. Without `workspace` and `team`: everyone in a workspace of the caller."""
    view = call.view
    if team_gid := call.query("team"):
        return call.listed_all(USER, _team_people(call, team_of(call, team_gid)))
    where = call.query("workspace")
    numbers = {call.workspace(where).number} if where else set(view.own_memberships)
    people, memberships = view.company.people, view.company.memberships

    def visible(start: int) -> Iterator[tuple[int, Person]]:
        for position in range(start, len(people)):
            for number in people[position].memberships:
                membership = memberships[number]
                if membership.workspace in numbers and membership.is_active(view.now):
                    yield position, people[position]
                    break

    return call.listed(USER, visible)


def user(call: Call) -> Record:
    return call.full(USER, call.person(call.path("user_gid")))


def users_of_workspace(call: Call) -> Record:
    """Sorted by name, at most 2,000; there is no `limit`."""
    where, view = call.workspace_of_path(), call.view
    memberships = (view.company.memberships[number] for number in where.members)
    people = [view.company.people[m.person] for m in memberships if m.is_active(view.now)]
    return _by_name(call, people)


def users_of_team(call: Call) -> Record:
    return _by_name(call, _team_people(call, team_of(call, call.path("team_gid"))))


def user_of_workspace(call: Call) -> Record:
    where, named = call.workspace_of_path(), call.path("user_gid")
    person = call.any_person(named)
    membership = call.view.company.membership_of(person, where)
    if membership is None or not membership.is_active(call.view.now):
        raise unknown_object("user", named)
    return call.full(USER, person)


def team_of(call: Call, gid: str) -> Team:
    team = call.view.work.team_by_gid(gid)
    if team is None:
        raise unknown_object("team", gid)
    if team.workspace not in call.view.own_memberships:
        raise forbidden("You do not have access to this team.")
    return team


def _team_people(call: Call, team: Team) -> list[Person]:
    members = call.view.work.team_memberships(team, call.view.now)
    return sorted(
        (call.view.company.people[m.membership.person] for m in members), key=lambda person: person.number
    )


def _by_name(call: Call, people: list[Person]) -> Record:
    people.sort(key=lambda person: (person.name.casefold(), person.number))
    wanted = call.wanted("compact")
    return {"data": [USER.render(call.view, person, wanted) for person in people[:CUT_AT]]}


ROUTES = [
    endpoint("GET", "/users", users),
    endpoint("GET", "/users/{user_gid}", user),
    endpoint("GET", "/workspaces/{workspace_gid}/users", users_of_workspace),
    endpoint("GET", "/workspaces/{workspace_gid}/users/{user_gid}", user_of_workspace),
    endpoint("GET", "/teams/{team_gid}/users", users_of_team),
]
