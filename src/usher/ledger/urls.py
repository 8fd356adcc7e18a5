from django.urls import path

from usher.ledger import views

app_name = "ledger"

urlpatterns = [
    path("", views.entries, name="list"),
    path("export.jsonl", views.entries_json_lines, name="json_lines"),
    path("<int:number>/", views.entry, name="entry"),
]
