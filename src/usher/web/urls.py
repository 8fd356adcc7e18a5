"""Addresses that belong to no capability."""

from django.urls import path

from usher.web.health import health

urlpatterns = [path("healthz", health, name="health")]
