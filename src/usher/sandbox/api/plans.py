"""Portfolios, goals and project templates, as lists with their owners."""

from usher.sandbox.api.tasks import refuse_search_on_free_plan
from usher.sandbox.http.answers import Record, forbidden
from usher.sandbox.http.endpoint import Call, endpoint
from usher.sandbox.http.shapes_of_plans import PLANS
from usher.sandbox.life.plans import plans


def portfolios(call: Call) -> Record:
    """Only service accounts may ask for somebody else's."""
    where = call.workspace(call.required("workspace"))
    refuse_search_on_free_plan(where)
    owner = call.any_person(call.required("owner"), "owner")
    if owner is not call.view.caller.person and not call.view.caller.is_service_account:
        raise forbidden("You can only list portfolios that you own.")
    found = plans(call.view.company, where, "portfolio")
    return call.listed_all(PLANS["portfolio"], [one for one in found if one.owner == owner.number])


def goals(call: Call) -> Record:
    where = call.workspace(call.required("workspace"))
    refuse_search_on_free_plan(where)
    return call.listed_all(PLANS["goal"], plans(call.view.company, where, "goal"))


def project_templates(call: Call) -> Record:
    where = call.workspace(call.required("workspace"))
    return call.listed_all(PLANS["project_template"], plans(call.view.company, where, "project_template"))


ROUTES = [
    endpoint("GET", "/portfolios", portfolios),
    endpoint("GET", "/goals", goals),
    endpoint("GET", "/project_templates", project_templates),
]
