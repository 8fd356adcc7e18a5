from django.urls import path

from usher.insights import views
from usher.insights.health import views as health
from usher.insights.people import views as people
from usher.insights.reconciliation import views as reconciliation

urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/export.csv", people.people_csv, name="people_csv"),
    path("people/every/", people.every_person, name="every_person"),
    path("people/<int:pk>/", people.person, name="person"),
    path("reconciliation/", reconciliation.reconciliation, name="reconciliation"),
    path("reconciliation/people/", reconciliation.people, name="reconciled_people"),
    path("reconciliation/people/export.csv", reconciliation.people_csv, name="reconciled_people_csv"),
    path("healthz/details", health.details, name="health_details"),
    path("metrics", health.metrics, name="metrics"),
    path("", views.dashboard, name="dashboard"),
]
