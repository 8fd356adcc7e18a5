from django.urls import path

app_name = "removal"

urlpatterns: list = []
