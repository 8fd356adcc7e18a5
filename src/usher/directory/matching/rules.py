"""Which employee a person in Asana is. Pure: no database, no Django.

An address decides, a name never does. What is doubtful is only proposed, with its reason; people decide.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from enum import StrEnum
from itertools import groupby

import msgspec

from usher.directory.matching.resemblance import is_an_old_account, resembles
from usher.directory.normalise import canonical, local_part, untagged

HELD_TWICE = "The address was given to somebody else, and the account has the name of the previous holder"
MOST_PROPOSED = 3
"""More candidates than this are not proposed: it is a shared mailbox, a placeholder or a common name."""


class PersonToMatch(msgspec.Struct, frozen=True, gc=False):
    """A person in Asana, in normal forms. `is_here`: has an active membership. Nothing is proposed for others."""

    pk: int
    connection: int
    address: str
    name_key: str = ""
    is_here: bool = True


class EmployeeToMatch(msgspec.Struct, frozen=True, gc=False):
    """An employee, in normal forms; the first address is the main one. `left_on` is None while they work here.

    `past_addresses` are those that they had. `is_listed` is False while their source lists them no more.
    `connections`: of a source that lists people of some connections, the only ones whose people it can be.
    """

    pk: int
    source: int
    rank: int
    addresses: tuple[str, ...]
    name_key: str = ""
    left_on: date | None = None
    past_addresses: tuple[str, ...] = ()
    is_listed: bool = True
    connections: frozenset[int] | None = None


class Decision(StrEnum):
    """What somebody decided about a person and an employee."""

    SAME = "same"
    NOT_THE_SAME = "not_the_same"


class MatchResult(msgspec.Struct, frozen=True, gc=False):
    """A match (`how` is email, other, alias or hand), or a proposal (`how` is empty)."""

    person: int
    employee: int
    how: str
    reason: str
    counts: bool = False

    @property
    def is_match(self) -> bool:
        return bool(self.how)


Decisions = Mapping[int, Mapping[int, Decision]]
"""Person → employee → what was decided."""


class Matcher:
    """Matches any number of people against the same employees."""

    def __init__(
        self,
        employees: Iterable[EmployeeToMatch],
        aliases: Mapping[str, str],
        company_domains: Collection[str],
        taken: Set[tuple[int, str]],
        namesakes: Mapping[tuple[int, str], int],
    ) -> None:
        """`taken` are (connection, canonical address) of people; `namesakes` counts them by (connection, name)."""
        self._aliases = aliases
        self._company_domains = company_domains
        self._taken = taken
        self._namesakes = namesakes
        self._employees: dict[int, EmployeeToMatch] = {}
        self._by_address: dict[str, list[int]] = {}
        self._by_past_address: dict[str, list[int]] = {}
        self._by_local_part: dict[str, list[int]] = {}
        self._by_name: dict[str, list[int]] = {}
        for each in employees:
            self._employees[each.pk] = each
            for address in {canonical(address, aliases) for address in each.addresses}:
                self._by_address.setdefault(address, []).append(each.pk)
                _add_once(self._by_local_part.setdefault(local_part(address), []), each.pk)
            for address in {canonical(address, aliases) for address in each.past_addresses}:
                self._by_past_address.setdefault(address, []).append(each.pk)
            if each.name_key:
                self._by_name.setdefault(each.name_key, []).append(each.pk)

    def match(
        self, person: PersonToMatch, decided: Mapping[int, Decision] | None = None
    ) -> list[MatchResult]:
        """The matches of one person, at most one for each source; proposals only if there is none."""
        decided = decided or {}
        by_hand = [
            pk for pk, decision in decided.items() if decision == Decision.SAME and pk in self._employees
        ]
        results = [MatchResult(person.pk, pk, "hand", "Matched by hand") for pk in by_hand]
        settled = {self._employees[pk].source for pk in by_hand}
        address = canonical(person.address, self._aliases)
        possible = self._of(person, self._by_address.get(address, ()), decided, settled)
        for source, those in _by_source(possible):
            settled.add(source)
            chosen, reason = _only_one(those), f"{len(those)} employees have this address"
            if chosen is not None and _is_an_old_account(person, chosen, those):
                chosen, reason = None, HELD_TWICE
            if chosen is not None:
                results.append(self._matched(person, chosen, among=len(those)))
            elif person.is_here and len(those) <= MOST_PROPOSED:
                results += [MatchResult(person.pk, each.pk, "", reason) for each in those]
        if not possible:
            had_it = list(self._matched_by_past_address(person, address, decided, settled))
            settled.update(self._employees[each.employee].source for each in had_it)
            results += had_it
        if person.is_here and not any(each.is_match for each in results):
            results += self._proposed(person, decided, settled)
        return _mark_counting(results, self._employees)

    def _of(
        self, person: PersonToMatch, pks: Iterable[int], decided: Mapping[int, Decision], settled: Set[int]
    ) -> list[EmployeeToMatch]:
        """The employees of sources for this connection without a match yet, about whom nothing was decided."""
        undecided = (self._employees[pk] for pk in pks if pk not in decided)
        those = (e for e in undecided if e.connections is None or person.connection in e.connections)
        return sorted((each for each in those if each.source not in settled), key=lambda e: (e.source, e.pk))

    def _matched(self, person: PersonToMatch, employee: EmployeeToMatch, among: int) -> MatchResult:
        how, reason = "alias", "Same address on a domain of the same company"
        if person.address == employee.addresses[0]:
            how, reason = "email", "Same e-mail"
        elif person.address in employee.addresses:
            how, reason = "other", "Another address of the employee"
        if among > 1:
            reason += "; the previous holder has left"
        return MatchResult(person.pk, employee.pk, how, reason)

    def _matched_by_past_address(
        self, person: PersonToMatch, address: str, decided: Mapping[int, Decision], settled: Set[int]
    ) -> Iterator[MatchResult]:
        """Nobody has the address now, and somebody had it: Asana may still show the one from before."""
        had_it = self._of(person, self._by_past_address.get(address, ()), decided, settled)
        for _, those in _by_source(had_it):
            if len(those) == 1:
                yield MatchResult(person.pk, those[0].pk, "past", "An address that the employee had")
            elif person.is_here and len(those) <= MOST_PROPOSED:
                reason = f"{len(those)} employees had this address"
                yield from (MatchResult(person.pk, each.pk, "", reason) for each in those)

    def _proposed(
        self, person: PersonToMatch, decided: Mapping[int, Decision], settled: Set[int]
    ) -> Iterator[MatchResult]:
        reasons = self._with_similar_address(person, decided, settled)
        sources = settled | {self._employees[pk].source for pk in reasons}
        reasons |= self._with_same_name(person, decided, sources)
        for pk, reason in reasons.items():
            yield MatchResult(person.pk, pk, "", reason)

    def _with_similar_address(
        self, person: PersonToMatch, decided: Mapping[int, Decision], settled: Set[int]
    ) -> dict[int, str]:
        address = canonical(person.address, self._aliases)
        plain = untagged(address)
        local, _, domain = plain.rpartition("@")
        reasons: dict[int, str] = {}
        namesakes = self._by_local_part.get(local_part(address), ()) if local else ()
        if len(namesakes) > MOST_PROPOSED * 10:
            return {}
        for each in self._of(person, namesakes, decided, settled):
            theirs = {canonical(other, self._aliases) for other in each.addresses}
            resembling = next(filter(None, (resembles(plain, other) for other in sorted(theirs))), "")
            if resembling:
                reasons[each.pk] = resembling
            elif domain in self._company_domains and plain == address:
                other = next((o for o in sorted(theirs) if o.startswith(f"{local}@")), "")
                if other:
                    there = other.rpartition("@")[2]
                    reasons[each.pk] = f"Same name before the @: {domain} here, {there} in the directory"
        return reasons if len(reasons) <= MOST_PROPOSED else {}

    def _with_same_name(
        self, person: PersonToMatch, decided: Mapping[int, Decision], settled: Set[int]
    ) -> dict[int, str]:
        """Only names that a single employee of the source has, and few people in Asana."""
        if not person.name_key or self._namesakes[person.connection, person.name_key] > MOST_PROPOSED:
            return {}
        those = self._by_name.get(person.name_key, ())
        if len(those) > MOST_PROPOSED * 10:
            return {}
        everyone = _by_source(self._of(person, those, {}, set()))
        alone = [each[0] for _, each in everyone if len(each) == 1]
        why = "Same name, different address" if person.address else "Same name; Asana shows no address"
        return {
            each.pk: why
            for each in alone
            if each.pk not in decided and each.source not in settled and not self._is_taken(person, each)
        }

    def _is_taken(self, person: PersonToMatch, employee: EmployeeToMatch) -> bool:
        """Whether somebody in the same Asana account has one of the employee's addresses."""
        return any(
            (person.connection, canonical(address, self._aliases)) in self._taken
            for address in employee.addresses
        )


def match(
    people: Sequence[PersonToMatch],
    employees: Iterable[EmployeeToMatch],
    *,
    aliases: Mapping[str, str] | None = None,
    company_domains: Collection[str] = (),
    decisions: Decisions | None = None,
) -> list[MatchResult]:
    """Matches everybody at once."""
    aliases = aliases or {}
    matcher = Matcher(
        employees, aliases, company_domains, addresses_of(people, aliases), count_namesakes(people)
    )
    return [each for person in people for each in matcher.match(person, (decisions or {}).get(person.pk))]


def addresses_of(people: Iterable[PersonToMatch], aliases: Mapping[str, str]) -> set[tuple[int, str]]:
    return {(each.connection, canonical(each.address, aliases)) for each in people if each.address}


def count_namesakes(people: Iterable[PersonToMatch]) -> Counter[tuple[int, str]]:
    return Counter((each.connection, each.name_key) for each in people if each.name_key and each.is_here)


def _add_once(pks: list[int], pk: int) -> None:
    if not pks or pks[-1] != pk:
        pks.append(pk)


def _by_source(employees: Iterable[EmployeeToMatch]) -> list[tuple[int, list[EmployeeToMatch]]]:
    """`employees` are sorted by source."""
    return [(source, list(those)) for source, those in groupby(employees, key=lambda each: each.source)]


def _only_one(those: Sequence[EmployeeToMatch]) -> EmployeeToMatch | None:
    """Who has the address now: the only one, the only one who still works here, or the last one who left.

    Directories keep people who left. Their addresses are given to others, or they come back under a new number.
    """
    here = [each for each in those if each.left_on is None]
    here = [each for each in here if each.is_listed] or here
    if here:
        return here[0] if len(here) == 1 else None
    last = max(each.left_on or date.min for each in those)
    newest = [each for each in those if each.left_on == last]
    return newest[0] if len(newest) == 1 else None


def _is_an_old_account(
    person: PersonToMatch, chosen: EmployeeToMatch, those: Sequence[EmployeeToMatch]
) -> bool:
    previous = [each.name_key for each in those if each is not chosen]
    return chosen.left_on is None and is_an_old_account(person.name_key, chosen.name_key, previous)


def _mark_counting(
    results: Sequence[MatchResult], employees: Mapping[int, EmployeeToMatch]
) -> list[MatchResult]:
    """Marks the match that counts: in the source with the lowest rank, and there a match by hand first."""

    def order(each: MatchResult) -> tuple[int, bool, int, int]:
        employee = employees[each.employee]
        return employee.rank, each.how != "hand", employee.source, -employee.pk

    first = min((each for each in results if each.is_match), key=order, default=None)
    return [msgspec.structs.replace(each, counts=True) if each is first else each for each in results]
