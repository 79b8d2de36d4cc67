//! Databases and their files and logs.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::world::database::Database;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::options::FileSpec;
use crate::lab::world::values::IntoValue;

const PAGE: u64 = 8192;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    Some(match view {
        "sys.databases" => visible(c).map(|d| database(c, d)).collect(),
        "sys.master_files" => visible(c).flat_map(|d| d.options.files.iter().map(|f| file(d, f))).collect(),
        "sys.database_files" => c.db.options.files.iter().map(|f| file(c.db, f)).collect(),
        "sys.database_recovery_status" => visible(c).map(recovery_status).collect(),
        "sys.dm_db_log_stats" => log_stats(c),
        "sys.service_queues" => queues(c),
        "sys.dm_db_log_space_usage" => vec![log_space(c.db)],
        "sys.dm_database_encryption_keys" => {
            c.state.databases.values().filter(|d| d.options.encryption_state > 0).map(encryption_key).collect()
        }
        "sys.filegroups" => {
            let mut all = vec![filegroup(1, "PRIMARY", "FG")];
            all.extend(c.db.options.filegroups.iter().map(|g| filegroup(g.id, &g.name, &g.kind)));
            for row in &mut all {
                row.extend(row! { "is_read_only" => false, "is_autogrow_all_files" => false });
            }
            all
        }
        "sys.data_spaces" => {
            let own = c.db.options.filegroups.iter().map(|g| filegroup(g.id, &g.name, &g.kind));
            std::iter::once(filegroup(1, "PRIMARY", "FG")).chain(own).collect()
        }
        "sys.database_mirroring" => visible(c).map(|d| row! { "database_id" => d.id }).collect(),
        "sys.sql_expression_dependencies" => c.db.options.refers_to.iter().map(|name| row! { "referencing_id" => 1, "referencing_class" => 1u8, "referenced_class" => 1u8, "referenced_database_name" => name, "referenced_entity_name" => "t" }).collect(),
        "sys.dm_tran_persistent_version_store_stats" => visible(c)
            .filter(|d| d.options.bit("is_accelerated_database_recovery_on"))
            .map(|d| row! { "database_id" => d.id, "pvs_filegroup_id" => d.options.version_store, "persistent_version_store_size_kb" => 0i64 })
            .collect(),
        "sys.database_query_store_options" => vec![query_store(c.db)],
        "sys.database_scoped_configurations" => scoped(),
        "sys.dm_io_virtual_file_stats" => c
            .state
            .databases
            .values()
            .filter(|d| c.int_arg(0).is_none_or(|id| id == i64::from(d.id)))
            .flat_map(|d| d.options.files.iter().map(move |f| (d, f)))
            .filter(|(_, f)| c.int_arg(1).is_none_or(|id| id == i64::from(f.file_id)))
            .map(|(d, f)| {
                let written = if f.kind == 1 { log_written(c, d) } else { 0 };
                row! {
                    "database_id" => d.id, "file_id" => f.file_id, "num_of_bytes_written" => written,
                    "num_of_writes" => written / 4096, "num_of_reads" => 0i64, "num_of_bytes_read" => 0i64,
                    "io_stall" => 0i64, "io_stall_read_ms" => 0i64, "io_stall_write_ms" => 0i64,
                    "sample_ms" => (c.now - c.state.server.started).whole_milliseconds() as i64,
                    "size_on_disk_bytes" => pages(d, f) as u64 * PAGE,
                }
            })
            .collect(),
        "sys.dm_os_volume_stats" => volume(c),
        _ => return None,
    })
}

fn filegroup(id: i32, name: &str, kind: &str) -> ViewRow {
    let desc = match kind {
        "FD" => "FILESTREAM_DATA_FILEGROUP",
        "FX" => "MEMORY_OPTIMIZED_DATA_FILEGROUP",
        _ => "ROWS_FILEGROUP",
    };
    row! {
        "name" => name, "data_space_id" => id, "type" => kind, "type_desc" => desc, "is_default" => id == 1,
        "is_system" => false,
    }
}

/// Databases whose rows the session sees: VIEW ANY DATABASE, or its own, master and tempdb.
fn visible<'a>(c: &'a Ctx<'_>) -> impl Iterator<Item = &'a Database> {
    let all = c.state.may(c.cx, "VIEW ANY DATABASE");
    let mut list: Vec<&Database> = c
        .state
        .databases
        .values()
        .filter(move |d| all || d.id <= 2 || d.name.eq_ignore_ascii_case(&c.cx.database))
        .collect();
    list.sort_by_key(|d| d.id);
    list.into_iter()
}

fn database(c: &Ctx<'_>, d: &Database) -> ViewRow {
    let o = &d.options;
    let open = crate::lab::world::access::usable(d, c.cx).is_ok();
    let (reuse, reuse_desc) = reuse_wait(c.state, d);
    let replica = d.ag.as_ref().and_then(|g| c.state.hadr.groups.get(&g.to_lowercase())).and_then(|g| {
        g.replicas.iter().find(|r| r.name.eq_ignore_ascii_case(&c.config.server_name)).map(|r| r.replica_id)
    });
    let levels = ["MULTI_USER", "SINGLE_USER", "RESTRICTED_USER"];
    let durability = ["DISABLED", "ALLOWED", "FORCED"];
    let verify = ["NONE", "TORN_PAGE_DETECTION", "CHECKSUM"];
    let word = |list: &[&'static str; 3], at: u8| list[usize::from(at.min(2))];
    let mut r: ViewRow = row! {
        "name" => &d.name,
        "database_id" => d.id,
        "owner_sid" => &o.owner_sid,
        "create_date" => d.create_date,
        "compatibility_level" => o.compatibility_level,
        "collation_name" => open.then_some(&o.collation),
        "user_access" => o.user_access,
        "user_access_desc" => word(&levels, o.user_access),
        "state" => d.state as u8,
        "state_desc" => d.state_desc(),
        "is_in_standby" => false,
        "is_cleanly_shutdown" => d.state == DatabaseState::Offline,
        "is_supplemental_logging_enabled" => false,
        "recovery_model" => o.recovery_model,
        "recovery_model_desc" => o.recovery_desc(),
        "page_verify_option" => o.page_verify,
        "page_verify_option_desc" => word(&verify, o.page_verify),
        "service_broker_guid" => o.service_broker_guid,
        "log_reuse_wait" => reuse,
        "log_reuse_wait_desc" => reuse_desc,
        "is_encrypted" => o.encryption_state == 3,
        "is_master_key_encrypted_by_server" => d.data.master_key.as_ref().is_some_and(|k| k.by_server),
        "replica_id" => replica,
        "group_database_id" => d.group_database_id,
        "containment" => o.containment,
        "containment_desc" => if o.containment == 1 { "PARTIAL" } else { "NONE" },
        "target_recovery_time_in_seconds" => o.target_recovery_s,
        "delayed_durability" => i32::from(o.delayed_durability),
        "delayed_durability_desc" => word(&durability, o.delayed_durability),
        "resource_pool_id" => 1,
        "is_temporal_history_retention_enabled" => true,
        "is_mixed_page_allocation_on" => d.id == 1 || d.id == 3 || d.id == 4,
        "catalog_collation_type" => 0,
        "catalog_collation_type_desc" => "DATABASE_DEFAULT",
        "physical_database_name" => if c.config.is_managed() && !d.is_system() { d.guid.to_string() } else { d.name.clone() },
        "is_memory_optimized_enabled" => true,
    };
    let snapshot = o.bit("snapshot_isolation");
    r.insert("snapshot_isolation_state", u8::from(snapshot).v());
    r.insert("snapshot_isolation_state_desc", if snapshot { "ON" } else { "OFF" }.v());
    for column in BITS {
        r.entry(column).or_insert_with(|| o.bit(column).v());
    }
    r
}

/// Bit columns of `sys.databases` that are plain options.
const BITS: [&str; 52] = [
    "is_read_only",
    "is_auto_close_on",
    "is_auto_shrink_on",
    "is_read_committed_snapshot_on",
    "is_auto_create_stats_on",
    "is_auto_create_stats_incremental_on",
    "is_auto_update_stats_on",
    "is_auto_update_stats_async_on",
    "is_ansi_null_default_on",
    "is_ansi_nulls_on",
    "is_ansi_padding_on",
    "is_ansi_warnings_on",
    "is_arithabort_on",
    "is_concat_null_yields_null_on",
    "is_numeric_roundabort_on",
    "is_quoted_identifier_on",
    "is_recursive_triggers_on",
    "is_cursor_close_on_commit_on",
    "is_local_cursor_default",
    "is_fulltext_enabled",
    "is_trustworthy_on",
    "is_db_chaining_on",
    "is_parameterization_forced",
    "is_query_store_on",
    "is_published",
    "is_subscribed",
    "is_merge_published",
    "is_distributor",
    "is_sync_with_backup",
    "is_broker_enabled",
    "is_date_correlation_on",
    "is_cdc_enabled",
    "is_honor_broker_priority_on",
    "is_nested_triggers_on",
    "is_transform_noise_words_on",
    "is_memory_optimized_elevate_to_snapshot_on",
    "is_federation_member",
    "is_remote_data_archive_enabled",
    "is_result_set_caching_on",
    "is_accelerated_database_recovery_on",
    "is_tempdb_spill_to_remote_store",
    "is_stale_page_detection_on",
    "is_data_retention_enabled",
    "is_ledger_on",
    "is_change_feed_enabled",
    "is_data_lake_replication_enabled",
    "is_event_stream_enabled",
    "is_vorder_enabled",
    "is_proactive_statistics_refresh_on",
    "is_optimized_locking_on",
    "is_temporal_history_retention_enabled",
    "is_mixed_page_allocation_on",
];

/// Why the log cannot be reused (facts: sql-server-hadr a).
/// Why the log cannot be truncated: value and name of `log_reuse_wait`.
pub(crate) fn reuse_wait(state: &InstanceState, d: &Database) -> (u8, &'static str) {
    let key = d.name.to_lowercase();
    let start = d.log_start();
    if d.log.is_empty() {
        return (0, "NOTHING");
    }
    if crate::lab::world::hadr_views::log_hold(state, d).is_some_and(|h| h <= start) {
        return (9, "AVAILABILITY_REPLICA");
    }
    let active = state.sessions.sessions.values().filter_map(|s| s.transaction.as_ref());
    if active.filter_map(|t| t.work.get(&key)).any(|w| w.began.is_some() && w.begin_lsn <= start) {
        return (4, "ACTIVE_TRANSACTION");
    }
    if d.options.recovery_model != 3 && d.options.last_log_backup.is_some() {
        return (2, "LOG_BACKUP");
    }
    (0, "NOTHING")
}

fn max_pages(d: &Database, f: &FileSpec) -> i32 {
    match (f.kind, d.log_limit) {
        (1, Some(limit)) => (limit / PAGE) as i32,
        (1, None) => 268_435_456,
        _ => -1,
    }
}

fn pages(d: &Database, f: &FileSpec) -> i32 {
    let bytes = match (f.kind, f.file_id) {
        (1, _) => d.log_bytes_size,
        (0, 1) => d.size_bytes(),
        _ => 0,
    };
    ((bytes / PAGE) as i32).max(f.min_pages)
}

fn file(d: &Database, f: &FileSpec) -> ViewRow {
    let kinds = ["ROWS", "LOG", "FILESTREAM", "UNKNOWN", "FULLTEXT"];
    let states = ["ONLINE", "RESTORING", "RECOVERING", "RECOVERY_PENDING", "SUSPECT", "UNKNOWN", "OFFLINE", "DEFUNCT"];
    let state = if f.state == 0 { d.state as u8 } else { f.state };
    row! {
        "database_id" => d.id, "file_id" => f.file_id, "file_guid" => f.guid, "type" => f.kind,
        "type_desc" => kinds[usize::from(f.kind.min(4))], "data_space_id" => f.data_space_id, "name" => &f.name,
        "physical_name" => &f.physical_name, "state" => state, "state_desc" => states[usize::from(state.min(7))],
        "size" => pages(d, f), "max_size" => max_pages(d, f), "growth" => 8192,
        "differential_base_lsn" => d.options.differential_base.filter(|_| f.kind == 0).map(|b| b.0),
        "differential_base_guid" => d.options.differential_base.filter(|_| f.kind == 0).map(|b| b.1),
    }
}

fn recovery_status(d: &Database) -> ViewRow {
    let open = d.state == DatabaseState::Online;
    row! {
        "database_id" => d.id,
        "database_guid" => open.then_some(d.guid),
        "family_guid" => open.then_some(d.options.family_guid),
        "last_log_backup_lsn" => d.options.last_log_backup.filter(|_| open && d.options.recovery_model != 3),
        "recovery_fork_guid" => open.then_some(d.options.recovery_fork),
        "first_recovery_fork_guid" => open.then_some(d.options.recovery_fork),
    }
}

fn log_written(c: &Ctx<'_>, d: &Database) -> i64 {
    c.state.server.log_bytes_flushed.get(&d.name.to_lowercase()).copied().unwrap_or(0)
}

const MB: f64 = 1_048_576.0;

/// Three that every database is born with, and its own.
fn queues(c: &Ctx<'_>) -> Vec<ViewRow> {
    let shipped = ["QueryNotificationErrorsQueue", "EventNotificationErrorsQueue", "ServiceBrokerQueue"];
    let queue = |name: &str, id: i32, shipped: bool, activated: bool| {
        row! {
            "name" => name, "object_id" => id, "schema_id" => 1, "type" => "SQ", "type_desc" => "SERVICE_QUEUE",
            "create_date" => c.db.create_date, "modify_date" => c.db.create_date, "is_ms_shipped" => shipped,
            "max_readers" => activated.then_some(1i16), "is_activation_enabled" => activated,
            "is_receive_enabled" => true, "is_enqueue_enabled" => true, "is_poison_message_handling_enabled" => true,
        }
    };
    let own = c.db.options.queues.iter().zip(2_000_000_000..).map(|((name, on), id)| queue(name, id, false, *on));
    shipped
        .iter()
        .zip([1_977_058_079, 2_009_058_193, 2_041_058_307])
        .map(|(n, id)| queue(n, id, true, false))
        .chain(own)
        .collect()
}

fn log_stats(c: &Ctx<'_>) -> Vec<ViewRow> {
    let Some(d) = c.int_arg(0).and_then(|id| c.state.database_by_id(id as i32)) else { return Vec::new() };
    let since = |lsn| d.log.iter().filter(|b| b.lsn >= lsn).map(|b| f64::from(b.bytes)).sum::<f64>() / MB;
    let backup = d.options.last_log_backup;
    let first = d.log_start();
    vec![row! {
        "database_id" => d.id,
        "recovery_model" => d.options.recovery_desc(),
        "log_min_lsn" => first.to_string(),
        "log_end_lsn" => d.log_end.to_string(),
        "current_vlf_sequence_number" => i64::from(d.log_end.file),
        "current_vlf_size_mb" => 64.0,
        "total_vlf_count" => (d.log_bytes_size / (64 << 20)).max(4),
        "total_log_size_mb" => d.log_bytes_size as f64 / MB,
        "active_vlf_count" => i64::from(d.log_end.file - first.file + 1),
        "active_log_size_mb" => d.log_bytes_used as f64 / MB,
        "log_truncation_holdup_reason" => reuse_wait(c.state, d).1,
        "log_backup_time" => d.last_log_backup_time,
        "log_backup_lsn" => backup.map(|l| l.to_string()),
        "log_since_last_log_backup_mb" => backup.map(since),
        "log_checkpoint_lsn" => d.last_checkpoint.to_string(),
        "log_since_last_checkpoint_mb" => since(d.last_checkpoint),
        "log_recovery_lsn" => d.last_checkpoint.to_string(),
        "log_recovery_size_mb" => since(d.last_checkpoint),
        "recovery_vlf_count" => i64::from(d.log_end.file.saturating_sub(d.last_checkpoint.file) + 1),
    }]
}

fn log_space(d: &Database) -> ViewRow {
    let since = d.options.last_log_backup;
    let bytes: u64 = d.log.iter().filter(|b| since.is_none_or(|l| b.lsn >= l)).map(|b| u64::from(b.bytes)).sum();
    row! {
        "database_id" => d.id,
        "total_log_size_in_bytes" => d.log_bytes_size,
        "used_log_space_in_bytes" => d.log_bytes_used,
        "used_log_space_in_percent" => d.log_bytes_used as f64 * 100.0 / d.log_bytes_size as f64,
        "log_space_in_bytes_since_last_backup" => bytes,
    }
}

fn encryption_key(d: &Database) -> ViewRow {
    let o = &d.options;
    let states = [
        "NO_KEY",
        "UNENCRYPTED",
        "ENCRYPTION_IN_PROGRESS",
        "ENCRYPTED",
        "KEY_CHANGE",
        "DECRYPTION_IN_PROGRESS",
        "PROTECTION_CHANGE",
    ];
    row! {
        "database_id" => d.id, "encryption_state" => i32::from(o.encryption_state), "create_date" => d.create_date,
        "key_algorithm" => "AES", "key_length" => 256, "encryptor_thumbprint" => &o.encryptor_thumbprint,
        "encryptor_type" => "CERTIFICATE", "percent_complete" => 0.0,
        "encryption_state_desc" => states[usize::from(o.encryption_state.min(6))],
        "encryption_scan_state" => 4, "encryption_scan_state_desc" => "COMPLETE",
    }
}

fn query_store(d: &Database) -> ViewRow {
    let on = d.options.bit("is_query_store_on");
    let read_only = on && d.access != crate::lab::world::database::Access::ReadWrite;
    let word = |on: bool| if on { "READ_WRITE" } else { "OFF" };
    row! {
        "desired_state" => if on { 2i16 } else { 0 }, "desired_state_desc" => word(on),
        "actual_state" => if read_only { 1i16 } else if on { 2 } else { 0 },
        "actual_state_desc" => if read_only { "READ_ONLY" } else { word(on) },
        "readonly_reason" => if read_only { 8 } else { 0 }, "current_storage_size_mb" => 1i64,
        "flush_interval_seconds" => 900i64, "interval_length_minutes" => 60i64, "max_storage_size_mb" => 1000i64,
        "stale_query_threshold_days" => 30i64, "max_plans_per_query" => 200i64,
        "query_capture_mode" => 2i16, "query_capture_mode_desc" => "AUTO", "size_based_cleanup_mode" => 1i16,
        "size_based_cleanup_mode_desc" => "AUTO", "wait_stats_capture_mode" => 1i16,
        "wait_stats_capture_mode_desc" => "ON",
    }
}

fn scoped() -> Vec<ViewRow> {
    [(1, "MAXDOP", 0), (2, "LEGACY_CARDINALITY_ESTIMATION", 0), (3, "PARAMETER_SNIFFING", 1), (4, "QUERY_OPTIMIZER_HOTFIXES", 0)]
        .into_iter()
        .map(|(id, name, value)| row! { "configuration_id" => id, "name" => name, "value" => value, "is_value_default" => true })
        .collect()
}

fn volume(c: &Ctx<'_>) -> Vec<ViewRow> {
    let Some(d) = c.int_arg(0).and_then(|id| c.state.database_by_id(id as i32)) else { return Vec::new() };
    let used: u64 = c.state.databases.values().map(|d| d.size_bytes() + d.log_bytes_size).sum();
    let total: u64 = (1u64 << 40).max(used * 2);
    d.options
        .files
        .iter()
        .filter(|f| c.int_arg(1).is_none_or(|id| id == i64::from(f.file_id)))
        .map(|f| {
            row! {
                "database_id" => d.id, "file_id" => f.file_id,
                "volume_mount_point" => if c.config.linux { "/" } else { r"C:\" },
                "file_system_type" => if c.config.linux { "ext4" } else { "NTFS" },
                "total_bytes" => total, "available_bytes" => total - used, "supports_compression" => 1u8,
                "supports_alternate_streams" => 1u8, "supports_sparse_files" => 1u8, "is_read_only" => 0u8,
                "is_compressed" => 0u8, "incurs_seek_penalty" => 0u8,
            }
        })
        .collect()
}
