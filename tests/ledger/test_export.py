"""Whoever has an export can check it by themselves, as docs/ledger.md says."""

import re
import subprocess
import sys

from tests.support.paths import ROOT
from usher.ledger.models import Entry
from usher.ledger.search import LedgerSearch

DOCUMENT = ROOT / "docs" / "ledger.md"


def documented_check(export: str) -> subprocess.CompletedProcess[str]:
    found = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found
    return subprocess.run(
        [sys.executable, "-c", found[1]], input=export, capture_output=True, text=True, check=False
    )


def test_the_documented_check_finds_a_whole_export_whole(three: list[Entry]) -> None:
    result = documented_check("".join(LedgerSearch().lines()))
    assert result.returncode == 0, result.stderr


def test_the_documented_check_finds_an_entry_that_was_changed(three: list[Entry]) -> None:
    result = documented_check("".join(LedgerSearch().lines()).replace("zoe2@", "zoe9@"))
    assert result.stderr.strip().endswith("AssertionError: 2")


def test_the_documented_check_finds_an_entry_that_was_taken_out(three: list[Entry]) -> None:
    first, _, third = LedgerSearch().lines()
    assert documented_check(first + third).stderr.strip().endswith("AssertionError: 3")
