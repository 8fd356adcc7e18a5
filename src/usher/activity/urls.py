from django.urls import path

from usher.activity.events import views as events
from usher.activity.people import views as people
from usher.activity.usage import views as usage

app_name = "activity"

urlpatterns = [
    path("audit-log/", events.events, name="events"),
    path("audit-log/export.csv", events.events_csv, name="events_csv"),
    path("audit-log/export.jsonl", events.events_json_lines, name="events_json_lines"),
    path("people/<int:pk>/activity/", people.person, name="person"),
    path("people/<int:pk>/activity/<str:day>/", people.day, name="day"),
    path("usage/measuring/", usage.how_it_is_measured, name="measuring"),
]
