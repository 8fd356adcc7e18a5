"""Files as twenty systems export them, in any shape, read and compared with the truth that made them.

Prints how many people were read wrong, missed or lost, how many files were refused, and what was asked.
"""

import argparse
import os
import time
from collections import Counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usher.config.settings")
django.setup()

from tests.support.exports.compared import outcome_of  # noqa: E402
from tests.support.exports.export import an_export  # noqa: E402

SHOWN = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first file")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    systems: Counter[str] = Counter()
    started = time.monotonic()
    for seed in range(options.first, options.first + options.files):
        export = an_export(seed)
        outcome = outcome_of(export)
        counts["people"] += len(export.people)
        counts["wrong"] += len(outcome.wrong)
        counts["missed"] += len(outcome.missed)
        counts["lost"] += len(outcome.lost)
        counts["refused"] += bool(outcome.refused)
        counts["files that ask"] += bool(outcome.asked)
        counts["questions"] += outcome.asked.total()
        counts["answered as proposed"] += outcome.as_proposed
        asked += outcome.asked
        systems[export.system.name] += 1
        if not outcome.is_right and counts["shown"] < SHOWN:
            counts["shown"] += 1
            print(export.title)
            for said in (*outcome.wrong[:2], *outcome.missed[:2], *outcome.lost[:2], outcome.refused):
                print(f"   {said}" if said else "", end="\n" if said else "")
    print(f"{options.files:,} files of {len(systems)} systems in {time.monotonic() - started:,.0f} s")
    for name in ("people", "wrong", "missed", "lost", "refused"):
        print(f"  {name + ':':<24}{counts[name]:,}")
    for name in ("files that ask", "questions", "answered as proposed"):
        print(f"  {name + ':':<24}{counts[name]:,}")
    for name, times in asked.most_common():
        print(f"    {name + ':':<22}{times:,}")


if __name__ == "__main__":
    main()
