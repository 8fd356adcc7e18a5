"""Addresses of notices."""

from django.urls import URLPattern, path
from django.views.generic import RedirectView

app_name = "notify"
urlpatterns: list[URLPattern] = [
    path("mine/", RedirectView.as_view(url="/"), name="mine"),
]
