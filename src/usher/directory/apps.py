from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "usher.directory"

    def ready(self) -> None:
        from usher.connections.sync import register_stage
        from usher.directory.sync_stage import match_people

        register_stage("directory", match_people)
