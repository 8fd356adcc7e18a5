from django.urls import path

from usher.removal.evidence import views as evidence_views
from usher.removal.guardrails import views as guardrails_views
from usher.removal.pages.case import views as case_views
from usher.removal.pages.cases import views as cases_views
from usher.removal.pages.leavers import views as leavers_views
from usher.removal.pages.new_cases import views as new_cases_views
from usher.removal.pages.pauses import views as pauses_views
from usher.removal.pages.person import views as person_views
from usher.removal.pages.remarks import views as remarks_views

app_name = "removal"

urlpatterns = [
    path("leavers/", leavers_views.leavers, name="leavers"),
    path("leavers/export.csv", leavers_views.leavers_csv, name="leavers_csv"),
    path("leavers/<int:pk>/owns/", leavers_views.owns, name="owns"),
    path("removals/new/", new_cases_views.new, name="new"),
    path("removals/receivers/", new_cases_views.receivers, name="receivers"),
    path("people/<int:pk>/removal/", person_views.of_person, name="of_person"),
    path("people/<int:pk>/remarks/<int:number>/answer/", remarks_views.answer, name="answer_remark"),
    path("cases/", cases_views.cases, name="cases"),
    path("cases/export.csv", cases_views.cases_csv, name="cases_csv"),
    path("cases/live/", cases_views.cases_live, name="cases_live"),
    path("cases/approve/", cases_views.approve_many, name="approve_many"),
    path("cases/<int:pk>/evidence.html", evidence_views.as_html, name="evidence_html"),
    path("cases/<int:pk>/evidence.json", evidence_views.as_json, name="evidence_json"),
    path("cases/<int:pk>/", case_views.case, name="case"),
    path("cases/<int:pk>/preview/", case_views.preview, name="preview"),
    path("cases/<int:pk>/steps/", case_views.steps, name="steps"),
    path("cases/<int:pk>/calls/", case_views.calls, name="calls"),
    path("cases/<int:pk>/request-approval/", case_views.request_approval, name="request_approval"),
    path("cases/<int:pk>/change/", case_views.change, name="change"),
    path("cases/<int:pk>/approve/", case_views.approve, name="approve"),
    path("cases/<int:pk>/reject/", case_views.reject, name="reject"),
    path("cases/<int:pk>/cancel/", case_views.cancel, name="cancel"),
    path("cases/<int:pk>/try-again/", case_views.try_again, name="try_again"),
    path("cases/<int:pk>/undo/", case_views.undo, name="undo"),
    path("pauses/", pauses_views.pauses, name="pauses"),
    path("pauses/export.csv", pauses_views.pauses_csv, name="pauses_csv"),
    path("pauses/new/", pauses_views.new, name="new_pauses"),
    path("pauses/tick/", pauses_views.tick, name="tick_pauses"),
    path("pauses/untick/", pauses_views.untick, name="untick_pause"),
    path("pauses/<int:pk>/take-off/", pauses_views.take_off, name="take_off_pause"),
    path("settings/guardrails/", guardrails_views.guardrails, name="guardrails"),
    path("settings/protected/", guardrails_views.protected, name="protected"),
    path("settings/protected/people/", guardrails_views.protected_people, name="protected_people"),
    path("settings/protected/pattern/", guardrails_views.protected_pattern, name="protected_pattern"),
    path("settings/protected/add/", guardrails_views.protected_add, name="protected_add"),
    path("settings/protected/<int:pk>/remove/", guardrails_views.protected_remove, name="protected_remove"),
    path("removals/stop/", guardrails_views.stop, name="stop"),
    path("removals/resume/", guardrails_views.resume, name="resume"),
    path("removals/restored/", guardrails_views.restored, name="restored"),
]
