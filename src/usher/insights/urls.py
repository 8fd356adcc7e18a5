from django.urls import path

from usher.insights import choosing, people, views

# People stand at the address of the roster's own page, with their use: these come first.
urlpatterns = [
    path("people/", people.people),
    path("people/export.csv", people.people_csv),
    path("people/every/", choosing.every_person, name="every_person"),
    path("", views.dashboard, name="dashboard"),
]
