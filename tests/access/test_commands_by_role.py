"""The command line: the user of the machine may everything; with `--as`, what that person may."""

import getpass
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from usher.access.models import User
from usher.access.roles import Action, UserRole, may
from usher.cli import main
from usher.ledger.models import Entry
from usher.platform.home import encryption_keys

NOBODY = "No such connection"
COMMANDS = [
    (Action.READ, ["people"]),
    (Action.READ, ["usage"]),
    (Action.READ, ["idle"]),
    (Action.READ, ["events"]),
    (Action.READ, ["coverage"]),
    (Action.READ, ["ledger", "verify"]),
    (Action.READ, ["ledger", "export"]),
    (Action.SYNC, ["test", NOBODY]),
    (Action.SYNC, ["sync", NOBODY]),
    (Action.SYNC, ["usage", "rebuild"]),
    (Action.IMPORT_DIRECTORY, ["console", "import", __file__, "--connection", NOBODY]),
    (Action.CONNECT, ["connect", "--name", "Acme", "--token", "t", "--workspace", "no-gid"]),
    (Action.SETTINGS, ["rotate-keys"]),
    (Action.READ, ["mcp"]),
    (Action.READ, ["jobs", "list"]),
    (Action.SETTINGS, ["jobs", "run", "1"]),
    (Action.SETTINGS, ["jobs", "drop", "1"]),
    (Action.READ, ["policy", "list"]),
    (Action.READ, ["policy", "export"]),
    (Action.READ, ["policy", "try", NOBODY]),
    (Action.SETTINGS, ["policy", "import", __file__]),
    (Action.USERS, ["users", "list"]),
    (Action.USERS, ["users", "add", "new@example.com", "--role", "viewer"]),
    (Action.USERS, ["users", "role", "nobody@example.com", "viewer"]),
    (Action.USERS, ["users", "deactivate", "nobody@example.com"]),
    (Action.USERS, ["users", "reactivate", "nobody@example.com"]),
    (Action.USERS, ["users", "address", "nobody@example.com", "new@example.com"]),
    (Action.USERS, ["users", "unlock", "nobody@example.com"]),
    (Action.USERS, ["service-accounts", "list"]),
    (Action.USERS, ["service-accounts", "add", "Ticket system", "--for", "Tickets"]),
    (Action.USERS, ["service-accounts", "token", "ticket-system", "Production"]),
    (Action.USERS, ["service-accounts", "deactivate", "ticket-system"]),
    (Action.USERS, ["service-accounts", "activate", "ticket-system"]),
    (Action.USERS, ["tokens", "list"]),
    (Action.USERS, ["tokens", "revoke", "4000000"]),
    (Action.USERS, ["tokens", "extend", "4000000", "2099-01-01"]),
    (Action.USERS, ["sign-in-link", "nobody@example.com"]),
]


def usher(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.fixture(autouse=True)
def _keys_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_ENCRYPTION_KEYS", ",".join(encryption_keys()))


@pytest.mark.parametrize("role", UserRole)
@pytest.mark.parametrize(
    ("action", "command"),
    COMMANDS,
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_a_command_is_refused_exactly_to_the_roles_that_may_not(
    db: None, role: UserRole, action: Action, command: list[str]
) -> None:
    User.objects.create_user("eve@example.com", "eve@example.com", role=role)
    result = usher("--as", "eve@example.com", *command)
    assert ("Error: Only a" in result.output) == (not may(role, action)), result.output
    assert result.exit_code == 1 or may(role, action)


def test_the_user_of_the_machine_may_everything_and_is_recorded(db: None) -> None:
    assert usher("users", "add", "Grace@Example.com", "--role", "admin").exit_code == 0
    added = Entry.objects.get(action="access.user_added")
    assert (added.actor_kind, added.actor_name, added.actor_user_id) == (
        "command",
        os.environ.get("SUDO_USER") or getpass.getuser(),
        None,
    )
    assert added.via == f"command line ({getpass.getuser()})"


def test_who_called_sudo_is_recorded(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    usher("users", "add", "grace@example.com", "--role", "viewer")
    assert Entry.objects.get(action="access.user_added").actor_name == "anna"


@pytest.mark.parametrize("by_environment", [True, False])
def test_the_person_acted_for_is_recorded(
    db: None, monkeypatch: pytest.MonkeyPatch, *, by_environment: bool
) -> None:
    ada = User.objects.create_user("ada@example.com", role=UserRole.ADMIN)
    if by_environment:
        monkeypatch.setenv("USHER_AS", "ADA@example.com")
    chosen = [] if by_environment else ["--as", "ADA@example.com"]
    assert usher(*chosen, "users", "add", "grace@example.com", "--role", "viewer").exit_code == 0
    added = Entry.objects.get(action="access.user_added")
    assert (added.actor_kind, added.actor_name, added.actor_user_id) == ("person", "ada@example.com", ada.pk)


def test_nobody_acts_for_who_is_unknown_or_deactivated(db: None) -> None:
    assert "Nobody signs in" in usher("--as", "eve@example.com", "people").output
    User.objects.create_user("eve@example.com", role=UserRole.ADMIN, is_active=False)
    result = usher("--as", "eve@example.com", "people")
    assert result.exit_code == 1
    assert "is deactivated" in result.output


def test_an_account_is_made_changed_ended_and_opened_again(db: None) -> None:
    User.objects.create_user("ada@example.com", role=UserRole.ADMIN)
    assert "/welcome/" in usher("users", "add", "grace@example.com", "--role", "viewer").stdout
    assert usher("users", "role", "Grace@example.com", "approver").exit_code == 0
    assert usher("users", "deactivate", "grace@example.com").exit_code == 0
    assert (
        '"email": "grace@example.com", "name": "", "role": "approver", "sees": "All connections", "active": false'
        in usher("users", "list", "--format", "json").output
    )
    assert usher("users", "reactivate", "grace@example.com").exit_code == 0
    assert User.objects.get(username="grace@example.com").is_active


def test_the_last_admin_stays_one_on_the_command_line_too(db: None) -> None:
    User.objects.create_user("ada@example.com", role=UserRole.ADMIN)
    for command in (["role", "ada@example.com", "viewer"], ["deactivate", "ada@example.com"]):
        result = usher("users", *command)
        assert (result.exit_code, "the only admin" in result.output) == (1, True)


def test_an_account_that_does_not_exist_is_wrong_use(db: None) -> None:
    assert usher("users", "role", "eve@example.com", "viewer").exit_code == 2
    assert usher("users", "role", "eve@example.com", "owner").exit_code == 2


def test_a_link_for_somebody_is_recorded_and_one_for_the_first_account_is_not(db: None) -> None:
    assert "/welcome/" in usher("sign-in-link").output
    assert not Entry.objects.exists()
    User.objects.create_user("eve@example.com")
    usher("sign-in-link", "eve@example.com")
    assert Entry.objects.get().action == "access.sign_in_link_made"


def test_rotated_keys_are_recorded_without_them(db: None) -> None:
    assert usher("rotate-keys").exit_code == 0
    entry = Entry.objects.get()
    assert (entry.action, entry.after) == ("settings.keys_rotated", {"secrets": 0})


def test_the_ledger_is_verified_and_exported(db: None, tmp_path: Path) -> None:
    assert "The ledger is empty." in usher("ledger", "verify").output
    usher("users", "add", "grace@example.com", "--role", "viewer")
    told = usher("ledger", "verify").output
    last = Entry.objects.latest("number")
    assert f"Head: 2:{last.hash}" in told
    assert usher("ledger", "verify", "--expect", f"2:{last.hash}").exit_code == 0
    assert '"head": "2:' in usher("ledger", "verify", "--format", "json").output
    file = tmp_path / "ledger.jsonl"
    assert "2 entries" in usher("ledger", "export", "--output", str(file)).output
    assert file.read_text() == usher("ledger", "export").output
    assert usher("ledger", "export", "--since", "2000-01-01", "--until", "2000-01-02").output == ""
    assert usher("ledger", "export", "--since", "2000-01-02", "--until", "2000-01-01").exit_code == 2
    assert usher("ledger", "export", "--output", str(tmp_path / "no" / "file")).exit_code == 1


def test_a_ledger_that_is_not_as_noted_is_told_with_exit_code_1(db: None) -> None:
    usher("users", "add", "grace@example.com", "--role", "viewer")
    result = usher("ledger", "verify", "--expect", "9:" + "0" * 64)
    assert result.exit_code == 1
    assert "Entry 9 existed once, but the ledger ends with entry 2." in result.output
    assert (
        '"kind": "expected", "number": 9'
        in usher("ledger", "verify", "--format", "json", "--expect", "9:" + "0" * 64).output
    )
    assert usher("ledger", "verify", "--expect", "nine").exit_code == 2
