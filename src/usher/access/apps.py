from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "usher.access"

    def ready(self) -> None:
        from usher.access.trail import signals  # noqa: F401  # connects its receivers
