"""Measures how many changes per second identity providers can push over SCIM, and checks that none is lost.

    python -m benchmarks.scim [--seconds 60] [--connections 16] [--people 20000]

`usher web` runs with its defaults (2 processes, 4 threads each) and the embedded database. The company is already in
Asana and in the directory. The client has many connections and shares the machine. Each connection has its own
employees and does what identity providers do: it searches for employees and adds (POST), changes, deactivates and
activates (PATCH), reads (GET), replaces (PUT) and deletes them (DELETE). Only changes are counted. At the end, every
employee and every step of the history in the database is compared with what was sent, and everybody who is in Asana
must be matched.
"""

import argparse
import json
import os
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from urllib.parse import quote

from benchmarks.rig import Environment, _run, free_port, home, load, process, usher, wait_for

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
DEPARTMENTS = ["Finance", "Sales", "IT", "Legal", "Research"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--workers", default="2")
    parser.add_argument("--threads", default="4")
    parser.add_argument("--inside", choices=["prepare", "compare"], help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside == "prepare":
        _prepare(arguments.people)
    elif arguments.inside == "compare":
        _compare(Path(arguments.file))
    else:
        with home("http://127.0.0.1:9") as environment:
            _measure(environment, arguments)


def _measure(environment: Environment, arguments: argparse.Namespace) -> None:
    usher(environment, "migrate")
    prepare = ("--inside", "prepare", "--people", str(arguments.people))
    token = _run(environment, "benchmarks.scim", *prepare).strip()
    port = free_port()
    command = [sys.executable, "-m", "usher", "web", "--port", str(port)]
    with process(
        [*command, "--workers", arguments.workers, "--threads", arguments.threads], environment
    ) as server:
        wait_for(f"http://127.0.0.1:{port}/healthz", 60)
        # One sequence for all: the server does not share its time evenly between connections, and each of them would
        # come to the end of a range of its own at another time.
        newcomers = count()
        clients = [Client(number, port, token, newcomers) for number in range(arguments.connections)]
        for client in clients * 2:
            client.call("GET", "/Users?count=1")  # so that every process has loaded its modules
            client.http.close()
        for client in clients:
            client.done.clear()
            client.waits.clear()
        began, busy, worked = time.monotonic(), os.times(), _cpu_seconds(server.pid, environment)
        with ThreadPoolExecutor(len(clients)) as pool:
            list(pool.map(lambda client: client.work(began + arguments.seconds), clients))
        seconds = time.monotonic() - began
        worked = _cpu_seconds(server.pid, environment) - worked
        own = (os.times().user + os.times().system - busy.user - busy.system) / seconds
        with tempfile.NamedTemporaryFile("w", suffix=".json") as sent:
            json.dump(
                {
                    "employees": [each for client in clients for each in client.expected()],
                    "changes": sum(client.history for client in clients),
                },
                sent,
            )
            sent.flush()
            print(_run(environment, "benchmarks.scim", "--inside", "compare", "--file", sent.name).strip())
    done = sum((client.done for client in clients), Counter[str]())
    changes = sum(times for method, times in done.items() if method != "GET")
    waits = sorted(wait for client in clients for wait in client.waits)
    print(
        f"{changes:,} changes in {seconds:.0f} s: {changes / seconds:.0f} a second (target 200); {dict(done)}"
    )
    per_change = worked / changes * 1000
    print(
        f"{per_change:.1f} ms of CPU a change, database included: {2000 / per_change:.0f} a second fill two cores"
    )
    print(
        f"{arguments.connections} connections; half answered within {waits[len(waits) // 2] * 1000:.0f} ms, "
        f"99 of 100 within {waits[len(waits) * 99 // 100] * 1000:.0f} ms; "
        f"the client itself took {own:.2f} of a core; {load()}"
    )


@dataclass
class Employee:
    """An employee as the client knows them."""

    user_name: str
    id: str = ""
    name: str = ""
    department: str = ""
    is_active: bool = True
    is_deleted: bool = False


@dataclass
class Client:
    """One connection of the client."""

    number: int
    port: int
    token: str
    newcomers: Iterator[int]
    done: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)
    history: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.number)
        self.http = HTTPConnection("127.0.0.1", self.port, timeout=60)

    def work(self, until: float) -> None:
        while time.monotonic() < until:
            chance = self.random.random()
            if chance < 0.3 or len(self.employees) < 5:
                self.add()
                continue
            employee = self.random.choice(self.employees)
            if employee.is_deleted or 0.8 <= chance < 0.9:
                self.read(employee)
            elif chance < 0.8:
                self.change(employee)
            elif chance < 0.95:
                self.replace(employee)
            else:
                self.delete(employee)
        self.http.close()

    def add(self) -> None:
        number = next(self.newcomers)
        employee = Employee(newcomer(number))
        wanted = quote(f'userName eq "{employee.user_name}"')
        answer = self.call("GET", f"/Users?filter={wanted}")
        assert answer["totalResults"] == 0
        employee.name, employee.department = f"New {number}", self.random.choice(DEPARTMENTS)
        employee.id = str(self.call("POST", "/Users", self.body(employee), status=201)["id"])
        self.employees.append(employee)
        self.history += 1

    def change(self, employee: Employee) -> None:
        operation: dict[str, object]
        if self.random.random() < 0.4:
            employee.is_active = not employee.is_active
            operation = {"op": "Replace", "path": "active", "value": str(employee.is_active)}
        else:
            department = self.random.choice([each for each in DEPARTMENTS if each != employee.department])
            employee.department = department
            operation = {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": department}
        answer = self.call(
            "PATCH", f"/Users/{employee.id}", {"schemas": [PATCH_OP], "Operations": [operation]}
        )
        assert answer["active"] is employee.is_active
        self.history += 1

    def read(self, employee: Employee) -> None:
        self.call("GET", f"/Users/{employee.id}", status=404 if employee.is_deleted else 200)

    def replace(self, employee: Employee) -> None:
        employee.name += "x"
        self.call("PUT", f"/Users/{employee.id}", self.body(employee))
        self.history += 1

    def delete(self, employee: Employee) -> None:
        self.call("DELETE", f"/Users/{employee.id}", status=204)
        employee.is_deleted = True
        self.history += 1

    def body(self, employee: Employee) -> dict[str, object]:
        return {
            "schemas": [USER, ENTERPRISE],
            "userName": employee.user_name,
            "externalId": f"ext-{employee.user_name}",
            "active": employee.is_active,
            "displayName": employee.name,
            "name": {"givenName": "New", "familyName": employee.name},
            "emails": [{"value": employee.user_name, "type": "work", "primary": True}],
            ENTERPRISE: {"department": employee.department, "manager": {"value": "1"}},
        }

    def call(self, method: str, path: str, body: object = None, status: int = 200) -> dict[str, object]:
        began = time.monotonic()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json"}
        if self.http.sock is None:
            self.http.connect()
            assert self.http.sock is not None
            self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.http.request(method, f"/scim/v2{path}", json.dumps(body) if body else None, headers)
        answer = self.http.getresponse()
        content = answer.read()
        assert answer.status == status, (method, path, answer.status, content)
        self.waits.append(time.monotonic() - began)
        self.done[method] += 1
        return json.loads(content) if content else {}

    def expected(self) -> list[list[object]]:
        return [
            [each.user_name, each.id, each.name, each.department, each.is_active and not each.is_deleted]
            for each in self.employees
        ]


def _cpu_seconds(session: int, environment: Environment) -> float:
    """CPU seconds so far of the web server's processes and of the database."""
    ticks = 0
    for process_folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process_folder / "stat").read_text().rpartition(")")[2].split()
            is_database = str((process_folder / "cwd").readlink()).startswith(environment["USHER_HOME"])
        except OSError:
            continue  # the process has ended
        if int(fields[3]) == session or is_database:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _prepare(people: int) -> None:
    """Prints the token."""
    from usher.cli.runtime import database

    with database():
        from django.utils import timezone

        from usher.connections.models import Connection
        from usher.directory.matching.update import bring_up_to_date
        from usher.directory.models import Employee as Stored
        from usher.directory.models import Source
        from usher.directory.normalise import normal_forms
        from usher.directory.tokens import make_token
        from usher.ledger.actors import SYSTEM
        from usher.roster.models import Person

        connection = Connection.objects.create(
            name="Bench", authorization="token", asana_user_gid="1", sync_at="03:00"
        )
        Person.objects.bulk_create(
            Person(connection=connection, gid=str(1000 + n), name=f"Person {n}", email=_address(n, people))
            for n in range(people)
        )
        source = Source.objects.create(name="Identity provider", kind=Source.Kind.SCIM)
        Stored.objects.bulk_create(
            Stored(source=source, key=f"p{n}@example.com", email=f"p{n}@example.com", name=f"Person {n}")
            for n in range(people // 2)
        )
        for employee in (stored := list(Stored.objects.all())):
            compared = normal_forms(employee.email, (), employee.name)
            employee.addresses, employee.local_parts = compared.addresses, compared.local_parts
            employee.name_key = compared.name_key
        Stored.objects.bulk_update(stored, ["addresses", "local_parts", "name_key"], batch_size=2000)
        bring_up_to_date(today=timezone.now().date())
        print(make_token(source, SYSTEM))


def _address(number: int, people: int) -> str:
    """Half of the people in Asana are in the directory, and the others are those who come first over SCIM."""
    return f"p{number}@example.com" if number < people // 2 else newcomer(number - people // 2)


def newcomer(number: int) -> str:
    """The address of whoever is added as this one, from 0, of all connections together."""
    return f"new{number}@example.com"


def _compare(sent: Path) -> None:
    from usher.cli.runtime import database

    with database():
        from usher.directory.models import Employee as Stored
        from usher.directory.models import EmployeeChange, Match
        from usher.roster.models import Person

        expected = json.loads(sent.read_text())
        columns = ("key", "pk", "name", "department", "is_active", "is_listed")
        stored = {
            key: [key, str(pk), name, department, is_active and is_listed]
            for key, pk, name, department, is_active, is_listed in Stored.objects.filter(
                key__startswith="new"
            ).values_list(*columns)
        }
        wrong = [each for each in expected["employees"] if stored.get(each[0]) != each]
        if wrong or len(stored) != len(expected["employees"]):
            sys.exit(f"{len(wrong)} employees are not as sent, such as {wrong[:3]}")
        kept = EmployeeChange.objects.count()
        if kept != expected["changes"]:
            sys.exit(f"{expected['changes']} changes were sent, and {kept} are kept")
        newcomers = Stored.objects.filter(key__startswith="new")
        in_asana = newcomers.filter(key__in=Person.objects.values("email"))
        lacking = in_asana.exclude(matches__counts=True)
        if lacking.exists():
            for each in lacking[:5]:
                kinds = list(each.changes.order_by("pk").values_list("kind", "seen_at"))
                print(each.key, each.is_active, each.is_listed, each.addresses, kinds, file=sys.stderr)
            sys.exit(f"{lacking.count():,} of {in_asana.count():,} who are in Asana are not matched")
        if in_asana.count() < newcomers.count():
            print(f"only {in_asana.count():,} are in Asana: give more --people")
        matched = Match.objects.filter(employee__in=newcomers, counts=True).count()
        print(f"none lost: {len(stored):,} employees and {kept:,} changes are as sent; {matched:,} matched")


if __name__ == "__main__":
    main()
