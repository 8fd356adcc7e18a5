from django.urls import path

from usher.insights import people, views

# People stand at the address of the roster's own page, with their use: these come first.
urlpatterns = [
    path("people/", people.people),
    path("people/export.csv", people.people_csv),
    path("", views.dashboard, name="dashboard"),
]
