"""Fields with a choice of values, as they are described."""

from collections.abc import Sequence

from pydantic import WithJsonSchema


def one_of(values: Sequence[str]) -> WithJsonSchema:
    """Described where they stand. By name, one `Kind` would take the place of another in the description."""
    return WithJsonSchema({"type": "string", "enum": list(values)})
