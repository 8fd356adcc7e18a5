from django.apps import AppConfig


class RosterConfig(AppConfig):
    name = "usher.roster"

    def ready(self) -> None:
        from usher.connections.sync import register_stage
        from usher.roster.walk import walk_roster

        register_stage("roster", walk_roster)
