from django.urls import path

from usher.directory import views
from usher.directory.employees import absence_views
from usher.directory.employees import views as employee_views
from usher.directory.employment import views as employment_views
from usher.directory.imports import views as import_views
from usher.directory.matching import views as matching_views
from usher.directory.remarks import views as remark_views

app_name = "directory"

urlpatterns = [
    path("", views.home, name="home"),
    path("groups/<slug:name>/", employment_views.group, name="group"),
    path("groups/<slug:name>.csv", employment_views.group_csv, name="group_csv"),
    path("possible-leavers/", remark_views.possible, name="possible_leavers"),
    path("possible-leavers.csv", remark_views.possible_csv, name="possible_leavers_csv"),
    path("employees/without-seat/", employment_views.employees_without_seat, name="without_seat"),
    path("employees/without-seat.csv", employment_views.employees_without_seat_csv, name="without_seat_csv"),
    path("employees/no-longer-listed/", absence_views.not_listed, name="not_listed"),
    path("employees/<int:pk>/", employee_views.employee, name="employee"),
    path("sources/add/", views.add_source, name="add_source"),
    path("sources/<int:pk>/", views.source, name="source"),
    path("sources/<int:pk>/token/", views.token, name="token"),
    path("sources/<int:pk>/questions/<int:question>/", views.answer_question, name="answer_question"),
    path("imports/upload/", import_views.upload, name="upload"),
    path("imports/<int:pk>/", import_views.show, name="import"),
    path("imports/<int:pk>/preview/", import_views.preview, name="preview"),
    path("imports/<int:pk>/answers/", import_views.answers, name="answers"),
    path("imports/<int:pk>/reading/", import_views.reading, name="reading"),
    path("imports/<int:pk>/drop/", import_views.discard, name="drop"),
    path("matches/", matching_views.review, name="review"),
    path("matches/decide/", matching_views.decide, name="decide"),
    path("matches/<int:pk>/undo/", matching_views.undo, name="undo"),
    path("people/<int:pk>/match/", matching_views.by_hand, name="by_hand"),
    path("aliases/", matching_views.aliases, name="aliases"),
    path("aliases/<int:pk>/remove/", matching_views.alias_remove, name="alias_remove"),
]
