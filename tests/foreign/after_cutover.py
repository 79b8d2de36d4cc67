"""Who takes writes after a cutover that kept the link: python-tds, with the lab's certificate verified.

Usage: after_cutover.py DIR     (a `two-way` lab after `milink cutover run`)

The managed instance reads and writes; the SQL Server reads only through its group and refuses writes.
"""

import sys

from lab import Checks, Lab
from tds_python import rows, run, tds


def main():
    lab = Lab(sys.argv[1])
    c = Checks("after the cutover")
    name = lab.database["name"]
    managed = tds(lab, lab.server("managed-instance"), database=name)
    state = "SELECT CONVERT(nvarchar(60), DATABASEPROPERTYEX(DB_NAME(), 'Updateability'))"
    c.that("managed instance", rows(managed, state)[0][0], "READ_WRITE")
    run(managed, "CREATE TABLE dbo.after_cutover (id int NOT NULL PRIMARY KEY)")
    run(managed, "INSERT dbo.after_cutover VALUES (1)")
    c.that("a row is kept", rows(managed, "SELECT COUNT(*) FROM dbo.after_cutover")[0][0], 1)
    run(managed, "DROP TABLE dbo.after_cutover")
    role = ("SELECT ars.role_desc FROM sys.availability_groups ag JOIN sys.dm_hadr_availability_replica_states ars "
            "ON ars.group_id = ag.group_id WHERE ag.is_distributed = 1 AND ars.is_local = 1")
    c.that("role of the managed instance", rows(managed, role)[0][0], "PRIMARY")
    server = lab.server("sql-server")
    old = tds(lab, server)
    c.that("role of the SQL Server", rows(old, role)[0][0], "SECONDARY")
    read = f"SELECT COUNT(*) FROM [{name}].dbo.account"
    write = f"UPDATE [{name}].dbo.account SET balance = balance WHERE account_id = 0"
    intent = tds(lab, server, readonly=True)
    for allowed, plain, intended, written in (("NO", 976, 976, 976), ("READ_ONLY", 978, None, 978),
                                              ("ALL", None, None, 3906)):
        run(old, f"ALTER AVAILABILITY GROUP [AG_{name}] MODIFY REPLICA ON N'{server['server_name']}' "
                 f"WITH (SECONDARY_ROLE (ALLOW_CONNECTIONS = {allowed}))")
        for session, expected in ((old, plain), (intent, intended)):
            what = f"a read, connections allowed: {allowed}, intent: {session is intent}"
            if expected is None:
                c.true(what, rows(session, read)[0][0] > 0)
            else:
                c.fails(what, expected, lambda s=session: rows(s, read))
        c.fails(f"a write, connections allowed: {allowed}", written, lambda: run(old, write))
    c.done()


if __name__ == "__main__":
    main()
