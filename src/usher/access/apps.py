from django.apps import AppConfig
from django.db.models.signals import post_migrate

from usher.platform.postgres.row_security import grant_to_scoped_role


class AccessConfig(AppConfig):
    name = "usher.access"

    def ready(self) -> None:
        from usher.access.proof import fresh  # noqa: F401  # connects its receivers
        from usher.access.trail import signals  # noqa: F401  # connects its receivers

        post_migrate.connect(grant_to_scoped_role, sender=self)  # once, after the tables of all apps
