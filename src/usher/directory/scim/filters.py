"""What the database can answer of a SCIM filter from an index. The rest is checked in Python, row by row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)
from scim2_models.path.expressions import AttrPath

from usher.directory.scim.refused import invalid_value
from usher.platform.storable import is_storable


@dataclass(frozen=True)
class Prefilter:
    """`condition` holds for every row that a filter matches. If `exact`, it holds for no other row."""

    condition: Q = field(default_factory=Q)
    exact: bool = False


@dataclass(frozen=True)
class Equality:
    """How the database finds rows with a value. If not `exact`, it finds some more."""

    condition: Callable[[str], Q]
    exact: bool = True


class PrefilterBuilder(FilterVisitor[Prefilter]):
    """`equalities` by the attribute's name in lower case, such as `emails.value`."""

    def __init__(self, equalities: Mapping[str, Equality], schema: str) -> None:
        self.equalities = equalities
        self.schema = schema.lower()
        self.within = ""

    def visit_comparison(self, node: Comparison) -> Prefilter:
        equality = self._equality(node.attr_path)
        if equality is None or node.op is not CompareOperator.eq or not isinstance(node.value, str):
            return Prefilter()
        if not is_storable(node.value):
            raise invalid_value("The filter compares with a character that cannot be stored (U+0000).")
        return Prefilter(equality.condition(node.value), equality.exact and not self.within)

    def visit_logical_expr(self, node: LogicalExpr) -> Prefilter:
        parts = [self.visit(term) for term in node.terms]
        exact = all(part.exact for part in parts)
        if node.op is LogicalOperator.and_:
            return Prefilter(_all_of(parts), exact)
        if not all(part.condition for part in parts):
            return Prefilter()
        return Prefilter(_any_of(parts), exact)

    def visit_value_path(self, node: ValuePath) -> Prefilter:
        if self.within or node.attr_path.sub_attr or not self._is_of_schema(node.attr_path):
            return Prefilter()
        self.within = node.attr_path.attr.lower()
        try:
            return Prefilter(self.visit(node.val_filter).condition)
        finally:
            self.within = ""

    def visit_not(self, node: Not) -> Prefilter:
        return Prefilter()

    def visit_present(self, node: Present) -> Prefilter:
        return Prefilter()

    def _equality(self, path: AttrPath) -> Equality | None:
        if not self._is_of_schema(path):
            return None
        name = f"{path.attr}.{path.sub_attr}" if path.sub_attr else path.attr
        name = f"{self.within}.{name}" if self.within else name
        # `emails eq "…"` compares `emails.value`.
        return self.equalities.get(name.lower()) or self.equalities.get(f"{name.lower()}.value")

    def _is_of_schema(self, path: AttrPath) -> bool:
        return path.uri is None or path.uri.lower() == self.schema


def prefilter(node: FilterNode, equalities: Mapping[str, Equality], schema: str) -> Prefilter:
    return PrefilterBuilder(equalities, schema).visit(node)


def _all_of(parts: list[Prefilter]) -> Q:
    condition = Q()
    for part in parts:
        condition &= part.condition
    return condition


def _any_of(parts: list[Prefilter]) -> Q:
    condition = Q()
    for part in parts:
        condition |= part.condition
    return condition
