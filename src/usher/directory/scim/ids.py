"""The ids of resources: primary keys, as text."""

LARGEST = 2**63 - 1
NOBODY = 0
"""No row has this primary key."""


def number_of(resource_id: str) -> int:
    """NOBODY if the text is not a valid id."""
    if not (resource_id.isascii() and resource_id.isdigit()) or resource_id.startswith("0"):
        return NOBODY
    number = int(resource_id) if len(resource_id) < 20 else NOBODY
    return number if number <= LARGEST else NOBODY
