from django.apps import AppConfig
from django.db.models.signals import post_migrate

from usher.platform.postgres.row_security import grant_to_scoped_role


class AccessConfig(AppConfig):
    name = "usher.access"

    def ready(self) -> None:
        # Each connects its receivers.
        from usher.access.mfa import signals as mfa  # noqa: F401
        from usher.access.proof import fresh  # noqa: F401
        from usher.access.sessions import signals as sessions  # noqa: F401
        from usher.access.throttle import signals  # noqa: F401
        from usher.access.trail import signals as trail  # noqa: F401

        post_migrate.connect(grant_to_scoped_role, sender=self)  # once, after the tables of all apps
