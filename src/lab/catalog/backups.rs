//! Backup history of msdb.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::tsql::value::Value;
use crate::lab::world::server::BackupSet;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    let sets = &c.state.server.backups;
    Some(match view {
        "msdb.dbo.backupset" => sets.iter().map(|b| set(c, b)).collect(),
        "msdb.dbo.backupmediafamily" => sets
            .iter()
            .map(|b| {
                row! {
                    "media_set_id" => b.id, "family_sequence_number" => 1u8, "media_family_id" => b.uuid,
                    "media_count" => 1, "physical_device_name" => &b.device, "device_type" => b.device_type,
                    "physical_block_size" => 512, "mirror" => 0u8,
                }
            })
            .collect(),
        "msdb.dbo.backupmediaset" => sets
            .iter()
            .map(|b| {
                row! {
                    "media_set_id" => b.id, "media_uuid" => b.uuid, "media_family_count" => 1u8,
                    "software_name" => "Microsoft SQL Server", "software_vendor_id" => 4608, "MTF_major_version" => 1u8,
                    "mirror_count" => 1u8, "is_password_protected" => false, "is_compressed" => b.compressed_size < b.size,
                    "is_encrypted" => false,
                }
            })
            .collect(),
        "msdb.dbo.backupfile" => sets.iter().flat_map(|b| files(c, b)).collect(),
        _ => return None,
    })
}

fn whole(n: u64) -> Value {
    Value::Decimal { unscaled: i128::from(n), scale: 0 }
}

fn set(c: &Ctx<'_>, b: &BackupSet) -> ViewRow {
    let major = c.config.major() as u8;
    let compressed = b.compressed_size < b.size;
    row! {
        "backup_set_id" => b.id, "backup_set_uuid" => b.uuid, "media_set_id" => b.id, "first_family_number" => 1u8,
        "first_media_number" => 1, "last_family_number" => 1u8, "last_media_number" => 1, "position" => 1,
        "software_vendor_id" => 4608, "name" => b.name.clone(), "user_name" => &b.user,
        "software_major_version" => major, "software_minor_version" => 0u8, "time_zone" => 127,
        "first_lsn" => b.first_lsn, "last_lsn" => b.last_lsn, "checkpoint_lsn" => b.checkpoint_lsn,
        "database_backup_lsn" => b.database_backup_lsn, "database_creation_date" => b.database_created,
        "backup_start_date" => b.start, "backup_finish_date" => b.finish, "type" => b.kind, "sort_order" => 52,
        "compatibility_level" => b.compatibility_level,
        "database_version" => crate::lab::world::function::internal_version(c.config), "backup_size" => whole(b.size),
        "database_name" => &b.database, "server_name" => &c.config.server_name,
        "machine_name" => crate::lab::world::function::machine_name(c.config), "flags" => 512,
        "collation_name" => &b.collation, "is_password_protected" => false, "recovery_model" => &b.recovery_model,
        "has_bulk_logged_data" => false, "is_snapshot" => false, "is_readonly" => false, "is_single_user" => false,
        "has_backup_checksums" => b.checksum, "is_damaged" => false, "begins_log_chain" => false,
        "has_incomplete_metadata" => false, "is_force_offline" => false, "is_copy_only" => b.copy_only,
        "first_recovery_fork_guid" => b.fork, "last_recovery_fork_guid" => b.fork, "database_guid" => b.database_guid,
        "family_guid" => b.family_guid, "compressed_backup_size" => whole(b.compressed_size),
        "compression_algorithm" => compressed.then_some("MS_XPRESS"),
    }
}

fn files(c: &Ctx<'_>, b: &BackupSet) -> Vec<ViewRow> {
    let Some(d) = c.state.database(&b.database) else { return Vec::new() };
    d.options
        .files
        .iter()
        .map(|f| {
            row! {
                "backup_set_id" => b.id, "first_family_number" => 1u8, "first_media_number" => 1,
                "filegroup_name" => (f.kind == 0).then_some("PRIMARY"), "page_size" => 8192,
                "file_number" => f.file_id, "file_type" => if f.kind == 1 { "L" } else { "D" },
                "file_size" => whole(d.size_bytes()), "logical_name" => &f.name, "physical_name" => &f.physical_name,
                "state" => 0u8, "state_desc" => "ONLINE", "file_guid" => f.guid, "is_readonly" => false, "is_present" => true,
            }
        })
        .collect()
}
