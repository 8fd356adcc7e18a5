"""All addresses."""

from django.urls import include, path

from usher.config import api, reference

urlpatterns = [
    path("", include("usher.insights.urls")),
    path("", include("usher.access.urls")),
    path("", include("usher.access.signing_in.urls")),
    path("ledger/", include("usher.ledger.urls")),
    path("integrations/", include("usher.connections.urls")),
    path("", include("usher.roster.urls")),
    path("", include("usher.activity.urls")),
    path("console/", include("usher.activity.console.urls")),
    path("directory/", include("usher.directory.urls")),
    path("notices/", include("usher.notify.urls")),
    path("", include("usher.removal.urls")),
    path("streams/", include("usher.streams.urls")),
    path("savings/", include("usher.contracts.urls")),
    path("rules/", include("usher.policy.urls")),
    path("settings/api/", reference.reference, name="api_reference"),
    path("api/v1/", include((api.urls(), "api"))),
    path("mcp", include("usher.assistants.urls")),
    path("scim/v2/", include("usher.directory.scim.urls")),
    path("", include("usher.web.urls")),
]

handler400 = "usher.web.errors.bad_request"
handler403 = "usher.web.errors.permission_denied"
handler404 = "usher.web.errors.page_not_found"
handler500 = "usher.config.failures.server_error"
