//! Paths below `servers`.

pub const SERVER_TYPE: &str = "Microsoft.Sql/servers";
pub const GROUP_TYPE: &str = "Microsoft.Sql/servers/failoverGroups";
pub const DATABASE_TYPE: &str = "Microsoft.Sql/servers/databases";
pub const POOL_TYPE: &str = "Microsoft.Sql/servers/elasticPools";
pub const LINK_TYPE: &str = "Microsoft.Sql/servers/databases/replicationLinks";
pub const RULE_TYPE: &str = "Microsoft.Sql/servers/virtualNetworkRules";

/// What a path below `servers` names; names are as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerTarget {
    Servers,
    Server(String),
    Databases(String),
    Database(String, String),
    Pools(String),
    Pool(String, String),
    /// Of the server, or of one database.
    Links(String, Option<String>),
    /// Server, database, id of the link.
    Link(String, String, String),
    Rules(String),
    Groups(String),
    Group(String, String),
    /// POST failover, forceFailoverAllowDataLoss, tryPlannedBeforeForcedFailover, in the service's own letter case.
    GroupAction(String, String, &'static str),
}

const ACTIONS: [&str; 3] = ["failover", "forceFailoverAllowDataLoss", "tryPlannedBeforeForcedFailover"];

/// The segments after `servers`.
pub fn parse(rest: &[String]) -> Option<ServerTarget> {
    let folded: Vec<String> = rest.iter().map(|s| s.to_ascii_lowercase()).collect();
    let word = |at: usize| folded.get(at).map(String::as_str);
    let name = |at: usize| rest.get(at).cloned();
    let Some(server) = name(0) else { return Some(ServerTarget::Servers) };
    Some(match (word(1), name(2), rest.len()) {
        (None, None, 1) => ServerTarget::Server(server),
        (Some("databases"), None, 2) => ServerTarget::Databases(server),
        (Some("databases"), Some(database), 3) => ServerTarget::Database(server, database),
        (Some("databases"), Some(database), 4) if word(3) == Some("replicationlinks") => {
            ServerTarget::Links(server, Some(database))
        }
        (Some("databases"), Some(database), 5) if word(3) == Some("replicationlinks") => {
            ServerTarget::Link(server, database, name(4)?)
        }
        (Some("elasticpools"), None, 2) => ServerTarget::Pools(server),
        (Some("elasticpools"), Some(pool), 3) => ServerTarget::Pool(server, pool),
        (Some("replicationlinks"), None, 2) => ServerTarget::Links(server, None),
        (Some("virtualnetworkrules"), None, 2) => ServerTarget::Rules(server),
        (Some("failovergroups"), None, 2) => ServerTarget::Groups(server),
        (Some("failovergroups"), Some(group), 3) => ServerTarget::Group(server, group),
        (Some("failovergroups"), Some(group), 4) => {
            let action = ACTIONS.iter().find(|a| a.eq_ignore_ascii_case(&rest[3]))?;
            ServerTarget::GroupAction(server, group, action)
        }
        _ => return None,
    })
}

impl ServerTarget {
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::Servers => None,
            Self::Server(s)
            | Self::Databases(s)
            | Self::Database(s, _)
            | Self::Pools(s)
            | Self::Pool(s, _)
            | Self::Links(s, _)
            | Self::Link(s, ..)
            | Self::Rules(s)
            | Self::Groups(s)
            | Self::Group(s, _)
            | Self::GroupAction(s, ..) => Some(s),
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Servers | Self::Server(_) => SERVER_TYPE,
            Self::Databases(_) | Self::Database(..) => DATABASE_TYPE,
            Self::Pools(_) | Self::Pool(..) => POOL_TYPE,
            Self::Links(..) | Self::Link(..) => LINK_TYPE,
            Self::Rules(_) => RULE_TYPE,
            Self::Groups(_) | Self::Group(..) | Self::GroupAction(..) => GROUP_TYPE,
        }
    }

    /// Name of the action for access checks (facts: arm-api 9).
    pub fn action(&self, verb: &str) -> String {
        match self {
            Self::GroupAction(_, _, action) => format!("{GROUP_TYPE}/{action}/action"),
            other => format!("{}/{verb}", other.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Option<ServerTarget> {
        parse(&path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn paths_below_servers_are_taken_apart_in_any_letter_case() {
        assert_eq!(at(""), Some(ServerTarget::Servers));
        assert_eq!(at("S1"), Some(ServerTarget::Server("S1".into())));
        assert_eq!(at("s1/FAILOVERgroups/G"), Some(ServerTarget::Group("s1".into(), "G".into())));
        let action = at("s1/failoverGroups/g/tryplannedbeforeforcedfailover");
        assert_eq!(action, Some(ServerTarget::GroupAction("s1".into(), "g".into(), "tryPlannedBeforeForcedFailover")));
        assert_eq!(at("s1/failoverGroups/g/explode"), None);
        assert_eq!(at("s1/nothing"), None);
    }
}
