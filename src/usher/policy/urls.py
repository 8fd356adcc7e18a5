"""Addresses of rules."""

from django.urls import path

from usher.policy import views
from usher.policy.asking import views as asking

app_name = "policy"
urlpatterns = [
    path("", views.rules, name="rules"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.rule, name="rule"),
    path("<int:pk>/change/", views.change_rule, name="change"),
    path("<int:pk>/try/", views.try_out, name="try"),
    path("<int:pk>/trial/", views.trial, name="trial"),
    path("<int:pk>/found.csv", views.found_csv, name="found_csv"),
    path("<int:pk>/switch/", views.switch, name="switch"),
    path("<int:pk>/delete/", views.delete_rule, name="delete"),
    path("<int:pk>/questions/", asking.questions, name="questions"),
    path("<int:pk>/questions/file.csv", asking.questions_csv, name="questions_csv"),
    path("answer/<str:token>/", asking.answer, name="answer"),
    path("<int:pk>/runs/", views.runs, name="runs"),
    path("<int:pk>/runs/<int:run>/", views.run_page, name="run"),
    path("<int:pk>/runs/<int:run>/found.csv", views.run_csv, name="run_csv"),
]
