"""Paging of tables: sizes on offer and the four steps."""

import msgspec
from django_tables2 import Table

PAGE_SIZES = (25, 50, 100, 200)


class Step(msgspec.Struct, frozen=True):
    """A link to another page of a table. `page` is None where there is none to go to."""

    name: str
    label: str
    icon: str
    page: int | None


def page_sizes(table: Table) -> list[int]:
    """The sizes on offer, with the one in use among them."""
    return sorted({*PAGE_SIZES, table.paginator.per_page})


def page_steps(table: Table) -> list[Step]:
    now, last = table.page.number, table.paginator.num_pages
    return [
        Step("first", "First page", icon="chevrons-left", page=1 if now > 1 else None),
        Step("previous", "Previous page", icon="chevron-left", page=now - 1 if now > 1 else None),
        Step("next", "Next page", icon="chevron-right", page=now + 1 if now < last else None),
        Step("last", "Last page", icon="chevrons-right", page=last if now < last else None),
    ]
