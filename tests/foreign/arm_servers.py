"""azure-mgmt-sql against the lab's logical servers and their failover groups, as Microsoft's SDK makes and changes them.

Usage: arm_servers.py DIR      (a lab of the scenario sqldb-fog, without groups)
"""

import sys

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from arm_python import Static, client
from lab import Checks, Lab


def code_of(call):
    """The service's error code that a call ends with."""
    try:
        call()
    except HttpResponseError as e:
        return (e.error.code if e.error else None) or e.reason
    return "no error"


def group(partner, databases, **endpoint):
    policy = endpoint or {"failoverPolicy": "Manual"}
    return {
        "properties": {
            "readWriteEndpoint": policy,
            "readOnlyEndpoint": {"failoverPolicy": "Disabled"},
            "partnerServers": [{"id": partner}],
            "databases": databases,
        }
    }


def main():
    lab = Lab(sys.argv[1])
    c = Checks("azure-mgmt-sql servers")
    sql = client(lab, Static(lab.record["arm"]["token"]))
    servers = {s.name: s for s in sql.servers.list()}
    c.that("servers", sorted(servers), ["srv-a", "srv-b"])
    a, b = servers["srv-a"], servers["srv-b"]
    c.that("name in DNS", a.fully_qualified_domain_name, "srv-a.database.windows.net")
    here, there = a.id.split("/")[4], b.id.split("/")[4]
    databases = {d.name: d for d in sql.databases.list_by_server(here, "srv-a")}
    c.that("tier", databases["archive"].sku.tier, "Hyperscale")
    c.true("pool", databases["tenant001"].elastic_pool_id.endswith("/elasticPools/pool-tenants"))
    c.that("pools", [p.name for p in sql.elastic_pools.list_by_server(there, "srv-b")], ["pool-tenants"])
    fogs = sql.failover_groups
    c.that("no groups", list(fogs.list_by_server(here, "srv-a")), [])
    ids = [databases[n].id for n in ("orders", "stock")]

    def create(name, body):
        return fogs.begin_create_or_update(here, "srv-a", name, body).result()

    made = create("sdk-shop", group(b.id, ids))
    c.that("role", made.replication_role, "Primary")
    c.that("state", made.replication_state, "CATCH_UP")
    c.that("databases", sorted(i.rsplit("/", 1)[1] for i in made.databases), ["orders", "stock"])
    other = fogs.get(there, "srv-b", "sdk-shop")
    c.that("the other side", (other.replication_role, other.partner_servers[0].id.lower()), ("Secondary", a.id.lower()))
    c.that("policy", (made.read_write_endpoint.failover_policy, made.read_write_endpoint.failover_with_data_loss_grace_period_minutes), ("Manual", None))
    c.that("a second group's database", code_of(lambda: create("sdk-more", group(b.id, ids[:1]))), "DatabaseBelongsToOtherFailoverGroup")
    grace = group(b.id, [], failoverPolicy="Manual", failoverWithDataLossGracePeriodMinutes=60)
    c.that("grace with manual", code_of(lambda: create("sdk-grace", grace)), "FailoverGroupCreateOrUpdateRequestInvalidReadWriteEndpointFieldsForManualPolicy")
    short = group(b.id, [], failoverPolicy="Automatic", failoverWithDataLossGracePeriodMinutes=30)
    c.that("too short", code_of(lambda: create("sdk-grace", short)), "FailoverGroupCreateOrUpdateRequestLessThanMinimumGracePeriodValues")
    c.that("failover asked of the primary", code_of(lambda: fogs.begin_failover(here, "srv-a", "sdk-shop").result()), "FailoverGroupFailoverRequestOnPrimary")
    after = fogs.begin_failover(there, "srv-b", "sdk-shop").result()
    c.that("planned", after.replication_role, "Primary")
    c.true("ids of the new primary", all("/servers/srv-b/" in i for i in after.databases))
    c.that("deletion asked of the secondary", code_of(lambda: fogs.begin_delete(here, "srv-a", "sdk-shop").result()), "FailoverGroupUpdateOrDeleteRequestOnSecondary")
    back = fogs.begin_try_planned_before_forced_failover(here, "srv-a", "sdk-shop").result()
    c.that("planned before forced", back.replication_role, "Primary")
    less = fogs.begin_update(here, "srv-a", "sdk-shop", {"properties": {"databases": ids[:1]}}).result()
    c.that("the list replaces", less.databases, [databases["orders"].id])
    links = list(sql.replication_links.list_by_server(here, "srv-a"))
    c.that("what left the group stays replicated", sorted(x.id.split("/databases/")[1].split("/")[0] for x in links), ["orders", "stock"])
    zones = [databases[n].id for n in ("archive", "audit")]
    partial = code_of(lambda: create("sdk-archive", group(b.id, zones)))
    c.that("45122", partial, "FailoverGroupCreateOrUpdatePartiallySucceeded")
    held = fogs.get(here, "srv-a", "sdk-archive").databases
    c.that("a part of it stands", [i.rsplit("/", 1)[1] for i in held], ["audit"])
    for name in ("sdk-shop", "sdk-archive"):
        fogs.begin_delete(here, "srv-a", name).result()
    try:
        fogs.get(here, "srv-a", "sdk-shop")
        c.true("gone", False)
    except ResourceNotFoundError as e:
        c.that("gone", e.status_code, 404)
    c.done()


if __name__ == "__main__":
    main()
