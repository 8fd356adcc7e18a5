"""Texts filled with real data where there is some, else with an example."""

import msgspec

from usher.notify.models import Notice
from usher.notify.rendering import NoticeMessage, rendered
from usher.notify.telling import NoticeLink
from usher.notify.wording.kind import NoticeKind

EXAMPLE_LINKS = [NoticeLink("I need it", "#keep"), NoticeLink("Release my seat", "#release")]


class Preview(msgspec.Struct, frozen=True):
    kind: NoticeKind
    message: NoticeMessage
    is_real: bool


def preview_of(kind: NoticeKind) -> Preview:
    """With what was told last of this kind, among what the viewer may see. Links of one person are examples."""
    links = EXAMPLE_LINKS if kind.asks else []
    last = (
        Notice.objects.defer("links")
        .filter(kind=kind.name)
        .exclude(facts={})
        .exclude(facts__has_key="parts")
        .last()
    )
    if last is not None and kind.needed <= set(last.facts):
        message = rendered(kind, last.facts, last.path, links)
        return Preview(kind, message, is_real=True)
    return Preview(
        kind, rendered(kind, dict(kind.example), "" if kind.to_address else "/", links), is_real=False
    )
