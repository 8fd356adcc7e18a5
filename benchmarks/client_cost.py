"""Measures the CPU time that the Asana client needs for one page of 100 memberships, the sandbox's own time apart.

python -m benchmarks.client_cost
"""

import asyncio
from time import thread_time

from usher.asana import Asana, BearerToken, RateLimits
from usher.sandbox import Limits as SandboxLimits
from usher.sandbox import running

PEOPLE = 2_000
ORGANIZATION = "1210000000002470"
WALKS = 10


async def _walk(url: str) -> tuple[float, int]:
    """Seconds of CPU and requests."""
    unhurried = RateLimits(requests_per_minute=60_000)
    async with Asana(BearerToken("sandbox-pat-1"), url, unhurried) as asana:
        began = thread_time()
        for _ in range(WALKS):
            async for _page in asana.workspace_memberships(ORGANIZATION):
                pass
        return thread_time() - began, asana.requests_made


def main() -> None:
    with running(people=PEOPLE, limits=SandboxLimits.none()) as box:
        seconds, requests = asyncio.run(_walk(box.url))
    print(f"{seconds / requests * 1_000:.2f} ms of CPU a page, over {requests:,} pages")


if __name__ == "__main__":
    main()
