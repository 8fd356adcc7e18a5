from django.urls import path

from usher.activity import views

app_name = "activity"

urlpatterns = [
    path("audit-log/", views.events, name="events"),
    path("audit-log/export.csv", views.events_csv, name="events_csv"),
    path("audit-log/export.jsonl", views.events_json_lines, name="events_json_lines"),
    path("people/<int:pk>/activity/", views.person, name="person"),
    path("people/<int:pk>/activity/<str:day>/", views.day, name="day"),
    path("usage/measuring/", views.how_it_is_measured, name="measuring"),
]
