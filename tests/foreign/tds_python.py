"""pymssql (FreeTDS inside) and python-tds against a running lab, with the lab's certificate verified.

Usage: tds_python.py DIR        (DIR of `milink lab up`, with a link created; FREETDSCONF names a freetds.conf that
                                 requires encryption, trusts DIR/ca.pem and checks the host name)

For each client and each server: log in, be refused with a wrong password (18456), read a view that does not exist
(208), keep and undo a transaction, bring values of every kind there and back, leave a result half read, and read the
link's rows over three views.
"""

import datetime
import decimal
import os
import sys
import uuid

import pymssql
import pytds

from lab import Checks, Lab

JOIN = """
SELECT ag.group_id, ag.name, ag.is_distributed, ar.replica_id, ar.replica_server_name, ar.endpoint_url,
       ar.availability_mode, ar.availability_mode_desc, ar.failover_mode, ar.session_timeout,
       drs.database_id, drs.is_local, drs.is_primary_replica, drs.synchronization_state,
       drs.synchronization_state_desc, drs.end_of_log_lsn, drs.last_hardened_lsn, drs.last_commit_time,
       drs.log_send_queue_size, drs.redo_queue_size
FROM sys.availability_groups AS ag
JOIN sys.availability_replicas AS ar ON ar.group_id = ag.group_id
JOIN sys.dm_hadr_database_replica_states AS drs ON drs.replica_id = ar.replica_id AND drs.group_id = ag.group_id
WHERE ag.is_distributed = 1
"""
TEXT = "Zażółć gęślą jaźń — 数据库 — 🜂 — \u00a0'];--"
BIG = "ż" * 100_000
BLOB = bytes(range(256)) * 400


def tds(lab, server, password=None, database="master", readonly=False):
    user, secret = lab.admin(server)
    address = server["address"]
    return pytds.connect(
        dsn="localhost", port=address["port"], user=user, password=password or secret, database=database,
        cafile=lab.ca, validate_host=True, autocommit=True, login_timeout=15, timeout=30,
        readonly=readonly,
    )


def dblib(lab, server, password=None, database="master"):
    user, secret = lab.admin(server)
    # `server` is a section of freetds.conf, which says how to verify: no such host exists
    return pymssql.connect(
        server=server["id"], user=user, password=password or secret, database=database, autocommit=True,
        login_timeout=15, timeout=30, tds_version="7.4", port=str(server["address"]["port"]),
    )


def rows(connection, text, parameters=()):
    cursor = connection.cursor()
    cursor.execute(text, parameters) if parameters else cursor.execute(text)
    return cursor.fetchall()


def run(connection, text, parameters=()):
    cursor = connection.cursor()
    cursor.execute(text, parameters) if parameters else cursor.execute(text)
    cursor.close()


def common(c, lab, server, connect):
    """What any client must get."""
    connection = connect(lab, server)
    c.that("@@SERVERNAME", rows(connection, "SELECT @@SERVERNAME")[0][0], server["server_name"])
    encrypted = rows(connection, "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID")
    c.that("the session is encrypted", encrypted[0][0], "TRUE")
    c.fails("wrong password", 18456, lambda: connect(lab, server, password="Wrong1!wrong"))
    c.fails("no such view", 208, lambda: rows(connection, "SELECT * FROM sys.nothing"))
    c.fails("no such column", 207, lambda: rows(connection, "SELECT nothing FROM sys.databases"))
    c.fails("syntax at a keyword", 156, lambda: rows(connection, "SELECT FROM WHERE )"))
    c.fails("syntax", 102, lambda: rows(connection, "SELECT 1 AS a b"))
    c.fails("no such database", 911, lambda: run(connection, "USE nothing"))
    c.that("the session goes on", rows(connection, "SELECT 1")[0][0], 1)
    transactions(c, connection)
    values(c, connection)
    half_read(c, connection)
    connection.close()


def transactions(c, connection):
    run(connection, "CREATE TABLE #t (id int NOT NULL PRIMARY KEY, n nvarchar(50) NULL)")
    run(connection, "BEGIN TRANSACTION")
    run(connection, "INSERT #t VALUES (1, N'a'), (2, N'b')")
    c.that("inside", rows(connection, "SELECT COUNT(*), @@TRANCOUNT FROM #t")[0], (2, 1))
    run(connection, "ROLLBACK")
    c.that("undone", rows(connection, "SELECT COUNT(*), @@TRANCOUNT FROM #t")[0], (0, 0))
    run(connection, "BEGIN TRANSACTION; INSERT #t VALUES (1, N'a'); SAVE TRANSACTION s; INSERT #t VALUES (2, N'b'); "
                    "ROLLBACK TRANSACTION s; COMMIT")
    c.that("kept to the savepoint", [tuple(r) for r in rows(connection, "SELECT id, n FROM #t")], [(1, "a")])
    c.fails("primary key", 2627, lambda: run(connection, "INSERT #t VALUES (1, N'again')"))
    run(connection, "DROP TABLE #t")


def values(c, connection):
    run(connection, "CREATE TABLE #v (t nvarchar(200), big nvarchar(max), blob varbinary(max), at datetime2(7), "
                    "d decimal(38,10), g uniqueidentifier, b bit, i bigint, f float, m money, dt date, x varchar(20))")
    at = datetime.datetime(2026, 2, 28, 23, 59, 59, 123456)
    number = decimal.Decimal("1234567890123456789012345678.0123456789")
    identity = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
    run(connection, "INSERT #v (t, big, blob, at, d, g, b, i, f, m, dt, x) VALUES "
                    "(%s, %s, %s, '2026-02-28T23:59:59.1234560', 1234567890123456789012345678.0123456789, "
                    "'6F9619FF-8B86-D011-B42D-00C04FC964FF', 1, -9223372036854775808, 0.1, -12.3456, '0001-01-01', 'x')",
        (TEXT, BIG, BLOB if isinstance(connection, pymssql.Connection) else pytds.Binary(BLOB)))
    found = rows(connection, "SELECT t, big, blob, at, d, g, b, i, f, m, dt, x FROM #v")[0]
    c.that("nvarchar", found[0], TEXT)
    c.that("nvarchar(max)", (len(found[1]), found[1] == BIG), (len(BIG), True))
    c.that("varbinary(max)", (len(found[2]), bytes(found[2]) == BLOB), (len(BLOB), True))
    c.that("datetime2(7)", found[3], at)
    c.that("decimal(38,10)", found[4], number)
    c.that("uniqueidentifier", uuid.UUID(str(found[5])), identity)
    c.that("bit, bigint, float", (found[6], found[7], found[8]), (True, -(2**63), 0.1))
    c.that("money", decimal.Decimal(found[9]), decimal.Decimal("-12.3456"))
    c.that("date", str(found[10]), "0001-01-01")
    c.that("varchar", found[11], "x")
    c.that("what the server holds", tuple(rows(connection, "SELECT LEN(big), DATALENGTH(blob) FROM #v")[0]),
           (len(BIG), len(BLOB)))
    run(connection, "DROP TABLE #v")


def half_read(c, connection):
    cursor = connection.cursor()
    cursor.execute("WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
                   "SELECT (a.i - 1) * 100 + b.i AS i, REPLICATE(N'x', 200) AS pad FROM n AS a CROSS JOIN n AS b "
                   "ORDER BY 1")
    c.that("first rows", [cursor.fetchone()[0] for _ in range(3)], [1, 2, 3])
    cursor.close()
    c.that("the rest was given up", rows(connection, "SELECT 42")[0][0], 42)


def join(c, lab, connection, server):
    """The link's rows, and the types of their columns as the server stores them."""
    found = rows(connection, JOIN)
    link = lab.database["link"]
    names = [r[1] for r in found]
    c.true("there is a row of the link", names and set(names) == {link})
    c.that("one row is local", sum(1 for r in found if r[11]), 1)
    primary = server["kind"] == "sql-server"
    c.that("rows on this side", len(found), 2 if primary else 1)
    local = next(r for r in found if r[11])
    c.that("who is primary", bool(local[12]), primary)
    c.that("state", local[14], "SYNCHRONIZING")
    c.true("end of log is a number", isinstance(local[15], decimal.Decimal) and local[15] > 10**15)
    c.true("time of the last commit", isinstance(local[17], datetime.datetime))


def main():
    lab = Lab(sys.argv[1])
    failed = 0
    for name, connect in (("python-tds", tds), ("pymssql", dblib)):
        c = Checks(name)
        for server in (lab.server("sql-server"), lab.server("managed-instance")):
            common(c, lab, server, connect)
            connection = connect(lab, server)
            join(c, lab, connection, server)
            connection.close()
        try:
            c.done()
        except SystemExit as end:
            failed += bool(end.code)
    try:
        user, secret = lab.admin(lab.servers[0])
        pytds.connect(dsn="127.0.0.2", port=lab.servers[0]["address"]["port"], user=user, password=secret,
                      cafile=os.devnull, login_timeout=5)
        print("FAIL python-tds: a certificate of an unknown authority was taken")
        failed += 1
    except Exception:  # noqa: BLE001, any refusal will do
        pass
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
