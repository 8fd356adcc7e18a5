"""The problems a connection can have, what solves them, and the steps of a sync."""

from enum import StrEnum

from django.db import models


class Solution(StrEnum):
    """What a page offers against a problem of a connection."""

    RECONNECT = "reconnect"
    CHANGE = "change"
    ANSWER = "answer"
    SEE_TEST = "see_test"
    SYNC = "sync"


class ProblemKind(models.TextChoices):
    """The values of `Connection.problem_kind`."""

    NONE = "", "None"
    QUESTION = "asking", "A question about people who vanished at once"
    NOT_AUTHORIZED = "not_authorized", "Asana does not accept the token"
    SERVICE_TOKEN = "service_token", "Asana does not accept the service-account token"
    SYNC_FAILED = "sync_failed", "The last sync failed"
    TEST_FAILED = "test_failed", "A check of the last test failed"
    UNREACHABLE = "unreachable", "Asana could not be reached"

    @property
    def solution(self) -> Solution:
        match self:
            case ProblemKind.NOT_AUTHORIZED:
                return Solution.RECONNECT
            case ProblemKind.SERVICE_TOKEN:
                return Solution.CHANGE
            case ProblemKind.QUESTION:
                return Solution.ANSWER
            case ProblemKind.TEST_FAILED | ProblemKind.UNREACHABLE:
                return Solution.SEE_TEST
            case _:
                return Solution.SYNC


class SyncStep(models.TextChoices):
    """What a run is doing. `SyncRun.step` holds the value and, after a colon, the workspaces that it concerns.

    While it waits for Asana, the moment until when takes their place.
    """

    FIND_WORKSPACES = "find_workspaces", "Finding workspaces"
    READ_PEOPLE = "read_people", "Reading people"
    PEOPLE_READ = "people_read", "People are up to date"
    READ_AUDIT_LOG = "read_audit_log", "Reading the audit log"
    COMPUTE_USAGE = "compute_usage", "Computing usage"
    MATCH_EMPLOYEES = "match_employees", "Matching people with employees"
    WAIT_FOR_ASANA = "wait_for_asana", "Waiting for Asana"

    @property
    def unit(self) -> str:
        """What `SyncRun.progress` counts; empty where it counts nothing."""
        match self:
            case SyncStep.READ_PEOPLE | SyncStep.PEOPLE_READ:
                return "people"
            case SyncStep.READ_AUDIT_LOG:
                return "events"
            case _:
                return ""
