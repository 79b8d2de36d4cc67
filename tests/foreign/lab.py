"""What the client programs share: reading lab.json, and counting what holds.

A check that fails is printed and counted; `done()` ends the program with 1 if any failed or none ran.
"""

import json
import os
import sys


class Lab:
    """A running lab by its directory."""

    def __init__(self, directory):
        self.directory = directory
        self.ca = os.path.join(directory, "ca.pem")
        with open(os.path.join(directory, "lab.json"), encoding="utf-8") as f:
            self.record = json.load(f)
        self.servers = self.record["servers"]
        self.database = self.record["databases"][0]

    def server(self, kind):
        """The first server of a kind: `sql-server` or `managed-instance`."""
        return next(s for s in self.servers if s["kind"] == kind)

    @staticmethod
    def admin(server):
        """User and password of a sysadmin."""
        login = next(x for x in server["logins"] if x["sysadmin"])
        return login["name"], login["password"]


class Checks:
    """Counts what holds."""

    def __init__(self, client):
        self.client = client
        self.ran = 0
        self.failed = 0

    def that(self, what, found, expected):
        """`found` equals `expected`."""
        self.ran += 1
        if found != expected:
            self.failed += 1
            print(f"FAIL {self.client}: {what}: expected {expected!r}, found {found!r}")

    def true(self, what, found):
        """`found` holds."""
        self.that(what, bool(found), True)

    def fails(self, what, number, call):
        """`call` ends with the server's error `number`, as `error_number` reads it."""
        try:
            call()
        except Exception as e:  # noqa: BLE001, every client has its own classes
            self.that(what, error_number(e), number)
        else:
            self.that(what, "no error", number)

    def done(self):
        print(f"{self.client}: {self.ran - self.failed} of {self.ran} checks hold")
        sys.exit(0 if self.ran and not self.failed else 1)


def error_number(e):
    """Number of the server's error in an exception of pymssql or python-tds."""
    if isinstance(getattr(e, "number", None), int):
        return e.number
    args = getattr(e, "args", ())
    if args and isinstance(args[0], tuple):
        args = args[0]
    return args[0] if args and isinstance(args[0], int) else str(e)
