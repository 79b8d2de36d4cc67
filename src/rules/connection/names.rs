//! Which server of the estate a host name means.

/// Where an instance or a logical server of the estate is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regional {
    /// Name in the estate file.
    pub site: String,
    /// Short name in Azure: the first label of its host name.
    pub label: String,
    pub is_server: bool,
    pub groups: Vec<Covering>,
}

/// A failover group that covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covering {
    pub group: String,
    /// Of a logical server: what the group takes; `None`: whatever is in no other group.
    pub databases: Option<Vec<String>>,
    pub standby: bool,
}

impl Covering {
    pub fn takes(&self, database: &str) -> bool {
        self.databases.as_ref().is_none_or(|all| all.iter().any(|d| d.eq_ignore_ascii_case(database)))
    }
}

/// Through which door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Its own name: bypasses a failover.
    Own,
    /// The public endpoint of an instance (facts: failover-groups 4.3).
    Public,
    /// The name of its private endpoint.
    Private,
}

/// What a host name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named<'a> {
    Regional {
        server: &'a Regional,
        door: Door,
        /// What follows the short name in its own name: zone and suffix, or the suffix alone.
        domain: String,
    },
    Listener {
        group: String,
        is_read_only: bool,
    },
}

/// `None`: no name of the estate's in Azure.
pub fn recognise<'a>(host: &str, estate: &'a [Regional]) -> Option<Named<'a>> {
    let host = host.trim_end_matches('.').to_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    // `database` begins the suffix in every cloud: what stands before is the server's.
    let suffix = labels.iter().position(|l| *l == "database")?;
    if suffix == 0 || suffix + 1 >= labels.len() || labels.iter().any(|l| l.is_empty()) {
        return None;
    }
    let first = labels[0];
    let of_group = |is_server: bool| {
        estate
            .iter()
            .filter(|r| r.is_server == is_server)
            .flat_map(|r| &r.groups)
            .find(|g| g.group.eq_ignore_ascii_case(first))
            .map(|g| g.group.clone())
    };
    let server =
        |is_server: bool| estate.iter().find(|r| r.is_server == is_server && r.label.eq_ignore_ascii_case(first));
    let regional = |server, door, from: usize| Some(Named::Regional { server, door, domain: labels[from..].join(".") });
    let listener = |group, is_read_only| Some(Named::Listener { group, is_read_only });
    match &labels[1..suffix] {
        [] => match (server(true), of_group(true)) {
            (Some(server), _) => regional(server, Door::Own, 1),
            (None, Some(group)) => listener(group, false),
            _ => None,
        },
        ["secondary"] => of_group(true).and_then(|g| listener(g, true)),
        ["privatelink"] => server(true).and_then(|s| regional(s, Door::Private, 2)),
        ["secondary", _zone] => of_group(false).and_then(|g| listener(g, true)),
        ["public", _zone] => server(false).and_then(|s| regional(s, Door::Public, 2)),
        ["privatelink", _zone] => server(false).and_then(|s| regional(s, Door::Private, 2)),
        [_zone] => match (server(false), of_group(false)) {
            (Some(server), _) => regional(server, Door::Own, 1),
            (None, Some(group)) => listener(group, false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
pub(super) fn estate() -> Vec<Regional> {
    let covering = |group: &str, databases: Option<&[&str]>| Covering {
        group: group.to_owned(),
        databases: databases.map(|all| all.iter().map(|d| (*d).to_owned()).collect()),
        standby: false,
    };
    let one = |site: &str, is_server, groups: Vec<Covering>| Regional {
        site: format!("{site}-site"),
        label: site.to_owned(),
        is_server,
        groups,
    };
    let fog = || vec![covering("fog", None)];
    let shop = || vec![covering("shop", Some(&["orders"])), covering("rest", Some(&["stock"]))];
    vec![
        one("mi-a", false, fog()),
        one("mi-b", false, fog()),
        one("mi-alone", false, Vec::new()),
        one("srv-a", true, shop()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds() {
        let estate = estate();
        let is = |host: &str| match recognise(host, &estate) {
            Some(Named::Regional { server, door, domain }) => format!("{} {door:?} {domain}", server.label),
            Some(Named::Listener { group, is_read_only }) => format!("{group} {is_read_only}"),
            None => "-".to_owned(),
        };
        for (host, wanted) in [
            ("MI-A.a1.database.windows.net.", "mi-a Own a1.database.windows.net"),
            ("mi-a.public.a1.database.usgovcloudapi.net", "mi-a Public a1.database.usgovcloudapi.net"),
            ("mi-b.privatelink.a1.database.windows.net", "mi-b Private a1.database.windows.net"),
            ("srv-a.database.windows.net", "srv-a Own database.windows.net"),
            ("fog.a1.database.windows.net", "fog false"),
            ("fog.secondary.a1.database.windows.net", "fog true"),
            ("shop.database.windows.net", "shop false"),
            ("shop.secondary.database.windows.net", "shop true"),
            ("mi-a.database.windows.net", "-"),
            ("srv-a.a1.database.windows.net", "-"),
            ("fog.database.windows.net", "-"),
            ("other.a1.database.windows.net", "-"),
            ("mi-a.a1.database", "-"),
            ("mi-a", "-"),
            ("database.windows.net", "-"),
        ] {
            assert_eq!(is(host), wanted, "{host}");
        }
    }
}
