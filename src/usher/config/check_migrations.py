"""Fails when a model has changed without a migration. Starts its own database."""

import sys

from usher.platform.embedded import ensured_database_url


def main() -> int:
    with ensured_database_url():
        import django
        from django.core.management import call_command

        django.setup()
        try:
            call_command("makemigrations", "--check", "--dry-run", verbosity=1)
        except SystemExit as outcome:
            return int(outcome.code or 0)
    return 0


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usher.config.settings")
    sys.exit(main())
