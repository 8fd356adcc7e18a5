from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "usher.ledger"
