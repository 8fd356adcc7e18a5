"""Addresses of event streams."""

from django.urls import path

from usher.streams import views

app_name = "streams"
urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("add/<slug:kind>/", views.add, name="add"),
    path("<int:pk>/", views.stream, name="stream"),
    path("<int:pk>/test/", views.test, name="test"),
    path("<int:pk>/again/", views.again, name="again"),
    path("<int:pk>/delete/", views.delete, name="delete"),
]
