"""Ids of resources: the numbers of rows, as text."""

LARGEST = 2**63 - 1


def number_of(resource_id: str) -> int | None:
    """None where the text is no id of ours: `pk=None` finds nothing."""
    if not (resource_id.isascii() and resource_id.isdigit()) or resource_id.startswith("0"):
        return None
    number = int(resource_id) if len(resource_id) < 20 else 0
    return number if 0 < number <= LARGEST else None
