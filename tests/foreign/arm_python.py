"""azure-mgmt-sql against the lab's Resource Manager, over HTTPS with the lab's certificate verified.

Usage: arm_python.py DIR

Lists and reads the managed instance and its links with the vendor's own SDK, and compares them with lab.json. The
token is the one of lab.json; a second client takes one from the identity endpoint, as `ManagedIdentityCredential` does.
"""

import os
import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.sql import SqlManagementClient

from lab import Checks, Lab


class Static:
    """A token that was handed over."""

    def __init__(self, token):
        self.token = token

    def get_token(self, *_scopes, **_options):
        return AccessToken(self.token, int(time.time()) + 3000)


def client(lab, credential):
    arm = lab.record["arm"]
    return SqlManagementClient(
        credential, arm["subscription"], base_url=arm["endpoint"], connection_verify=lab.ca,
        credential_scopes=["https://management.core.windows.net//.default"], retry_total=0,
    )


def main():
    lab = Lab(sys.argv[1])
    c = Checks("azure-mgmt-sql")
    arm = lab.record["arm"]
    group = arm["resource_group"]
    sql = client(lab, Static(arm["token"]))
    instances = list(sql.managed_instances.list_by_resource_group(group))
    server = lab.server("managed-instance")
    c.that("names in DNS", [i.fully_qualified_domain_name for i in instances], [server["server_name"]])
    instance = sql.managed_instances.get(group, instances[0].name)
    c.that("state", instance.state, "Ready")
    c.that("same over the subscription", [i.id for i in sql.managed_instances.list()], [instance.id])
    links = list(sql.distributed_availability_groups.list_by_instance(group, instance.name))
    expected = [d["link"] for d in lab.record["databases"]]
    c.that("links", sorted(x.name for x in links), sorted(expected))
    link = sql.distributed_availability_groups.get(group, instance.name, expected[0])
    c.that("type", link.type, "Microsoft.Sql/managedInstances/distributedAvailabilityGroups")
    c.true("id", link.id.endswith(f"/managedInstances/{instance.name}/distributedAvailabilityGroups/{expected[0]}"))
    databases = [d.name for d in sql.managed_databases.list_by_instance(group, instance.name)]
    c.true("the copy is listed", lab.database["name"] in databases)
    try:
        sql.distributed_availability_groups.get(group, instance.name, "nothing")
        c.true("no such link is 404", False)
    except ResourceNotFoundError as e:
        c.that("no such link", e.status_code, 404)
    try:
        list(client(lab, Static("wrong")).managed_instances.list())
        c.true("a wrong token is refused", False)
    except (ClientAuthenticationError, HttpResponseError) as e:
        c.that("wrong token", e.status_code, 401)
    os.environ["IDENTITY_ENDPOINT"] = arm["identity_endpoint"]
    os.environ["IDENTITY_HEADER"] = "lab"
    from azure.identity import ManagedIdentityCredential

    identity = client(lab, ManagedIdentityCredential())
    c.that("managed identity", [i.id for i in identity.managed_instances.list()], [instance.id])
    c.done()


if __name__ == "__main__":
    main()
