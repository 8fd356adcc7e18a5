"""docs/asvs.md has each requirement of ASVS 5.0.0, levels 1 and 2, and what it names as evidence exists."""

import re
from collections import Counter

import pytest

from tests.support.paths import ROOT

DOCUMENT = (ROOT / "docs" / "asvs.md").read_text()
SECTIONS = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2
2.1:3 2.2:3 2.3:4 2.4:1
3.2:2 3.3:4 3.4:6 3.5:5 3.7:2
4.1:3 4.2:1 4.3:2 4.4:4
5.1:1 5.2:3 5.3:2 5.4:3
6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4
7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2
8.1:2 8.2:3 8.3:1 8.4:1
9.1:3 9.2:4
10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3
11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1
12.1:3 12.2:2 12.3:4
13.1:1 13.2:5 13.3:2 13.4:5
14.1:2 14.2:4 14.3:3
15.1:3 15.2:3 15.3:7
16.1:1 16.2:5 16.3:4 16.4:3 16.5:3
17.1:1 17.2:4 17.3:2
"""
"""Of each section, how many requirements have level 1 or 2. The standard numbers those before the ones of level 3."""
REQUIREMENTS = [
    f"{section}.{number}"
    for section, count in (each.split(":") for each in SECTIONS.split())
    for number in range(1, int(count) + 1)
]
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \| (.+) \|$", DOCUMENT, re.MULTILINE)
IS_PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]+|[\w-]+\.(?:md|json|toml|txt)|Makefile")


def test_every_requirement_is_there_once_and_in_its_order() -> None:
    assert len(REQUIREMENTS) == 253
    assert [row[0] for row in ROWS] == REQUIREMENTS
    assert Counter(row[1] for row in ROWS) == {"1": 70, "2": 183}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_is_met_names_a_file_that_exists_and_what_is_not_says_why(row: tuple[str, ...]) -> None:
    _, _, text, status, why = row
    assert text.strip()
    assert status in ("met", "n/a", "not met")
    named = [path for path in re.findall(r"`([^`]+)`", why) if IS_PATH.fullmatch(path)]
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert named or status != "met" or refers_to_another(why)


def refers_to_another(why: str) -> bool:
    """“see 8.2.2” stands for what that row names."""
    return any(number in REQUIREMENTS for number in re.findall(r"see (\d+\.\d+\.\d+)", why))


def test_the_summary_counts_the_rows() -> None:
    counted = Counter(row[3] for row in ROWS)
    said = re.search(r"(\d+) are met, (\d+) are not applicable, and (\d+) are not met", DOCUMENT)
    assert said
    assert [int(number) for number in said.groups()] == [counted["met"], counted["n/a"], counted["not met"]]
