"""Page sizes of tables, and links to the first, previous, next and last page."""

import msgspec
from django_tables2 import Table

PAGE_SIZES = (25, 50, 100, 200)


class PageLink(msgspec.Struct, frozen=True):
    """A link to another page of a table. `page` is None where there is none to go to."""

    name: str
    label: str
    icon: str
    page: int | None


def page_sizes(table: Table) -> list[int]:
    """The page sizes on offer, and the one in use."""
    return sorted({*PAGE_SIZES, table.paginator.per_page})


def page_links(table: Table) -> list[PageLink]:
    now, last = table.page.number, table.paginator.num_pages
    return [
        PageLink("first", "First page", icon="chevrons-left", page=1 if now > 1 else None),
        PageLink("previous", "Previous page", icon="chevron-left", page=now - 1 if now > 1 else None),
        PageLink("next", "Next page", icon="chevron-right", page=now + 1 if now < last else None),
        PageLink("last", "Last page", icon="chevrons-right", page=last if now < last else None),
    ]
