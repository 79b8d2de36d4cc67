//! The files an estate leaves for milink and for people.

use super::record::CA;
use super::record::ESTATE;
use super::record::LabRecord;
use super::record::MIRRORING_ROOT;
use crate::lab::scenario::types::Required;
use crate::lab::scenario::types::Scenario;
use std::fmt::Write as _;
use std::io;
use std::io::Write as _;
use std::path::Path;

/// A file only its owner reads.
pub fn private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Link name for a database: the safe intersection of facts mi-link 5.1.
pub fn link_name(database: &str, index: usize) -> String {
    let plain = database.chars().enumerate().all(|(i, c)| c.is_ascii_lowercase() || (i > 0 && c.is_ascii_digit()));
    if plain && !database.is_empty() { database.to_owned() } else { format!("link{}", index + 1) }
}

/// Writes `milink.toml`, secrets as files, and the roots.
pub fn write(
    dir: &Path,
    scenario: &Scenario,
    record: &LabRecord,
    ca_pem: &str,
    mirroring_root: &[u8],
    milink: &Path,
) -> io::Result<()> {
    std::fs::write(dir.join(CA), ca_pem)?;
    std::fs::write(dir.join(MIRRORING_ROOT), pem(mirroring_root))?;
    private(&dir.join("arm.token"), &record.arm.token)?;
    for server in &record.servers {
        if let Some(admin) = server.logins.iter().find(|l| l.sysadmin) {
            private(&dir.join(format!("{}.password", server.id)), &admin.password)?;
        }
    }
    private(&dir.join(ESTATE), &estate(dir, scenario, record, milink))
}

fn pem(der: &[u8]) -> String {
    use std::fmt::Write as _;
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut body = String::new();
    for chunk in der.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            if i <= chunk.len() {
                body.push(char::from(ALPHABET[(n >> (18 - 6 * i) & 63) as usize]));
            } else {
                body.push('=');
            }
        }
    }
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in body.as_bytes().chunks(64) {
        let _ = writeln!(text, "{}", String::from_utf8_lossy(line));
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

fn estate(dir: &Path, scenario: &Scenario, record: &LabRecord, milink: &Path) -> String {
    let mut t = String::from("# The estate of this lab, as milink sees it.\n\n[azure]\n");
    let a = &record.arm;
    let _ = writeln!(t, "endpoint = {}", quoted(&a.endpoint));
    let _ = writeln!(t, "tenant = {}", quoted(&a.tenant));
    let _ = writeln!(t, "subscription = {}", quoted(&a.subscription));
    let _ = writeln!(t, "resource_group = {}", quoted(&a.resource_group));
    let _ = writeln!(t, "auth = \"token\"\ntoken = {{ file = \"arm.token\" }}");
    for server in &scenario.sql_servers {
        let Some(r) = record.server(&server.id) else { continue };
        let admin = r.logins.iter().find(|l| l.sysadmin).map_or("", |l| l.name.as_str());
        let _ = writeln!(
            t,
            "\n[[source]]\nname = {}\nhost = {}\nport = {}\ntls_name = \"localhost\"\nuser = {}\npassword = {{ file = {} }}\nmirroring = {{ host = {}, port = 5022 }}",
            quoted(&server.id),
            quoted(&r.address.host),
            r.address.port,
            quoted(admin),
            quoted(&format!("{}.password", server.id)),
            quoted(&server.host),
        );
    }
    for managed in &scenario.managed_instances {
        let Some(r) = record.server(&managed.id) else { continue };
        let admin = r.logins.iter().find(|l| l.sysadmin).map_or("", |l| l.name.as_str());
        let _ = writeln!(
            t,
            "\n[[target]]\nname = {}\nmanaged_instance = {}\nhost = {}\nport = {}\ntls_name = \"localhost\"\nuser = {}\npassword = {{ file = {} }}",
            quoted(&managed.id),
            quoted(&managed.name),
            quoted(&r.address.host),
            r.address.port,
            quoted(admin),
            quoted(&format!("{}.password", managed.id)),
        );
        if let Some(group) = &managed.resource_group {
            let _ = writeln!(t, "resource_group = {}", quoted(group));
        }
        if let Some(subscription) = &managed.subscription {
            let _ = writeln!(t, "subscription = {}", quoted(subscription));
        }
    }
    for logical in &scenario.servers {
        let Some(r) = record.server(&logical.id) else { continue };
        let admin = r.logins.iter().find(|l| l.sysadmin).map_or("", |l| l.name.as_str());
        let _ = writeln!(
            t,
            "\n[[server]]\nname = {}\nserver = {}\nhost = {}\nport = {}\ntls_name = \"localhost\"\nuser = {}\npassword = {{ file = {} }}",
            quoted(&logical.id),
            quoted(&logical.name),
            quoted(&r.address.host),
            r.address.port,
            quoted(admin),
            quoted(&format!("{}.password", logical.id)),
        );
        if let Some(group) = &logical.resource_group {
            let _ = writeln!(t, "resource_group = {}", quoted(group));
        }
    }
    let two_way = scenario.name.starts_with("two-way");
    for d in record.databases.iter().filter(|d| !d.link.is_empty()) {
        let _ = writeln!(
            t,
            "\n[[link]]\nname = {}\ndatabase = {}\nsource = {}\ntarget = {}\nintent = {}",
            quoted(&d.link),
            quoted(&d.name),
            quoted(&d.source),
            quoted(&d.target),
            quoted(if two_way { "two-way" } else { "migrate" }),
        );
    }
    for group in &scenario.failover_groups {
        let _ = writeln!(
            t,
            "\n[[failover_group]]\nname = {}\nprimary = {}\nsecondary = {}",
            quoted(&group.name),
            quoted(&group.primary),
            quoted(&group.secondary),
        );
        if !group.databases.is_empty() {
            let names: Vec<_> = group.databases.iter().map(|d| quoted(d)).collect();
            let _ = writeln!(t, "databases = [{}]", names.join(", "));
        }
    }
    if let Some(server) = &record.name_server {
        let _ = writeln!(t, "\n[dns]\nserver = {}", quoted(server));
    }
    let hook =
        [milink.display().to_string(), "lab".into(), "repoint".into(), "--dir".into(), dir.display().to_string()];
    let words: Vec<_> = hook.iter().map(|w| quoted(w)).collect();
    let _ = writeln!(
        t,
        "\n[application]\nrepoint = {{ command = [{}], timeout = \"30s\" }}\n\n[trust]\nroots = [\"{CA}\"]\nmirroring_roots = [\"{MIRRORING_ROOT}\"]\n\n[monitor]\nheartbeat = true\n\n[policy]\nbudget = {}\nstability_samples = 3\nstability_window = \"300ms\"\nseeding_timeout = {}",
        words.join(", "),
        quoted(&scenario.policy.budget),
        quoted(&scenario.policy.seeding_timeout),
    );
    let list = |names: &[String]| names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(", ");
    if scenario.required != Required::default() {
        let (logins, jobs) = (list(&scenario.required.logins), list(&scenario.required.jobs));
        let _ = writeln!(t, "\n[objects]\nlogins = [{logins}]\njobs = [{jobs}]");
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_toml_and_azure_would_choke_on() {
        assert_eq!(quoted("we\"ird]name;--"), "\"we\\\"ird]name;--\"");
        assert_eq!(link_name("ledger", 0), "ledger");
        assert_eq!(link_name("ledger-2", 1), "link2");
        assert_eq!(link_name("we\"ird]name;--", 4), "link5");
    }

    #[test]
    fn pem_of_every_length() {
        for n in 0..8 {
            let text = pem(&vec![7; n]);
            let body: String = text.lines().filter(|l| !l.starts_with('-')).collect();
            assert_eq!(body.len(), n.div_ceil(3) * 4);
        }
        assert!(pem(b"abc").contains("YWJj"));
        assert!(pem(b"ab").contains("YWI="));
    }
}
