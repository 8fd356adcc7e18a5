from django.apps import AppConfig


class ActivityConfig(AppConfig):
    name = "usher.activity"

    def ready(self) -> None:
        from usher.activity.walk import walk_activity
        from usher.connections.sync import register_stage

        register_stage("activity", walk_activity)
