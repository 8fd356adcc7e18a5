"""Exports of the usual systems, in any shape, are read as those who know the systems would read them."""

from collections import Counter

import pytest

from tests.support.exports.compared import outcome_of
from tests.support.exports.export import an_export
from tests.support.exports.people import GONE
from tests.support.exports.systems import SYSTEMS, System

FILES = 10


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_nobody_is_read_wrong_nobody_is_missed_and_every_question_can_be_answered(system: System) -> None:
    read, leaving = 0, 0
    for seed in range(FILES):
        export = an_export(seed, system)
        outcome = outcome_of(export)
        assert outcome.is_right, f"{export.title}: {outcome}"
        read += outcome.read
        leaving += sum(not truth.works_here or truth.last_day is not None for truth in export.people.values())
    assert read >= FILES * 3
    assert leaving >= FILES


def test_the_exports_differ_in_shape_and_hold_every_state() -> None:
    exports = [an_export(seed) for seed in range(150)]
    forms = Counter(word for export in exports for word in export.form.replace(",", "").split())
    assert {"csv", "xlsx", "ods", "utf-16", "cp1252", "titles", "totals", "short", "sep="} <= set(forms)
    assert {state for system in SYSTEMS for state in system.states} > set(GONE)
    assert len({export.system.name for export in exports}) == len(SYSTEMS)
