from django.urls import path

from usher.connections import connect_views, views

app_name = "connections"

urlpatterns = [
    path("", views.connection_list, name="list"),
    path("app/", views.app_settings, name="app"),
    path("connect/", connect_views.connect, name="connect"),
    path("connect/<int:pk>/code/", connect_views.code, name="code"),
    path("return/", connect_views.oauth_return, name="oauth_return"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/row/", views.list_row, name="row"),
    path("<int:pk>/health/", views.health, name="health"),
    path("<int:pk>/sync/", views.start_sync, name="sync"),
    path("<int:pk>/answer/", views.answer, name="answer"),
    path("<int:pk>/test/", views.test, name="test"),
    path("<int:pk>/test/<int:test_pk>/", views.test_checks, name="test_checks"),
    path("<int:pk>/change/", views.edit, name="edit"),
    path("<int:pk>/reconnect/", connect_views.connect, name="reconnect"),
    path("<int:pk>/disconnect/", views.end, name="disconnect"),
]
