from django.apps import AppConfig
from django.db.models.signals import post_delete


class ActivityConfig(AppConfig):
    name = "usher.activity"

    def ready(self) -> None:
        from usher.activity.ingest.retention import forget_events
        from usher.activity.sync_stage import walk_activity
        from usher.connections.models import Connection
        from usher.connections.sync import register_stage

        register_stage("activity", walk_activity)
        post_delete.connect(forget_events, sender=Connection)
