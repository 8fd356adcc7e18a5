"""Ids of resources: the numbers of rows, as text."""

LARGEST = 2**63 - 1
NOBODY = 0
"""The number of no row."""


def number_of(resource_id: str) -> int:
    """NOBODY where the text is no id of ours."""
    if not (resource_id.isascii() and resource_id.isdigit()) or resource_id.startswith("0"):
        return NOBODY
    number = int(resource_id) if len(resource_id) < 20 else NOBODY
    return number if number <= LARGEST else NOBODY
