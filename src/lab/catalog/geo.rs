//! Geo-replication, as a database sees its own (facts: failover-groups 10.2).

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::tsql::value::Value;
use crate::lab::world::values;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    if view != "sys.dm_geo_replication_link_status" {
        return None;
    }
    // Empty in `master` and in whatever is in no group.
    let Some(geo) = &c.db.geo else { return Some(Vec::new()) };
    let (state, state_desc) = geo.state.code();
    let (role, role_desc) = if geo.primary { (0, "PRIMARY") } else { (1, "SECONDARY") };
    let partner = geo.partner.split('.').next().unwrap_or_default();
    let last = geo.last_replication.map_or(Value::Null, values::datetime_offset);
    // On a secondary the lag says nothing.
    let lag = geo.lag_s.filter(|_| geo.primary && geo.connected).map_or(Value::Null, Value::Int);
    let commit = c.db.last_commit_time.map_or(Value::Null, values::datetime_offset);
    Some(vec![row! {
        "link_guid" => geo.link,
        "partner_server" => partner,
        "partner_database" => c.db.name.as_str(),
        "last_replication" => last,
        "replication_lag_sec" => lag,
        "replication_state" => Value::TinyInt(state),
        "replication_state_desc" => state_desc,
        "role" => Value::TinyInt(role),
        "role_desc" => role_desc,
        "secondary_allow_connections" => Value::TinyInt(2),
        "secondary_allow_connections_desc" => "All",
        "last_commit" => commit,
    }])
}
