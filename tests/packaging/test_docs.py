"""What docs name exists: files, links and the headings that they lead to."""

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks/README.md"])
NAMED = re.compile(r"`((?:src|tests|docs|benchmarks|frontend|requirements|\.ci|\.github)/[^`\s]*)`")
PYTHON_MODULE = re.compile(r"python -m ((?:usher|benchmarks|tests)[\w.]*)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
MADE_BY_BUILDS = ("src/usher/web/static/vendor", "tests/directory/imports/test_statuses.py")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    without_code = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    for path in NAMED.findall(text):
        if not path.startswith(MADE_BY_BUILDS):
            assert list(ROOT.glob(path.rstrip("/"))), path
    for module in PYTHON_MODULE.findall(text):
        folder = ROOT / ("src" if module.startswith("usher") else "") / module.replace(".", "/")
        assert folder.is_dir() or folder.with_suffix(".py").exists(), module


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_architecture_answers_with_one_file_each() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    table = text.split("## Where is the rule for …?")[1].split("\n## ")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 20
    for _, answer in rows:
        assert len(NAMED.findall(answer)) == 1, answer
    questions = " ".join(question for question, _ in rows)
    for word in ("idle", "protected", "coverage", "session", "5 % limit", "alias"):
        assert word in questions, word


def test_the_map_shows_every_package() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    for package in (ROOT / "src/usher").iterdir():
        if package.is_dir() and not package.name.startswith("_"):
            assert f"`src/usher/{package.name}/`" in text, package.name


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text()
    for record in (ROOT / "docs/decisions").glob("*.md"):
        assert record.name == "README.md" or f"({record.name})" in listed, record.name
