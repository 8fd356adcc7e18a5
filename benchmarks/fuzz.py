"""Sends thousands of requests that nobody expects to every page, to the REST API and to SCIM; none may fail.

    python -m benchmarks.fuzz [--pages 8000] [--api 4000] [--scim 4000] [--seed 1]

Runs the fuzz tests of the suite, with more requests and other seeds: the application in this process, with a sandbox
and an embedded PostgreSQL. It ends at the first request that is answered with 5xx, or with what the OpenAPI description
does not have, and prints that request. The API takes its number twice: requests that fit the description, and requests
that do not.
"""

import argparse
import os
import subprocess
import sys
import time

TESTS = {
    "pages": "tests/web/test_fuzz.py",
    "api": "tests/config/test_fuzz_api.py",
    "scim": "tests/directory/scim/test_fuzz_scim.py::test_no_request_makes_it_fail",
}
DEFAULTS = {"pages": 8_000, "api": 4_000, "scim": 4_000}  # the API twice: 20,000 in all


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, count in DEFAULTS.items():
        parser.add_argument(f"--{name}", type=int, default=count, help="how many requests; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    options = vars(parser.parse_args())
    failed = [name for name in TESTS if options[name] and not _passes(name, options[name], options["seed"])]
    sys.exit(1 if failed else 0)


def _passes(name: str, count: int, seed: int) -> bool:
    began = time.monotonic()
    environment = os.environ | {"FUZZ_REQUESTS": str(count), "FUZZ_SEED": str(seed * 1_000_000)}
    command = [sys.executable, "-m", "pytest", TESTS[name], "-s", "-p", "no:logging"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if "no failure" in line:
            print(f"{name}: {line.lstrip('.')}")
    print(f"{name}: {time.monotonic() - began:,.0f} s", flush=True)
    if done.returncode:
        print(done.stdout[-4_000:])
    return not done.returncode


if __name__ == "__main__":
    main()
