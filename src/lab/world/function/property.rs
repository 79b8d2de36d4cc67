//! SERVERPROPERTY and its kin (facts: sql-server-hadr d).

use super::Call;
use super::internal_version;
use super::machine_name;
use crate::lab::tsql::value::Value;
use crate::lab::world::access;
use crate::lab::world::database::Access;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::values::IntoValue;
use crate::lab::world::values::datetime;
use crate::lab::world::values::variant;
use crate::lab::world::values::variant_text;
use time::OffsetDateTime;

pub(super) fn value(c: &Call<'_>, s: &InstanceState, f: &str) -> Option<Value> {
    Some(match f {
        "serverproperty" => server(c, s, &c.text(0).unwrap_or_default().to_lowercase()),
        "databasepropertyex" => database(c, s, &c.text(1).unwrap_or_default().to_lowercase()),
        "connectionproperty" => connection(c, s, &c.text(0).unwrap_or_default().to_lowercase()),
        "loginproperty" => login(c, s, &c.text(1).unwrap_or_default().to_lowercase()),
        "collationproperty" => match c.text(1).unwrap_or_default().to_lowercase().as_str() {
            "codepage" => variant(1252.v()),
            "lcid" => variant(1033.v()),
            "comparisonstyle" => variant(196_609.v()),
            "version" => variant(0.v()),
            _ => Value::Null,
        },
        "fulltextserviceproperty" => match c.text(0).unwrap_or_default().to_lowercase().as_str() {
            "isfulltextinstalled" => 1.v(),
            _ => Value::Null,
        },
        "@@version" => version_text(c.config()).v(),
        "@@servername" => c.config().server_name.as_str().v(),
        "@@servicename" => match (c.config().is_managed(), c.config().server_name.split_once('\\')) {
            (true, _) => Value::Null,
            (false, Some((_, i))) => i.v(),
            (false, None) => "MSSQLSERVER".v(),
        },
        "@@microsoftversion" => {
            let p = build(c.config());
            ((p[0] << 24 | p[1] << 16 | p[2]) as i32).v()
        }
        "@@max_connections" => 32767.v(),
        _ => return None,
    })
}

fn build(config: &InstanceConfig) -> [u32; 4] {
    let text = version(config);
    let mut p = text.split('.').map(|x| x.parse().unwrap_or(0));
    [p.next().unwrap_or(0), p.next().unwrap_or(0), p.next().unwrap_or(0), p.next().unwrap_or(0)]
}

fn version(config: &InstanceConfig) -> String {
    match &config.kind {
        InstanceKind::SqlServer { version, .. } => version.clone(),
        InstanceKind::Managed { .. } => "12.0.2000.8".to_owned(),
    }
}

/// The service pack word: 2016 has three, the lab's builds from 13.0.6000 on are SP3.
fn level(config: &InstanceConfig) -> &'static str {
    let [major, _, build, _] = build(config);
    match (config.is_managed(), major, build) {
        (false, 13, 6000..) => "SP3",
        (false, 13, 5000..) => "SP2",
        (false, 13, 4000..) => "SP1",
        _ => "RTM",
    }
}

/// `@@VERSION`.
pub fn version_text(config: &InstanceConfig) -> String {
    let InstanceKind::SqlServer { version, edition, update_level, update_reference } = &config.kind else {
        return "Microsoft SQL Azure (RTM) - 12.0.2000.8 \n\tMay 28 2026 20:12:32 \n\tCopyright (C) 2025 Microsoft Corporation\n"
            .to_owned();
    };
    let (product, year) = match config.major() {
        13 => ("2016", "2016"),
        14 => ("2017", "2017"),
        15 => ("2019", "2019"),
        16 => ("2022", "2022"),
        _ => ("2025", "2025"),
    };
    let level = match update_level {
        Some(u) => format!("{}-{u}", level(config)),
        None => level(config).to_owned(),
    };
    let reference = update_reference.as_ref().map_or(String::new(), |r| format!(" ({r})"));
    let system = match &config.installed.system {
        Some(system) => system,
        None if config.linux => "Linux (Ubuntu 22.04.5 LTS) <X64>",
        None => "Windows Server 2022 Datacenter 10.0 <X64> (Build 20348: ) (Hypervisor)",
    };
    format!(
        "Microsoft SQL Server {product} ({level}){reference} - {version} (X64) \n\tMar  5 2026 17:26:08 \n\tCopyright (C) {year} \
         Microsoft Corporation\n\t{edition} on {system}\n"
    )
}

fn edition_id(edition: &str) -> i64 {
    match edition {
        e if e.contains("Core-based") => 1_872_460_670,
        e if e.starts_with("Enterprise Evaluation") => 610_778_273,
        e if e.contains("Developer") => -2_117_995_310,
        e if e.starts_with("Enterprise") => 1_804_890_536,
        e if e.starts_with("Standard") => -1_534_726_760,
        e if e.starts_with("Express") => -1_592_396_055,
        e if e.starts_with("Web") => 1_293_598_313,
        _ => 0,
    }
}

fn engine_edition(edition: &str) -> i32 {
    match edition {
        "Standard Developer Edition (64-bit)" => 2,
        e if e.starts_with("Standard") || e.starts_with("Web") => 2,
        e if e.starts_with("Express") => 4,
        _ => 3,
    }
}

fn server(c: &Call<'_>, s: &InstanceState, property: &str) -> Value {
    let config = c.config();
    let mi = config.is_managed();
    let text = |t: &str| variant_text(t);
    let int = |n: i32| variant(n.v());
    let opt = |t: Option<&str>| t.map_or(Value::Null, variant_text);
    let (edition, update, reference) = match &config.kind {
        InstanceKind::SqlServer { edition, update_level, update_reference, .. } => {
            (edition.as_str(), update_level.as_deref(), update_reference.as_deref())
        }
        InstanceKind::Managed { .. } => ("SQL Azure", None, None),
    };
    let [major, minor, number, _] = build(config);
    let business_critical = matches!(&config.kind, InstanceKind::Managed { tier, .. } if tier == "BusinessCritical");
    match property {
        "engineedition" if config.is_logical() => int(5),
        "engineedition" => int(if mi { 8 } else { engine_edition(edition) }),
        "edition" => text(edition),
        "editionid" => variant((if mi { 1_674_378_470 } else { edition_id(edition) }).v()),
        "productversion" | "resourceversion" => text(&version(config)),
        "productmajorversion" => text(&major.to_string()),
        "productminorversion" => text(&minor.to_string()),
        "productbuild" => text(&number.to_string()),
        "productlevel" => text(level(config)),
        "productupdatelevel" => opt(update),
        "productupdatereference" => opt(reference),
        "productbuildtype" => opt(reference.filter(|_| update.is_none() && !mi).map(|_| "GDR")),
        "productupdatetype" => match &config.kind {
            InstanceKind::Managed { database_format, .. } if database_format == "AlwaysUpToDate" => text("Continuous"),
            InstanceKind::Managed { .. } => text("CU"),
            InstanceKind::SqlServer { .. } => Value::Null,
        },
        // Unlike @@SERVERNAME, it follows a machine that is renamed.
        "servername" => match (&config.installed.machine, config.server_name.split_once('\\')) {
            (None, _) => text(&config.server_name),
            (Some(machine), Some((_, instance))) => text(&format!("{machine}\\{instance}")),
            (Some(machine), None) => text(machine),
        },
        "isclustered" => int(i32::from(config.installed.clustered)),
        "machinename" | "computernamephysicalnetbios" => text(&machine_name(config)),
        "instancename" => opt(config.server_name.split_once('\\').map(|(_, i)| i)),
        "collation" => text(&config.collation),
        "collationid" => int(872_468_488),
        "lcid" => int(1033),
        "comparisonstyle" => int(196_609),
        "sqlcharset" => variant(1u8.v()),
        "sqlcharsetname" => text("iso_1"),
        "sqlsortorder" => variant(52u8.v()),
        "sqlsortordername" => text("nocase_iso"),
        "ishadrenabled" | "hadrmanagerstatus" => int(i32::from(mi || config.hadr_enabled && !s.server.hadr_disabled)),
        "issingleuser" | "ispolybaseinstalled" | "isadvancedanalyticsinstalled" | "istempdbmetadatamemoryoptimized" => {
            int(0)
        }
        "isintegratedsecurityonly" => int(i32::from(!mi && s.security.windows_only)),
        "isexternalauthenticationonly" if mi || config.major() >= 16 => int(0),
        "isfulltextinstalled" => int(1),
        "isxtpsupported" => int(i32::from(!mi || business_critical)),
        "islocaldb" => int(0),
        "pathseparator" if config.major() >= 14 => text(if config.linux { "/" } else { r"\" }),
        "instancedefaultdatapath" | "instancedefaultlogpath" => text(&config.data_directory()),
        "instancedefaultbackuppath" if config.major() >= 15 => {
            text(&config.data_directory().replace("DATA", "Backup").replace("/data/", "/data"))
        }
        "resourcelastupdatedatetime" => variant(datetime(OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_500))),
        "filestreamconfiguredlevel" | "filestreameffectivelevel" => int(0),
        "filestreamsharename" => opt((!mi).then_some("MSSQLSERVER")),
        "isserversuspendedforsnapshotbackup" | "suspendeddatabasecount" if !mi && config.major() >= 16 => int(0),
        "licensetype" => text("DISABLED"),
        "processid" => int(4242),
        "buildclrversion" => text("v4.0.30319"),
        _ => Value::Null,
    }
}

fn database(c: &Call<'_>, s: &InstanceState, property: &str) -> Value {
    let Some(db) = c.text(0).and_then(|n| s.database(&n).map(|d| d.name.clone())).and_then(|n| s.database(&n)) else {
        return Value::Null;
    };
    let o = &db.options;
    let open = access::usable(db, c.cx).is_ok();
    let bit = |b: bool| variant(i32::from(b).v());
    match property {
        "status" => variant_text(match db.state_desc() {
            "RECOVERY_PENDING" => "RECOVERING",
            other => other,
        }),
        "updateability" => variant_text(
            if db.access == Access::ReadWrite && !o.bit("is_read_only") && !s.is_on_replica(c.cx, &db.name) {
                "READ_WRITE"
            } else {
                "READ_ONLY"
            },
        ),
        "recovery" => variant_text(o.recovery_desc()),
        "collation" if open => variant_text(&o.collation),
        "useraccess" => {
            variant_text(["MULTI_USER", "SINGLE_USER", "RESTRICTED_USER"][usize::from(o.user_access.min(2))])
        }
        "version" if open => variant(internal_version(c.config()).v()),
        "isinstandby" => bit(false),
        "isautoclose" => bit(o.bit("is_auto_close_on")),
        "isautoshrink" => bit(o.bit("is_auto_shrink_on")),
        "isautocreatestatistics" => bit(o.bit("is_auto_create_stats_on")),
        "isautoupdatestatistics" => bit(o.bit("is_auto_update_stats_on")),
        "isfulltextenabled" => bit(o.bit("is_fulltext_enabled")),
        "ispublished" | "issubscribed" | "ismergepublished" | "issyncwithbackup" => bit(false),
        "istornpagedetectionenabled" => bit(o.page_verify == 1),
        "lastgoodcheckdbtime" => Value::Null,
        "maxsizeinbytes" | "edition" | "serviceobjective" => Value::Null,
        "comparisonstyle" if open => variant(196_609.v()),
        "lcid" if open => variant(1033.v()),
        "sqlsortorder" if open => variant(52u8.v()),
        _ => Value::Null,
    }
}

fn connection(c: &Call<'_>, s: &InstanceState, property: &str) -> Value {
    let Some(session) = s.sessions.get(c.cx.spid) else { return Value::Null };
    let host = session.client_address.rsplit_once(':').map_or(session.client_address.as_str(), |(h, _)| h);
    match property {
        "net_transport" | "physical_net_transport" => variant_text("TCP"),
        "protocol_type" => variant_text("TSQL"),
        "auth_scheme" => variant_text("SQL"),
        "local_net_address" => variant_text(&c.config().host),
        "local_tcp_port" => variant(1433.v()),
        "client_net_address" => variant_text(host),
        _ => Value::Null,
    }
}

fn login(c: &Call<'_>, s: &InstanceState, property: &str) -> Value {
    let Some(p) = c.text(0).and_then(|n| s.security.by_name(&n).cloned()) else { return Value::Null };
    match property {
        "passwordhash" if s.may(c.cx, "CONTROL SERVER") => p.password_hash.map_or(Value::Null, |h| variant(h.v())),
        "passwordhashalgorithm" => variant(2.v()),
        "passwordlastsettime" => variant(datetime(p.password_set)),
        "defaultdatabase" => variant_text(&p.default_database),
        "defaultlanguage" => variant_text(&p.default_language),
        "islocked" | "isexpired" => variant(0.v()),
        "ismustchange" => variant(i32::from(p.must_change).v()),
        "badpasswordcount" => variant(p.bad_passwords.v()),
        _ => Value::Null,
    }
}
