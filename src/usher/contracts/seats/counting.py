"""Which memberships take a licence of a contract, and how many they are, now and on each day that was counted.

In an organization guests are free. A plain workspace has no guests in Asana's bill: everybody counts
(asana.com/guide/help/premium/paid-plans). View-only licences have their own count.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, Sum

from usher.activity.models import ListedMembership
from usher.contracts.models import Contract
from usher.roster.models import Licence, SeatCount, Status, Workspace

BILLED_IN_WORKSPACE = (Licence.MEMBER, Licence.GUEST)


@dataclass(frozen=True)
class CoveredWorkspaces:
    """Of one contract."""

    workspaces: tuple[Workspace, ...]

    @property
    def keys(self) -> list[int]:
        return [workspace.pk for workspace in self.workspaces]

    @property
    def organizations(self) -> list[int]:
        return [workspace.pk for workspace in self.workspaces if workspace.is_organization]

    @property
    def plain(self) -> list[int]:
        return [workspace.pk for workspace in self.workspaces if not workspace.is_organization]

    def condition(self, licence: str, prefix: str = "") -> Q:
        """Over rows with a workspace and a licence, such as memberships: those that take one of `licence`."""
        place, kind = f"{prefix}workspace__in", f"{prefix}licence"
        if licence != Licence.MEMBER:
            return Q(**{place: self.keys, kind: licence})
        return Q(**{place: self.organizations, kind: Licence.MEMBER}) | Q(
            **{place: self.plain, f"{kind}__in": BILLED_IN_WORKSPACE}
        )

    def takes(self, workspace: int, licence: str) -> str | None:
        """The licence that a membership of this kind takes; None where it takes none of this contract."""
        if workspace not in self.keys:
            return None
        if licence == Licence.VIEW_ONLY:
            return Licence.VIEW_ONLY
        if licence == Licence.GUEST and workspace in self.organizations:
            return None
        return Licence.MEMBER


def covered(contracts: Iterable[Contract]) -> dict[int, CoveredWorkspaces]:
    """By contract, in two queries however many there are."""
    contracts = list(contracts)
    named: dict[int, set[int]] = defaultdict(set)
    through = Contract.workspaces.through.objects.filter(contract__in=contracts)
    for contract, workspace in through.values_list("contract_id", "workspace_id"):
        named[contract].add(workspace)
    of_connection: dict[int, list[Workspace]] = defaultdict(list)
    in_scope = Workspace.objects.filter(connection__in={one.connection_id for one in contracts})
    for one in in_scope.exclude(left_out=Workspace.LeftOut.FILTER):
        of_connection[one.connection_id].append(one)
    return {
        contract.pk: CoveredWorkspaces(
            tuple(
                workspace
                for workspace in of_connection[contract.connection_id]
                if contract.pk not in named or workspace.pk in named[contract.pk]
            )
        )
        for contract in contracts
    }


def in_use(covered_by: Mapping[int, CoveredWorkspaces]) -> dict[tuple[int, str], int]:
    """By contract and licence, in one query."""
    keys = [key for one in covered_by.values() for key in one.keys]
    active = ListedMembership.objects.filter(workspace__in=keys, status=Status.ACTIVE)
    counts = list(active.order_by().values_list("workspace", "licence").annotate(Count("pk")))
    result: dict[tuple[int, str], int] = defaultdict(int)
    for contract, places in covered_by.items():
        for workspace, licence, people in counts:
            taken = places.takes(workspace, licence)
            if taken is not None:
                result[contract, taken] += people
    return dict(result)


def seats_by_day(places: CoveredWorkspaces, licence: str) -> dict[date, int]:
    """On each day that any workspace was counted, from the first on which every one had been that was ever counted.

    Between two counts of a workspace, the earlier one holds.
    """
    rows = SeatCount.objects.filter(places.condition(licence)).order_by()
    by_day: dict[date, dict[int, int]] = defaultdict(dict)
    of_any_kind = SeatCount.objects.filter(workspace__in=places.keys).order_by()
    for day, workspace in of_any_kind.values_list("day", "workspace").distinct():
        by_day[day][workspace] = 0
    for day, workspace, people in rows.values_list("day", "workspace").annotate(Sum("people")):
        by_day[day][workspace] = people
    ever_counted = {workspace for counted in by_day.values() for workspace in counted}
    newest: dict[int, int] = {}
    result = {}
    for day in sorted(by_day):
        newest |= by_day[day]
        if len(newest) == len(ever_counted):
            result[day] = sum(newest.values())
    return result


def on_day(counts: Mapping[date, int]) -> Callable[[date], int | None]:
    """The newest count on or before a day; None before the first."""
    days = sorted(counts, reverse=True)
    return lambda wanted: next((counts[day] for day in days if day <= wanted), None)
