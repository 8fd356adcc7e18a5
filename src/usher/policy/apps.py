from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "usher.policy"

    def ready(self) -> None:
        from usher.policy.asking.buttons import register_buttons  # models, which are ready now

        register_buttons()
