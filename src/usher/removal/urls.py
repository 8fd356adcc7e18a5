from django.urls import path

from usher.removal import case_views, evidence_views, list_views, new_views, settings_views

app_name = "removal"

urlpatterns = [
    path("leavers/", list_views.leavers, name="leavers"),
    path("leavers/export.csv", list_views.leavers_csv, name="leavers_csv"),
    path("leavers/<int:pk>/owns/", list_views.owns, name="owns"),
    path("removals/new/", new_views.new, name="new"),
    path("removals/receivers/", new_views.receivers, name="receivers"),
    path("people/<int:pk>/removal/", new_views.of_person, name="of_person"),
    path("cases/", list_views.cases, name="cases"),
    path("cases/export.csv", list_views.cases_csv, name="cases_csv"),
    path("cases/live/", list_views.cases_live, name="cases_live"),
    path("cases/approve/", list_views.approve_many, name="approve_many"),
    path("cases/<int:pk>/evidence.html", evidence_views.as_html, name="evidence_html"),
    path("cases/<int:pk>/evidence.json", evidence_views.as_json, name="evidence_json"),
    path("cases/<int:pk>/", case_views.case, name="case"),
    path("cases/<int:pk>/preview/", case_views.preview, name="preview"),
    path("cases/<int:pk>/steps/", case_views.steps, name="steps"),
    path("cases/<int:pk>/calls/", case_views.calls, name="calls"),
    path("cases/<int:pk>/ask/", case_views.ask, name="ask"),
    path("cases/<int:pk>/change/", case_views.change, name="change"),
    path("cases/<int:pk>/approve/", case_views.approve, name="approve"),
    path("cases/<int:pk>/refuse/", case_views.refuse, name="refuse"),
    path("cases/<int:pk>/cancel/", case_views.cancel, name="cancel"),
    path("cases/<int:pk>/again/", case_views.again, name="again"),
    path("cases/<int:pk>/undo/", case_views.undo, name="undo"),
    path("settings/guardrails/", settings_views.guardrails, name="guardrails"),
    path("settings/protected/", settings_views.protected, name="protected"),
    path("settings/protected/people/", settings_views.protected_people, name="protected_people"),
    path("settings/protected/pattern/", settings_views.protected_pattern, name="protected_pattern"),
    path("settings/protected/add/", settings_views.protected_add, name="protected_add"),
    path("settings/protected/<int:pk>/remove/", settings_views.protected_remove, name="protected_remove"),
    path("settings/prices/", settings_views.prices, name="prices"),
    path("removals/stop/", settings_views.stop, name="stop"),
    path("removals/resume/", settings_views.resume, name="resume"),
]
