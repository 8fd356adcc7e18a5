from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "usher.activity.console"
