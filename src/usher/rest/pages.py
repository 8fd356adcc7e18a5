"""How a page of a list is described."""

from typing import Generic, TypeVar

from ninja import Schema

from usher.rest.listing import ListedItem

Item = TypeVar("Item", bound=ListedItem)


class PagedItems(Schema, Generic[Item]):
    """`next`: the cursor of the page that follows; null on the last."""

    items: list[Item]
    next: str | None
