from django.urls import path

from usher.insights import views

urlpatterns = [path("", views.dashboard, name="dashboard")]
