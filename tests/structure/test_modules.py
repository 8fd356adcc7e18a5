"""Modules and packages stay small enough to read, and a class name has one meaning."""

import ast
from collections import defaultdict
from pathlib import Path

import usher

SOURCE = Path(usher.__file__).parent
MODULES = [file for file in sorted(SOURCE.rglob("*.py")) if "migrations" not in file.parts]
MOST_LINES = 300
MOST_MODULES = 20
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "services"}


def test_no_module_has_more_lines_than_can_be_read_at_once() -> None:
    lines = {str(file.relative_to(SOURCE)): len(file.read_text().splitlines()) for file in MODULES}
    assert not {name: count for name, count in lines.items() if count > MOST_LINES}


def test_a_package_with_many_modules_has_rooms() -> None:
    modules: dict[str, int] = defaultdict(int)
    for file in MODULES:
        modules[str(file.parent.relative_to(SOURCE))] += file.stem != "__init__"
    assert not {name: count for name, count in modules.items() if count > MOST_MODULES}


def test_every_module_says_by_its_name_what_it_is_for() -> None:
    assert not [file for file in MODULES if file.stem in VAGUE]


def test_a_class_name_is_used_once() -> None:
    """Classes inside others, such as `SyncRun.State`, belong to their class. The sandbox has its own words."""
    places: dict[str, list[str]] = defaultdict(list)
    for file in MODULES:
        path = file.relative_to(SOURCE)
        if path.parts[0] == "sandbox":
            continue
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path))
    assert not {name: files for name, files in places.items() if len(files) > 1}
