from django.urls import path

from usher.roster import views

app_name = "roster"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/export.csv", views.people_csv, name="people_csv"),
    path("people/<int:pk>/", views.person, name="person"),
    path("integrations/<int:pk>/runs/<int:run_pk>/", views.run, name="run"),
]
