"""A notice as a message: subject, text and HTML, all made from the texts in `notify.kinds`."""

import json
import re
from collections.abc import Sequence

import msgspec
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from usher.notify.kinds import KINDS
from usher.notify.models import Notice
from usher.notify.notice_kind import Fact, NoticeKind
from usher.notify.telling import NoticeButton, NoticeLink
from usher.platform.printable import with_overrides_shown

LISTED_AT_MOST = 20


class NoticeMessage(msgspec.Struct, frozen=True):
    """`paragraphs`: text, or the lines of a list."""

    subject: str
    paragraphs: list[str | list[str]]
    links: list[NoticeLink]
    footer: str = ""
    buttons: list[NoticeButton] = []
    """Shown by Slack alone."""

    @property
    def text(self) -> str:
        parts = [
            each if isinstance(each, str) else "\n".join(f"- {line}" for line in each)
            for each in self.paragraphs
        ]
        parts += [f"{link.label}:\n{link.url}" for link in self.links]
        if self.footer:
            parts.append(f"-- \n{self.footer}")
        return "\n\n".join(parts) + "\n"

    @property
    def paragraphs_for_html(self) -> list[dict[str, str | list[str]]]:
        return [{"text": each} if isinstance(each, str) else {"lines": each} for each in self.paragraphs]

    @property
    def html(self) -> str:
        return render_to_string("notify/mail.html", {"message": self})


def message_of(notice: Notice) -> NoticeMessage:
    """Raises SecretUnreadable where links cannot be decrypted."""
    parts = list(notice.parts.order_by("pk")[: LISTED_AT_MOST + 1]) if notice.facts.get("parts") else []
    if parts:
        return _several(notice, parts)
    only_theirs = json.loads(notice.links) if notice.links else {"links": [], "buttons": []}
    links = [NoticeLink(*each) for each in only_theirs["links"]]
    message = rendered(notice.of_kind, notice.facts, notice.path, links)
    return msgspec.structs.replace(message, buttons=[NoticeButton(*each) for each in only_theirs["buttons"]])


def shown_message_of(notice: Notice) -> NoticeMessage:
    """For a page: without links that only the receiver may have, and without reading them."""
    if notice.facts.get("parts"):
        return message_of(notice)
    return rendered(notice.of_kind, notice.facts, notice.path)


def is_forgotten(notice: Notice) -> bool:
    """Facts are deleted after a while; that it was told stays known."""
    return not notice.facts


def rendered(
    kind: NoticeKind, facts: dict[str, Fact], path: str, links: Sequence[NoticeLink] = ()
) -> NoticeMessage:
    """Lines of a fact never become paragraphs of the message: only lists have several."""
    own = [NoticeLink(kind.link, settings.USHER_BASE_URL + path)] if path else []
    return NoticeMessage(
        _filled(kind.subject, facts),
        [
            _lines(facts[found[1]])
            if (found := _ONE_FACT.fullmatch(part)) and _is_list(facts, found[1])
            else _filled(part, facts)
            for part in kind.body.split("\n\n")
        ],
        [*own, *links],
        "" if kind.to_address else _footer(),
    )


def _several(notice: Notice, parts: list[Notice]) -> NoticeMessage:
    count = int(notice.facts["parts"])
    lines = [_filled(each.of_kind.subject, each.facts) for each in parts[:LISTED_AT_MOST]]
    if count > len(lines):
        lines.append(f"and {count - len(lines):,} more")
    link = [NoticeLink("Open in Usher", settings.USHER_BASE_URL + notice.path)] if notice.path else []
    return NoticeMessage(KINDS[notice.kind].many.format(count=f"{count:,}"), [lines], link, _footer())


_ONE_FACT = re.compile(r"{(\w+)}")


def _is_list(facts: dict[str, Fact], name: str) -> bool:
    return isinstance(facts.get(name), list)


def _filled(text: str, facts: dict[str, Fact]) -> str:
    return text.format(**{name: _one_line(value) for name, value in facts.items()})


def _one_line(value: Fact) -> str:
    if isinstance(value, list):
        return ", ".join(map(_one_line, value))
    return f"{value:,}" if isinstance(value, int) else with_overrides_shown(" ".join(value.split()))


def _lines(value: Fact) -> list[str]:
    assert isinstance(value, list)
    return [_one_line(each) for each in value]


def _footer() -> str:
    return f"Sent by Usher. Choose what you are told: {settings.USHER_BASE_URL}{reverse('notify:mine')}"
