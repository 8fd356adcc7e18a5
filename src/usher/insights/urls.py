from django.urls import path

from usher.insights import views
from usher.insights.health import views as health
from usher.insights.people import views as people

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/export.csv", people.people_csv, name="people_csv"),
    path("people/every/", people.every_person, name="every_person"),
    path("people/<int:pk>/", people.person, name="person"),
    path("healthz/details", health.details, name="health_details"),
    path("metrics", health.metrics, name="metrics"),
    path("", views.dashboard, name="dashboard"),
]
