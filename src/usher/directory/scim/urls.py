"""Everything under /scim/v2/."""

from django.urls import path

from usher.directory.scim.views import scim

app_name = "scim"

urlpatterns = [path("<path:path>", scim, name="resource"), path("", scim, {"path": ""}, name="root")]
