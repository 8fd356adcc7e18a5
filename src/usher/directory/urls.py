from django.urls import path

from usher.directory import token_views, views
from usher.directory.imports import views as import_views
from usher.directory.matching import views as match_views

app_name = "directory"

urlpatterns = [
    path("", views.home, name="home"),
    path("groups/<slug:name>/", views.group, name="group"),
    path("groups/<slug:name>.csv", views.group_csv, name="group_csv"),
    path("employees/without-seat/", views.employees_without_seat, name="without_seat"),
    path("employees/without-seat.csv", views.employees_without_seat_csv, name="without_seat_csv"),
    path("employees/<int:pk>/", views.employee, name="employee"),
    path("sources/add/", views.add_source, name="add_source"),
    path("sources/<int:pk>/", views.source, name="source"),
    path("sources/<int:pk>/token/", token_views.token, name="token"),
    path("imports/upload/", import_views.upload, name="upload"),
    path("imports/<int:pk>/", views.batch, name="import"),
    path("imports/<int:pk>/preview/", import_views.preview, name="preview"),
    path("imports/<int:pk>/reading/", import_views.reading, name="reading"),
    path("imports/<int:pk>/drop/", import_views.drop, name="drop"),
    path("matches/", match_views.review, name="review"),
    path("matches/decide/", match_views.decide, name="decide"),
    path("matches/<int:pk>/undo/", match_views.undo, name="undo"),
    path("people/<int:pk>/match/", match_views.by_hand, name="by_hand"),
    path("aliases/", match_views.aliases, name="aliases"),
    path("aliases/<int:pk>/remove/", match_views.alias_remove, name="alias_remove"),
]
