//! The server itself: configuration, hardware, services, messages, counters, linked servers, endpoints of T-SQL.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::tsql::value::Value;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::messages;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    Some(match view {
        "sys.configurations" => configurations(c),
        "sys.servers" => servers(c),
        "sys.linked_logins" => linked_logins(c),
        "sys.messages" => messages::TEMPLATES
            .iter()
            .map(|t| {
                row! { "message_id" => t.number, "language_id" => 1033, "severity" => t.severity, "is_event_logged" => t.severity >= 19, "text" => t.text }
            })
            .collect(),
        "sys.dm_os_sys_info" => vec![sys_info(c)],
        "sys.dm_os_host_info" => vec![host_info(c)],
        "sys.dm_os_windows_info" if c.config.linux => Vec::new(),
        "sys.dm_os_windows_info" => vec![row! {
            "windows_release" => "10.0", "windows_service_pack_level" => "", "windows_sku" => 7, "os_language_version" => 1033,
        }],
        "sys.dm_server_services" => services(c),
        "sys.dm_os_performance_counters" => counters(c),
        "sys.dm_os_wait_stats" => wait_stats(c),
        "sys.server_resource_stats" => resource_stats(c),
        "sys.fn_helpcollations" => [("SQL_Latin1_General_CP1_CI_AS", "Latin1-General, case-insensitive, accent-sensitive, kanatype-insensitive, width-insensitive for Unicode Data, SQL Server Sort Order 52 on Code Page 1252 for non-Unicode Data"), ("Latin1_General_CI_AS", "Latin1-General, case-insensitive, accent-sensitive, kanatype-insensitive, width-insensitive"), ("Latin1_General_100_CI_AS", "Latin1-General-100, case-insensitive, accent-sensitive, kanatype-insensitive, width-insensitive")]
            .into_iter()
            .map(|(n, d)| row! { "name" => n, "description" => d })
            .collect(),
        _ => return None,
    })
}

fn configurations(c: &Ctx<'_>) -> Vec<ViewRow> {
    c.state
        .server
        .configuration
        .iter()
        .map(|o| {
            row! {
                "configuration_id" => o.id, "name" => o.name, "value" => o.value, "minimum" => o.min, "maximum" => o.max,
                "value_in_use" => o.in_use, "description" => o.name, "is_dynamic" => o.dynamic, "is_advanced" => o.advanced,
            }
        })
        .collect()
}

fn servers(c: &Ctx<'_>) -> Vec<ViewRow> {
    let name = &c.config.server_name;
    let own = row! {
        "server_id" => 0, "name" => name, "product" => "SQL Server", "provider" => "SQLNCLI", "data_source" => name,
        "connect_timeout" => 0, "query_timeout" => 0, "is_remote_login_enabled" => true, "is_rpc_out_enabled" => true,
        "uses_remote_collation" => true, "is_subscriber" => false, "is_distributor" => false,
        "is_nonsql_subscriber" => false, "is_remote_proc_transaction_promotion_enabled" => true,
        "modify_date" => c.state.server.started, "is_rda_server" => false,
    };
    let linked = c.state.server.linked_servers.values().map(|s| {
        row! {
            "server_id" => s.id, "name" => &s.name, "product" => &s.product, "provider" => &s.provider,
            "data_source" => s.data_source.clone(), "catalog" => s.catalog.clone(), "connect_timeout" => 0,
            "query_timeout" => 0, "is_linked" => true, "is_rpc_out_enabled" => s.rpc_out,
            "is_data_access_enabled" => s.data_access, "uses_remote_collation" => true, "is_subscriber" => false,
            "is_distributor" => false, "is_nonsql_subscriber" => false,
            "is_remote_proc_transaction_promotion_enabled" => true, "modify_date" => s.modified, "is_rda_server" => false,
        }
    });
    std::iter::once(own).chain(linked).collect()
}

fn linked_logins(c: &Ctx<'_>) -> Vec<ViewRow> {
    if !c.state.may(c.cx, "ALTER ANY LOGIN") && !c.sees_all() {
        return Vec::new();
    }
    let mut out = vec![row! {
        "server_id" => 0, "local_principal_id" => 0, "uses_self_credential" => true, "modify_date" => c.state.server.started,
    }];
    for s in c.state.server.linked_servers.values() {
        for (local, own, remote) in &s.logins {
            out.push(row! {
                "server_id" => s.id, "local_principal_id" => *local, "uses_self_credential" => *own,
                "remote_name" => remote.clone(), "modify_date" => s.modified,
            });
        }
    }
    out
}

fn sys_info(c: &Ctx<'_>) -> ViewRow {
    let s = &c.state.server;
    let up = (c.now - s.started).whole_milliseconds().max(0) as i64;
    let booted = 60_000;
    row! {
        "cpu_ticks" => (up + booted) * 2_500_000, "ms_ticks" => up + booted, "cpu_count" => s.cpu_count, "hyperthread_ratio" => s.cpu_count,
        "physical_memory_kb" => s.memory_kb, "virtual_memory_kb" => 137_438_953_344i64, "committed_kb" => s.memory_kb / 2,
        "committed_target_kb" => s.memory_kb / 4 * 3, "visible_target_kb" => s.memory_kb / 4 * 3,
        "stack_size_in_bytes" => 2_093_056, "os_quantum" => 4i64, "os_error_mode" => 5, "os_priority_class" => 32,
        "max_workers_count" => 576, "scheduler_count" => s.cpu_count, "scheduler_total_count" => s.cpu_count + 12,
        "sqlserver_start_time_ms_ticks" => booted, "sqlserver_start_time" => s.started, "affinity_type" => 2,
        "affinity_type_desc" => "AUTO", "time_source_desc" => "QUERY_PERFORMANCE_COUNTER", "virtual_machine_type" => 1,
        "virtual_machine_type_desc" => "HYPERVISOR", "softnuma_configuration_desc" => "OFF",
        "process_physical_affinity" => "{{0,ff}}", "sql_memory_model" => 1, "sql_memory_model_desc" => "CONVENTIONAL",
        "socket_count" => 1, "cores_per_socket" => s.cpu_count, "numa_node_count" => 1, "container_type_desc" => "NONE",
    }
}

fn host_info(c: &Ctx<'_>) -> ViewRow {
    if c.config.linux {
        row! {
            "host_platform" => "Linux", "host_distribution" => "Ubuntu", "host_release" => "22.04",
            "host_service_pack_level" => "", "os_language_version" => 0, "host_architecture" => "X64",
        }
    } else {
        row! {
            "host_platform" => "Windows", "host_distribution" => distribution(c), "host_release" => "10.0",
            "host_service_pack_level" => "", "host_sku" => 8, "os_language_version" => 1033, "host_architecture" => "X64",
        }
    }
}

/// `Windows Server 2022 Datacenter`, without the number behind it.
fn distribution(c: &Ctx<'_>) -> String {
    let text = c.config.installed.system.as_deref().unwrap_or("Windows Server 2022 Datacenter 10.0");
    text.split(" 10.0").next().unwrap_or(text).to_owned()
}

fn services(c: &Ctx<'_>) -> Vec<ViewRow> {
    let instance = c.config.server_name.split_once('\\').map_or("MSSQLSERVER", |(_, i)| i);
    let service = |name: String, running: bool, account: &str| {
        row! {
            "servicename" => name, "startup_type" => 2, "startup_type_desc" => "Automatic",
            "status" => if running { 4 } else { 1 }, "status_desc" => if running { "Running" } else { "Stopped" },
            "process_id" => running.then_some(4242), "last_startup_time" => running.then_some(c.state.server.started),
            "service_account" => account, "filename" => "sqlservr.exe", "is_clustered" => "N",
            "instant_file_initialization_enabled" => "Y",
        }
    };
    vec![
        service(format!("SQL Server ({instance})"), true, r"NT Service\MSSQLSERVER"),
        service(format!("SQL Server Agent ({instance})"), c.state.server.agent_running, r"NT Service\SQLSERVERAGENT"),
    ]
}

const PER_SECOND: i32 = 272_696_576;
const RAW: i32 = 65_792;

fn counters(c: &Ctx<'_>) -> Vec<ViewRow> {
    let prefix = match (c.config.is_managed(), c.config.server_name.split_once('\\')) {
        (true, _) => format!("MSSQL${}", c.config.id.to_uppercase()),
        (false, Some((_, i))) => format!("MSSQL${i}"),
        (false, None) => "SQLServer".to_owned(),
    };
    let s = &c.state.server;
    let mut out = Vec::new();
    let mut add = |object: &str, counter: &str, instance: &str, value: i64, kind: i32| {
        out.push(row! {
            "object_name" => format!("{prefix}:{object}"), "counter_name" => counter, "instance_name" => instance,
            "cntr_value" => value, "cntr_type" => kind,
        });
    };
    let sessions = c.state.sessions.sessions.len() as i64;
    add("General Statistics", "User Connections", "", sessions, RAW);
    add("SQL Statistics", "Batch Requests/sec", "", s.batches, PER_SECOND);
    let mut totals = [0i64; 3];
    for d in c.state.databases.values() {
        let key = d.name.to_lowercase();
        let get = |m: &std::collections::BTreeMap<String, i64>| m.get(&key).copied().unwrap_or(0);
        let (transactions, writes, log) = (get(&s.transactions), get(&s.write_transactions), get(&s.log_bytes_flushed));
        let name = if c.config.is_managed() && !d.is_system() { d.guid.to_string() } else { d.name.clone() };
        add("Databases", "Transactions/sec", &name, transactions, PER_SECOND);
        add("Databases", "Write Transactions/sec", &name, writes, PER_SECOND);
        add("Databases", "Log Bytes Flushed/sec", &name, log, PER_SECOND);
        add("Databases", "Log File(s) Used Size (KB)", &name, (d.log_bytes_used / 1024) as i64, RAW);
        add("Databases", "Log File(s) Size (KB)", &name, (d.log_bytes_size / 1024) as i64, RAW);
        add("Databases", "Data File(s) Size (KB)", &name, (d.size_bytes() / 1024) as i64, RAW);
        for (t, v) in totals.iter_mut().zip([transactions, writes, log]) {
            *t += v;
        }
    }
    add("Databases", "Transactions/sec", "_Total", totals[0], PER_SECOND);
    add("Databases", "Write Transactions/sec", "_Total", totals[1], PER_SECOND);
    add("Databases", "Log Bytes Flushed/sec", "_Total", totals[2], PER_SECOND);
    for p in &c.state.hadr.groups.values().flat_map(|g| &g.progress).collect::<Vec<_>>() {
        add("Database Replica", "Log Send Queue", &p.database, p.send_queue_bytes / 1024, RAW);
        add("Database Replica", "Recovery Queue", &p.database, p.redo_queue_bytes / 1024, RAW);
    }
    out
}

fn wait_stats(c: &Ctx<'_>) -> Vec<ViewRow> {
    let waiting = |kind: &str| {
        c.state.sessions.sessions.values().filter(|s| s.waiting.as_ref().is_some_and(|w| w.0 == kind)).count() as i64
    };
    ["LCK_M_X", "LCK_M_S", "HADR_SYNC_COMMIT", "WRITELOG"]
        .into_iter()
        .map(|k| row! { "wait_type" => k, "waiting_tasks_count" => waiting(k) })
        .collect()
}

fn resource_stats(c: &Ctx<'_>) -> Vec<ViewRow> {
    let InstanceKind::Managed { tier, vcores, storage_gb, name, .. } = &c.config.kind else { return Vec::new() };
    let used: u64 = c.state.databases.values().map(|d| d.size_bytes() + d.log_bytes_size).sum();
    vec![row! {
        "start_time" => c.now - time::Duration::seconds(15), "end_time" => c.now, "resource_type" => "AzureSqlManagedInstance",
        "resource_name" => name, "sku" => tier, "hardware_generation" => "Gen5", "virtual_core_count" => *vcores as i32,
        "avg_cpu_percent" => Value::Decimal { unscaled: 150, scale: 2 },
        "reserved_storage_mb" => i64::from(*storage_gb) * 1024,
        "storage_space_used_mb" => Value::Decimal { unscaled: i128::from(used / 1024 * 100 / 1024), scale: 2 },
    }]
}
