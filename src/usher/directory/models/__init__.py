"""Employees, the sources that report them, and which people in Asana they are."""

from usher.directory.models.employees import LEAVES, Employee, EmployeeChange, status_on
from usher.directory.models.matching import DomainAlias, Match, MatchedConnection, PersonKey
from usher.directory.models.protected import Protected
from usher.directory.models.remarks import Remark
from usher.directory.models.scim import DirectoryGroup, ScimRefusal
from usher.directory.models.sources import Import, Source, SourceQuestion
from usher.directory.models.standing import Standing

__all__ = [
    "LEAVES",
    "DirectoryGroup",
    "DomainAlias",
    "Employee",
    "EmployeeChange",
    "Import",
    "Match",
    "MatchedConnection",
    "PersonKey",
    "Protected",
    "Remark",
    "ScimRefusal",
    "Source",
    "SourceQuestion",
    "Standing",
    "status_on",
]
