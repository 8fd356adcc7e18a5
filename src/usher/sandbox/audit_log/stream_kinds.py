"""The kinds of workspace stream events that the sandbox emits."""

from typing import NamedTuple


class StreamKind(NamedTuple):
    resource_type: str
    action: str
    parent_type: str = ""
    """The type of the object that it was added to or removed from."""
    field: str = ""
    field_action: str = "changed"
    value_type: str = ""
    """The type of the resource that the field gained or lost; empty if its value is not a resource."""


STREAM_KINDS: tuple[StreamKind, ...] = (
    StreamKind("task", "changed", field="completed"),
    StreamKind("task", "changed", field="due_on"),
    StreamKind("task", "changed", field="name"),
    StreamKind("task", "changed", field="assignee", value_type="user"),
    StreamKind("task", "changed", field="followers", field_action="added", value_type="user"),
    StreamKind("task", "changed", field="followers", field_action="removed", value_type="user"),
    StreamKind("task", "added", parent_type="project"),
    StreamKind("task", "removed", parent_type="section"),
    StreamKind("task", "undeleted"),
    StreamKind("story", "added", parent_type="task"),
    StreamKind("story", "changed", field="text"),
    StreamKind("project", "changed", field="name"),
    StreamKind("project", "added", parent_type="team"),
    StreamKind("attachment", "added", parent_type="task"),
    StreamKind("section", "added", parent_type="project"),
    StreamKind("task", "deleted"),
)
DELETED_TASK = len(STREAM_KINDS) - 1
EVERYDAY_KINDS = tuple(range(len(STREAM_KINDS)))
