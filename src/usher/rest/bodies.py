"""What a program sends: fields that nobody knows are refused, so that a misspelt one does not go unnoticed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from usher.refusals import Refused
from usher.web.refused.problems import UnreadableRequest

STORABLE = r"^[^\x00]*$"
"""The pattern of texts that PostgreSQL can store."""


class RequestBody(Schema):
    """The body of a change."""

    model_config = ConfigDict(extra="forbid")


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=STORABLE),
    Field(json_schema_extra={"example": "Acme"}),
]
"""Of a thing, not of a person."""
OnlyIfAsked = Annotated[bool, Field(json_schema_extra={"example": False})]
"""For what an example must not do to whoever copies it."""
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$")]
"""Of money, as it is answered: a text, exact to the cent."""

Number = Annotated[int, Field(ge=1, le=10**18 - 1)]
"""Of something that a list has."""


@contextmanager
def wrong_fields_named(*kinds: type[Refused]) -> Iterator[None]:
    """A refusal of these kinds that names the `field` at fault is told as one of that field."""
    try:
        yield
    except kinds as refused:
        field = getattr(refused, "field", None)
        if not field:
            raise
        raise UnreadableRequest({field: f"{refused.message} {refused.remedy}".strip()}) from refused
