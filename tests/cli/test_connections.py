"""`usher connect`, `test` and `sync`: what they print, and how they end."""

import pytest

from tests.support.cli.running import Usher, wait_until
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.xdist_group("cli")


def test_connect_tests_the_account_and_says_what_is_next(usher: Usher, box: RunningSandbox) -> None:
    done = usher(
        *("connect", "--name", "Noor's", "--mode", "act", "--token", "sandbox-pat-2"),
        *("--service-token", "sandbox-service-2"),
    )
    assert done.returncode == 0, done.stderr
    assert "Connected “Noor's” as Noor van Dijk." in done.stdout
    assert done.stdout.count("✓") >= 5
    assert "✗" not in done.stdout
    assert "Next: usher sync" in done.stdout


def test_the_next_command_that_is_shown_can_be_pasted_into_a_shell(usher: Usher) -> None:
    done = usher("connect", "--name", 'A "$(touch /tmp/x)" name', "--token", "sandbox-pat-5")
    assert done.returncode == 0
    assert """Next: usher sync 'A "$(touch /tmp/x)" name'""" in done.stdout


def test_tokens_are_read_from_standard_input(usher: Usher) -> None:
    done = usher(
        *("connect", "--name", "By pipe", "--token", "-", "--service-token", "-"),
        given="sandbox-pat-3\nsandbox-service-1\n",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as Tomás Brook" in done.stdout


def test_tokens_are_read_from_the_environment(usher: Usher) -> None:
    done = usher("connect", "--name", "By environment", USHER_TOKEN="sandbox-pat-4")
    assert "as Vera Glass" in done.stdout


def test_no_token_is_ever_printed_or_shown_by_another_command(usher: Usher) -> None:
    secret = "sandbox-secret-that-is-wrong"
    for command in (
        ("connect", "--name", "Wrong", "--token", secret),
        ("connect", "--name", "Wrong", "--token", "sandbox-pat-1", "--service-token", secret),
    ):
        done = usher(*command)
        assert done.returncode == 1
        assert secret not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    assert usher("sync", "Wrong").returncode == 2, "nothing half made is left"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["connect", "--name", "X", "--token", "sandbox-revoked"], "does not accept the token"),
        (["connect", "--name", "X", "--token", "two words"], "Copy it again"),
        (["connect", "--name", "X", "--token", "sandbox-pat-1", "--workspace", "12345"], "does not see"),
    ],
)
def test_what_asana_refuses_ends_with_1_and_says_what_to_do(
    arguments: list[str], says: str, usher: Usher
) -> None:
    done = usher(*arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["connect", "--name", "X"], "--token"),
        (["connect", "--token", "T"], "--name"),
        (["connect", "--name", " ", "--token", "T"], "name is empty"),
        (["connect", "--name", "X", "--token", "-"], "standard input is empty"),
        (["connect", "--name", "X", "--token", "T", "--workspace", "12a"], "digits"),
        (["connect", "--name", "X", "--token", "T", "--mode", "delete"], "'delete' is not one of"),
        (["connect", "--name", "Nobody", "--token", "T", "--reconnect"], "no connection “Nobody”"),
        (["sync", "Nobody"], "no connection “Nobody”"),
        (["sync", "²"], "no connection “²”"),
        (["sync", "99999999999999999999999"], "no connection"),
        (["sync"], "Missing argument"),
        (["test", "Nobody"], "no connection “Nobody”"),
        (["people", "Nobody"], "no connection “Nobody”"),
        (["people", "--format", "xml"], "'xml' is not one of"),
        (["web", "--port", "70000"], "70000 is not in the range"),
        (["fly"], "No such command"),
    ],
)
def test_wrong_use_ends_with_2(arguments: list[str], says: str, usher: Usher) -> None:
    done = usher(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_connection_is_found_by_name_in_any_case_or_by_number(synced: Usher) -> None:
    assert synced("test", "aCMe").returncode == 0


def test_the_same_account_is_connected_once(synced: Usher) -> None:
    done = synced("connect", "--name", "Again", "--token", "sandbox-pat-1")
    assert done.returncode == 1
    assert "already connected, as “Acme”" in done.stderr


def test_reconnect_gives_a_connection_a_new_token(synced: Usher) -> None:
    done = synced("connect", "--name", "Acme", "--token", "sandbox-pat-1", "--reconnect")
    assert done.returncode == 0, done.stderr


def test_sync_says_in_a_line_what_it_did(synced: Usher) -> None:
    done = synced("sync", "Acme")
    assert done.returncode == 0
    assert done.stdout.startswith("“Acme” is up to date:")
    assert "0 joined, 0 left, 0 changed" in done.stdout
    assert done.stderr == "", "no progress bar where there is no terminal"


def test_sync_asks_when_many_vanished_and_ends_with_1(synced: Usher, box: RunningSandbox) -> None:
    main = box.describe()["workspaces"][0]["gid"]
    box.vanish(main, 0.3)
    done = synced("sync", "Acme")
    assert done.returncode == 1
    assert "no longer lists" in done.stderr
    assert "usher sync Acme --accept-vanished" in done.stderr
    done = synced("sync", "Acme", "--accept-vanished")
    assert done.returncode == 0, done.stderr


def test_a_sync_waits_for_the_one_that_runs_and_then_does_its_own(synced: Usher, box: RunningSandbox) -> None:
    main = box.describe()["workspaces"][0]["gid"]
    someone = next(
        m["user"] for m in box.truth(main)["workspaces"][0]["memberships"][10:] if m["status"] == "active"
    )
    box.sandbox.latency_seconds = 0.4
    try:
        asked = box.stats()["requests"]
        with synced.started("sync", "Acme") as first:
            wait_until(lambda: box.stats()["requests"] >= asked + 2)
            with synced.started("sync", "Acme") as second:
                first.wait(30)
                assert second.poll() is None
                box.change(main, someone, "leave")
                second.wait(30)
                assert first.stdout and second.stdout
                said = first.stdout.read(), second.stdout.read()
        assert (first.returncode, second.returncode) == (0, 0), said
        assert "1 left" in said[1]
    finally:
        box.sandbox.latency_seconds = 0.0


def test_a_sync_that_asana_refuses_ends_with_1(synced: Usher, box: RunningSandbox) -> None:
    done = synced("sync", "Acme", USHER_ASANA_URL=f"{box.url}/nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_a_connection_whose_key_is_lost_says_so_without_a_stack_trace(synced: Usher) -> None:
    other_key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    for command in (["sync", "Acme"], ["test", "Acme"], ["rotate-keys"]):
        done = synced(*command, USHER_ENCRYPTION_KEYS=other_key)
        assert done.returncode == 1, command
        assert "key" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr, command


def test_rotate_keys_keeps_every_connection_working(synced: Usher) -> None:
    done = synced("rotate-keys")
    assert done.returncode == 0, done.stderr
    assert "are now encrypted with a new key" in done.stdout
    assert synced("sync", "Acme").returncode == 0


def test_doctor_finds_what_is_not_in_order(synced: Usher) -> None:
    done = synced("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    for label in ("Data folder", "Database", "Stored tokens", "Worker", "Asana", "Connections"):
        assert label in done.stdout
    down = synced("doctor", USHER_ASANA_URL="http://127.0.0.1:9")
    assert down.returncode == 1
    assert "✗ Asana" in down.stdout


def test_a_sign_in_link_makes_the_first_account_or_is_for_one_that_exists(synced: Usher) -> None:
    done = synced("sign-in-link", USHER_BASE_URL="https://usher.example.com")
    assert done.returncode == 0
    assert done.stdout.startswith("https://usher.example.com/welcome/")
    assert synced("sign-in-link", "nobody@example.com").returncode != 0


@pytest.mark.parametrize("command", [["people"], ["up", "--port", "8393"], ["doctor"]], ids=" ".join)
def test_a_database_that_does_not_answer_is_said_so(command: list[str], usher: Usher) -> None:
    done = usher(
        *command, DATABASE_URL="postgresql://ada:topsecret@127.0.0.1:9/usher", USHER_DATABASE_PATIENCE="0"
    )
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "Check DATABASE_URL" in done.stderr
    assert "topsecret" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "url", ["sqlite:////tmp/topsecret.db", "topsecret", "postgresql://ada:topsecret@127.0.0.1:port/usher"]
)
def test_what_is_no_address_of_a_postgresql_is_refused_without_repeating_it(url: str, usher: Usher) -> None:
    done = usher("people", DATABASE_URL=url)
    assert done.returncode == 2
    assert "not the address of a PostgreSQL database" in done.stderr
    assert "topsecret" not in done.stderr
    assert "Traceback" not in done.stderr
