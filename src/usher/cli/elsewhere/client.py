"""An Usher elsewhere, as its REST API answers. Loaded only with `--url`: most commands do without an HTTP client."""

import time
from collections.abc import Iterator
from random import SystemRandom

import httpx

from usher.cli.elsewhere.asked import Parameters
from usher.cli.errors import Failed, WrongUse

AT_ONCE = 1_000
TIMEOUT = httpx.Timeout(60, connect=10)
TRIES = 4
LONGEST_WAIT = 60
AGAIN = frozenset({429, 502, 503, 504})

Record = dict[str, object]


class Elsewhere:
    """An Usher elsewhere, with a token of its own."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
        )

    def items(self, path: str, parameters: Parameters) -> Iterator[Record]:
        """All pages of a list."""
        asked: Parameters = {**parameters, "limit": AT_ONCE}
        while True:
            page = self._get(path, asked).json()
            yield from page["items"]
            if page["next"] is None:
                return
            asked["cursor"] = page["next"]

    def leavers(self, connection: str | None) -> Iterator[Record]:
        yield from self._get("leavers", {"connection": connection} if connection else {}).json()

    def cases(self, states: tuple[str, ...], connection: str | None) -> Iterator[Record]:
        begin, size = 0, 500
        while True:
            asked: Parameters = {"state": list(states), "limit": size, "offset": begin}
            cases = self._get("cases", asked).json()["cases"]
            wanted = (connection or "").casefold()
            yield from (one for one in cases if not wanted or str(one["connection"]).casefold() == wanted)
            if len(cases) < size:
                return
            begin += size

    def lines(self, path: str, parameters: Parameters) -> Iterator[str]:
        """A file, line by line, asked for in pages. One that breaks off is asked for again, and none of its lines comes
        twice: what is whole is handed on, and the next begins behind it.
        """
        asked: Parameters = {**parameters, "limit": AT_ONCE}
        while True:
            page = self._get(path, asked)
            # Not splitlines(), which takes characters for line breaks that JSON has within texts.
            yield from page.content.decode().removesuffix("\n").split("\n") if page.content else ()
            following = page.links.get("next")
            if following is None:
                return
            asked["cursor"] = httpx.URL(following["url"]).params["cursor"]

    def connection(self, name: str | None) -> Parameters:
        """The parameter for a connection that the user named; none for all."""
        if not name:
            return {}
        known = list(self.items("connections", {}))
        same = [one for one in known if str(one["name"]).casefold() == name.casefold()]
        if not same and name.isascii() and name.isdigit():
            same = [one for one in known if one["id"] == int(name)]
        if not same:
            names = ", ".join(f"“{one['name']}”" for one in known)
            raise WrongUse(f"There is no connection “{name}”.", f"There are: {names}." if names else "")
        connected = [one for one in same if one["disconnected_at"] is None]
        return {"connection": int(str((connected or same)[0]["id"]))}

    def _get(self, path: str, parameters: Parameters) -> httpx.Response:
        """Sent again a few times where that may help, such as after an answer that broke off. Raises Failed."""
        for number in range(TRIES):
            try:
                answer = self._client.get(path, params=parameters)
            except httpx.HTTPError as error:
                if number == TRIES - 1 or not isinstance(error, httpx.TransportError):
                    raise Failed(
                        f"{self._client.base_url.host} does not answer, or its answer breaks off: {error}.",
                        "Check --url, and whether Usher runs there.",
                    ) from error
                time.sleep(SystemRandom().uniform(0.5, 1) * 2**number)
                continue
            if answer.status_code == httpx.codes.OK:
                return answer
            if answer.status_code not in AGAIN or number == TRIES - 1:
                raise _failed(answer)
            time.sleep(_wait(answer, number))
        raise AssertionError("unreachable")


def _wait(answer: httpx.Response, number: int) -> float:
    after = answer.headers.get("Retry-After", "")
    return (
        min(int(after), LONGEST_WAIT) + SystemRandom().uniform(0, 1)
        if after.isdigit()
        else SystemRandom().uniform(0.5, 1) * 2**number
    )


def _failed(answer: httpx.Response) -> Failed:
    try:
        said = answer.json()
        return Failed(str(said["message"]), str(said["remedy"]))
    except (ValueError, KeyError, TypeError):
        return Failed(
            f"The answer was {answer.status_code} {answer.reason_phrase}.",
            "Check that --url is the address of Usher.",
        )
