from django.apps import AppConfig
from django.db.models.signals import pre_delete


class RemovalConfig(AppConfig):
    name = "usher.removal"

    def ready(self) -> None:
        from usher.connections.models import Connection
        from usher.removal.cases.connection_deleted import end_cases

        pre_delete.connect(end_cases, sender=Connection)
