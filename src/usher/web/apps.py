from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "usher.web"
