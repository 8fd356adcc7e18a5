from django.urls import path

from usher.connections import views
from usher.connections.connecting import views as connecting

app_name = "connections"

urlpatterns = [
    path("", views.connection_list, name="list"),
    path("app/", views.app_settings, name="app"),
    path("connect/", connecting.connect, name="connect"),
    path("connect/<int:pk>/code/", connecting.code, name="code"),
    path("return/", connecting.oauth_return, name="oauth_return"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/row/", views.list_row, name="row"),
    path("<int:pk>/health/", views.health, name="health"),
    path("<int:pk>/sync/", views.start_sync, name="sync"),
    path("<int:pk>/answer/", views.answer, name="answer"),
    path("<int:pk>/test/", views.test, name="test"),
    path("<int:pk>/test/<int:test_pk>/", views.test_checks, name="test_checks"),
    path("<int:pk>/change/", views.edit, name="edit"),
    path("<int:pk>/reconnect/", connecting.connect, name="reconnect"),
    path("<int:pk>/disconnect/", views.end, name="disconnect"),
]
