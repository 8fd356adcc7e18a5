from django.urls import path

from usher.activity.console import views

app_name = "console"

urlpatterns = [
    path("", views.upload, name="upload"),
    path("<int:pk>/", views.show, name="preview"),
    path("<int:pk>/discard/", views.discard, name="discard"),
]
