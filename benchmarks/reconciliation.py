"""Measures the comparison with Asana's Admin Console: a member CSV beside 20,000 people.

    python -m benchmarks.reconciliation [--people 20000] [--times 30]

Syncs the sandbox's company once, imports a member CSV of nearly everybody, and starts `usher web` with its defaults.
"""

import argparse

from benchmarks.pages import measure, web
from benchmarks.rig import home, inside, sandbox

LIST = "/reconciliation/people/"
PAGES = {
    "Compared with the Admin Console": "/reconciliation/",
    "its people": LIST,
    "its people, by difference, the last page": f"{LIST}?sort=-difference&page=999999",
    "its people, one kind": f"{LIST}?show=both&sort=name",
    "its people, by name": f"{LIST}?q=an",
    "its people, 200 a page": f"{LIST}?per_page=200",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=30)
    given = parser.parse_args()
    options = ("--per-minute", "0", "--people", str(given.people))
    with sandbox(*options) as url, home(url) as environment, web(environment, weeks="0") as client:
        print(inside(environment, "member-csv").strip())
        for name, address in PAGES.items():
            measure(client, name, [address] * given.times)


if __name__ == "__main__":
    main()
