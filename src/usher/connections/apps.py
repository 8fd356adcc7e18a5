from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "usher.connections"
