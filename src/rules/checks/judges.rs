//! Ids to functions. A test holds this list equal to `registry.toml`.

use super::agent;
use super::around;
use super::azure;
use super::case::Case;
use super::case::Judged;
use super::certificate;
use super::database;
use super::drill;
use super::endpoint;
use super::group;
use super::instance;
use super::link;
use super::login;
use super::managed;
use super::network;
use super::permission;

type Judge = fn(&Case<'_>) -> Judged;

const JUDGES: &[(&str, Judge)] = &[
    ("instance.build", instance::build),
    ("instance.edition", instance::edition),
    ("instance.system", instance::system),
    ("instance.link_procedures", instance::procedures),
    ("instance.hadr", instance::hadr),
    ("instance.trace_flags", instance::trace_flags),
    ("instance.server_name", instance::server_name),
    ("instance.master_key", instance::master_key),
    ("instance.clustered", instance::clustered),
    ("instance.named", instance::named),
    ("instance.collation", instance::collation),
    ("instance.time_zone", instance::time_zone),
    ("instance.clocks", permission::clocks),
    ("permission.watch_source", permission::watch_source),
    ("permission.watch_target", permission::watch_target),
    ("permission.change_source", permission::change_source),
    ("permission.change_target", permission::change_target),
    ("permission.azure", azure::permissions),
    ("managed.reachable", managed::reachable),
    ("managed.state", managed::state),
    ("managed.operations", azure::operations),
    ("managed.locks", azure::locks),
    ("managed.failover_group", managed::failover_group),
    ("managed.database_limit", managed::database_limit),
    ("managed.storage", managed::storage),
    ("managed.file_count", managed::file_count),
    ("managed.file_size", managed::file_size),
    ("managed.disks", managed::disks),
    ("managed.capacity", around::capacity),
    ("managed.log_rate", around::log_rate),
    ("managed.encryption_protector", around::protector),
    ("database.exists", database::exists),
    ("database.user", database::is_user),
    ("database.recovery_model", database::recovery_model),
    ("database.full_backup", database::full_backup),
    ("database.log_files", database::log_files),
    ("database.filestream", database::filestream),
    ("database.memory_optimized", database::memory_optimized),
    ("database.defunct_files", database::defunct),
    ("database.reserved_names", database::reserved_names),
    ("database.read_write", database::writable),
    ("database.auto_close", database::auto_close),
    ("database.compatibility", database::compatibility),
    ("database.encryption", database::encryption),
    ("database.accelerated_recovery", database::accelerated),
    ("database.version_store", database::version_store),
    ("database.broker", database::broker),
    ("database.replication", database::replication),
    ("database.change_capture", database::cdc),
    ("database.log_shipping", around::log_shipping),
    ("database.log_space", around::log_space),
    ("database.log_backup", around::log_backup),
    ("database.owner", database::owner),
    ("database.trusted", database::trusted),
    ("database.master_key", database::own_master_key),
    ("database.name_free", database::name_free),
    ("database.readable_copy", database::readable),
    ("database.cross_database", around::other_databases),
    ("database.long_transactions", around::long_transactions),
    ("link.name", azure::link_name),
    ("link.mode", azure::link_mode),
    ("link.state", azure::link_state),
    ("link.direction", database::direction),
    ("link.healthy", link::healthy),
    ("link.lag", link::lag),
    ("link.redo", link::redo),
    ("link.send_queue", link::send_queue),
    ("link.suspended", group::suspended),
    ("endpoint.settings", endpoint::settings),
    ("endpoint.port", endpoint::port),
    ("endpoint.connected", endpoint::connected),
    ("network.nsg_inbound", network::nsg_inbound),
    ("network.nsg_outbound", network::nsg_outbound),
    ("network.route", network::route),
    ("network.reached", network::reached),
    ("network.proven", network::proven),
    ("certificate.endpoint", certificate::endpoint),
    ("certificate.expiry", certificate::expiry),
    ("certificate.on_managed", certificate::on_managed),
    ("certificate.imported", certificate::imported_right),
    ("certificate.roots", certificate::roots),
    ("group.alone", group::alone),
    ("group.names", group::names),
    ("group.contained", around::contained),
    ("group.listener", around::listener),
    ("objects.logins", login::same_sid),
    ("objects.login_rights", login::alike),
    ("objects.windows_logins", login::windows),
    ("objects.orphans", login::orphans),
    ("objects.back_doors", login::back_doors),
    ("objects.required", login::required),
    ("objects.jobs", agent::jobs),
    ("objects.jobs_disabled", agent::jobs_disabled),
    ("objects.job_steps", agent::job_steps),
    ("objects.linked_servers", agent::linked_servers),
    ("objects.linked_callers", around::callers),
    ("objects.credentials", agent::credentials),
    ("objects.operators", agent::operators),
    ("objects.smoke_test", login::smoke_test),
    ("drill.recent", drill::recent),
];

pub(super) fn of(id: &str) -> Option<Judge> {
    JUDGES.iter().find(|(name, _)| *name == id).map(|(_, judge)| *judge)
}

#[cfg(test)]
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    JUDGES.iter().map(|(id, _)| *id)
}
