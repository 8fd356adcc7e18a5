"""Every page that a template links to exists. `{% url … as … %}` would leave a wrong name empty, without a word."""

import re

from django.urls import URLResolver, get_resolver

from tests.support.paths import ROOT


def names_of(resolver: URLResolver, namespace: str = "") -> set[str]:
    names: set[str] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, (namespace, pattern.namespace)))
            names |= names_of(pattern, inner)
        elif pattern.name:
            names.add(":".join(filter(None, (namespace, pattern.name))))
    return names


def test_every_url_in_a_template_has_a_page() -> None:
    known = names_of(get_resolver())
    missing = {
        f"{template.relative_to(ROOT)}: {name}"
        for template in (ROOT / "src").rglob("*.html")
        for name in re.findall(r"""\{% url ["']([\w:]+)["']""", template.read_text(encoding="utf-8"))
        if name not in known
    }
    assert not missing
