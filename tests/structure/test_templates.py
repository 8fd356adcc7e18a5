"""Templates follow the layers of the packages, and can be read in a diff."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

import usher

SOURCE = Path(usher.__file__).parent
TEMPLATES = sorted(SOURCE.rglob("templates/**/*.html"))
LONGEST_LINE = 160
USED = re.compile(r"""{%\s*(include|extends|load)\s+([^%]+?)\s*%}""")


def package_of(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0]


@cache
def layers() -> dict[str, int]:
    """The layer of each package, counted from the bottom, as import-linter enforces it for modules."""
    settings = tomllib.loads((SOURCE.parent.parent / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    names = next(each["layers"] for each in contracts if each.get("containers") == ["usher"])
    return {
        package: height
        for height, layer in enumerate(reversed(names))
        for package in re.split(r"\s*[|:]\s*", layer)
    }


@cache
def owners() -> dict[str, str]:
    """The package of each template and of each library of template tags, by the name that templates use."""
    templates = {str(file).rsplit("/templates/", 1)[1]: package_of(file) for file in TEMPLATES}
    return templates | {file.stem: package_of(file) for file in SOURCE.rglob("templatetags/*.py")}


def names_used(template: Path) -> list[str]:
    """What a template includes, extends and loads, without what is named by a variable."""
    names = []
    for tag, arguments in USED.findall(template.read_text()):
        if tag == "load":
            names += arguments.split(" from ")[-1].split()
        else:
            names += re.findall(r"""^["']([^"']+)["']""", arguments)
    return names


def test_there_are_templates_and_layers() -> None:
    assert len(TEMPLATES) > 50
    assert layers()["web"] < layers()["connections"] < layers()["insights"]
    assert owners()["web/base.html"] == "web"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_template_uses_only_its_own_package_and_those_below(template: Path) -> None:
    own = package_of(template)
    wrong = [
        name
        for name in names_used(template)
        if (owner := owners().get(name)) not in (None, own) and layers()[owner] >= layers()[own]
    ]
    assert not wrong


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_line_of_a_template_is_long(template: Path) -> None:
    lines = template.read_text().splitlines()
    assert not [number for number, line in enumerate(lines, 1) if len(line) > LONGEST_LINE]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_template_switches_escaping_off(template: Path) -> None:
    assert not re.search(r"\|\s*(safe|safeseq)\b|autoescape\s+off", template.read_text())


def test_no_module_calls_text_safe_html() -> None:
    """`format_html` escapes what it is given."""
    assert not [file for file in SOURCE.rglob("*.py") if "mark_safe(" in file.read_text()]
