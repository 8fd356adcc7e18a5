"""/mcp."""

from django.urls import path

from usher.assistants.views import mcp

app_name = "assistants"

urlpatterns = [path("", mcp, name="mcp")]
