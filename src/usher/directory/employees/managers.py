"""Who the managers of employees are, among the employees of the same source."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Q

from usher.directory.models import Employee
from usher.directory.normalise import name_key, normal_address


def managers_among(employees: Collection[Employee]) -> dict[int, Employee]:
    """By the employee's key. A manager is named by address, external id, key or full name.

    Missing where the name is nobody's or several people's: a wrong manager is worse than none. Of several employees
    who had an address one after the other, the one who works here counts.
    """
    named = [employee for employee in employees if employee.manager]
    if not named:
        return {}
    by_name = _employees_called({employee.manager for employee in named}, {e.source_id for e in named})
    found: dict[int, Employee] = {}
    for employee in named:
        candidates = _candidates(by_name, employee)
        if len(candidates) > 1:
            here = [each for each in candidates if each.is_active and each.is_listed]
            candidates = here if len(here) == 1 else []
        if candidates and candidates[0].pk != employee.pk:
            found[employee.pk] = candidates[0]
    return found


def _candidates(by_name: dict[tuple[int, str], list[Employee]], employee: Employee) -> list[Employee]:
    for form in _forms(employee.manager):
        candidates = by_name.get((employee.source_id, form))
        if candidates:
            return candidates
    return []


def _forms(manager: str) -> list[str]:
    """From the surest to the least sure."""
    address = normal_address(manager)
    return [f"@{address}"] if address else [f"#{manager}", f"name {name_key(manager)}"]


def _employees_called(named: set[str], sources: set[int]) -> dict[tuple[int, str], list[Employee]]:
    addresses = [address for name in named if (address := normal_address(name))]
    names = [key for name in named if (key := name_key(name))]
    possible = Employee.objects.filter(source__in=sources).filter(
        Q(addresses__overlap=addresses) | Q(external_id__in=named) | Q(key__in=named) | Q(name_key__in=names)
    )
    by_name: defaultdict[tuple[int, str], list[Employee]] = defaultdict(list)
    for each in possible.order_by("pk"):
        ids = {f"#{each.external_id}", f"#{each.key}"} - {"#"}
        addressed = {f"@{address}" for address in each.addresses}
        for form in ids | addressed | ({f"name {each.name_key}"} if each.name_key else set()):
            by_name[each.source_id, form].append(each)
    return by_name
