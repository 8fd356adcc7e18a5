"""OCSF's own schema, as JSON Schema, from the package ocsf-json-schema. Fields that no class has are refused."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from usher.streams.ocsf.classes import OCSF_VERSION


@cache
def _schema() -> Any:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version=OCSF_VERSION))


@cache
def _validator(class_uid: int, profiles: tuple[str, ...]) -> Draft202012Validator:
    name = _schema().lookup_class_name_from_uid(class_uid=class_uid)
    return Draft202012Validator(_schema().get_class_schema(class_name=name, profiles=list(profiles)))


def problems_of(event: dict[str, Any]) -> list[str]:
    """What the schema says against it; empty when it is valid."""
    errors = _validator(event["class_uid"], tuple(event["metadata"].get("profiles", ()))).iter_errors(event)
    return [f"{error.json_path}: {error.message[:300]}" for error in errors]


def name_of_activity(class_uid: int, activity_id: int) -> str:
    name = _schema().lookup_class_name_from_uid(class_uid=class_uid)
    activities = get_ocsf_schema(version=OCSF_VERSION)["classes"][name]["attributes"]["activity_id"]["enum"]
    return str(activities[str(activity_id)]["caption"])
