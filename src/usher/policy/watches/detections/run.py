"""Looks for everything that detections find, after each sync that has read the audit log."""

from datetime import datetime

from django.core.cache import cache
from django.db.models import Max

from usher.connections.models import Connection, SyncRun
from usher.policy.watches.asana import LOOKS_BACK
from usher.policy.watches.detections.access import new_service_accounts, public_sharing, tokens_of_leavers
from usher.policy.watches.detections.facts import tell_detected
from usher.policy.watches.detections.sign_ins import failed_sign_ins, sign_ins_without_sso

FORGOTTEN_AFTER_SECONDS = 7 * 86_400


def tell_of_detections(now: datetime) -> None:
    """Only a sync brings events. What has been looked through is remembered, and looking twice tells nothing twice."""
    newest = dict(
        SyncRun.objects.exclude(finished_at=None).order_by().values_list("connection").annotate(Max("pk"))
    )
    for connection in Connection.objects.filter(disconnected_at=None):
        if connection.pk not in newest:
            continue
        key, state = f"detections-{connection.pk}", f"{newest[connection.pk]} {connection.requires_sso}"
        if cache.get(key) != state:
            look_through(connection, now)
            cache.set(key, state, FORGOTTEN_AFTER_SECONDS)


def look_through(connection: Connection, now: datetime) -> None:
    since = now - LOOKS_BACK
    tell_detected("sign_in_without_sso", connection, sign_ins_without_sso(connection, since))
    tell_detected("failed_sign_ins", connection, failed_sign_ins(connection, since))
    tell_detected("service_account_created", connection, new_service_accounts(connection, since))
    tell_detected("token_of_leaver", connection, tokens_of_leavers(connection, since, now.date()))
    tell_detected("public_sharing", connection, public_sharing(connection, since))
