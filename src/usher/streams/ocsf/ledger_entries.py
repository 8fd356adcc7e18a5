"""An entry of Usher's ledger as an event of OCSF."""

import json

from usher.ledger.chain import as_json
from usher.ledger.models import Entry
from usher.streams.ocsf.classes import (
    ACCOUNT_CHANGE,
    AUTHENTICATION,
    DATASTORE,
    ENTITY_MANAGEMENT,
    OCSF_VERSION,
    USER_ACCESS,
    OcsfClass,
)
from usher.streams.ocsf.mapping import mapped_action
from usher.streams.ocsf.objects import OTHER_TYPE, SYSTEM, USER, Json, is_address, known, user_object
from usher.web.layout import usher_version

PRODUCT = {"name": "Usher", "vendor_name": "Usher", "version": usher_version()}


def record_of_entry(entry: Entry) -> str:
    """As `usher ledger export` has it."""
    return json.dumps({**as_json(entry), "hash": entry.hash}, ensure_ascii=False)


def ocsf_of_entry(entry: Entry, record: str) -> Json:
    mapped = mapped_action(entry.action)
    of = mapped.ocsf_class
    who = user_object(
        str(entry.actor_user_id or ""),
        entry.actor_name,
        entry.actor_name if is_address(entry.actor_name) else "",
        type_id=SYSTEM if entry.actor_kind in ("system", "policy", "service") else USER,
    )
    found: Json = {
        **mapped.fields(entry.action),
        "time": round(entry.at.timestamp() * 1000),
        "message": f"{entry.action}: {entry.subject}",
        "metadata": {
            "version": OCSF_VERSION,
            **({"profiles": list(of.profiles)} if of.profiles else {}),
            "product": PRODUCT,
            "uid": entry.hash,
            "sequence": entry.number,
            "event_code": entry.action,
            "log_name": "ledger",
            "log_provider": "Usher",
        },
        "actor": {"user": who, **known({"app_name": entry.via})},
        "status_id": 1,
        "status": "Success",
        **_of_class(of, entry),
        "raw_data": record,
    }
    found["unmapped"] = known(
        {
            "reason": entry.reason,
            "before": entry.before,
            "after": entry.after,
            "connection_id": entry.connection_id,
            "previous_hash": entry.previous_hash,
            "hash": entry.hash,
        }
    )
    return found


def _of_class(of: OcsfClass, entry: Entry) -> Json:
    if of in (ACCOUNT_CHANGE, AUTHENTICATION):
        service = {"service": {"name": "Usher"}} if of is AUTHENTICATION else {}
        return {"user": user_object("", entry.subject), **service}
    if of is USER_ACCESS:
        after = entry.after if isinstance(entry.after, dict) else {}
        given = [f"{name}: {value}" for name, value in after.items()]
        return {"user": user_object("", entry.subject), "privileges": given or ["unknown"]}
    if of is ENTITY_MANAGEMENT:
        area = entry.action.partition(".")[0]
        return {"entity": {"name": entry.subject or area, "type": area, "type_id": OTHER_TYPE}}
    if of is DATASTORE:
        stored = {"name": entry.subject or "events", "type": "Events", "type_id": OTHER_TYPE}
        return {
            "database": stored,
            "type": "Database",
            "type_id": 1,
            "src_endpoint": {"svc_name": "Usher"},
        }
    return {}
