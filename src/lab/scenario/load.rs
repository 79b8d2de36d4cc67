//! Reading a scenario, and checking that its names hang together.

use super::embedded::BROKEN;
use super::embedded::Broken;
use super::embedded::FILES;
use super::types::Database;
use super::types::Fault;
use super::types::Scenario;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

/// What the broken ones are made of.
const READY: &str = "fog-ready";
/// Databases at most: what one managed instance takes (facts: mi-link 6.5, next-gen General Purpose).
pub const DATABASES_MAX: u32 = 500;
/// A name that no client can carry without quoting it right.
pub const ODD_NAME: &str = "we\"ird]name;--";

/// What the command line may change of a scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The scenario's first database, so many times: `ledger`, `ledger-2`, `ledger-3` …
    pub databases: Option<u32>,
    /// One more database, with [`ODD_NAME`].
    pub odd_name: bool,
    /// Writers per database.
    pub writers: Option<u32>,
    /// Of every database, MiB.
    pub size_mib: Option<u32>,
}

#[derive(Debug)]
pub enum ScenarioError {
    Unknown(String),
    Unread(String, std::io::Error),
    Syntax(toml::de::Error),
    Invalid(String),
}

impl std::fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "no scenario `{name}`; there are: {}", super::NAMES.join(", ")),
            Self::Unread(path, _) => write!(f, "the scenario file {path} cannot be read"),
            Self::Syntax(_) => f.write_str("the scenario file is not valid"),
            Self::Invalid(why) => write!(f, "the scenario does not hang together: {why}"),
        }
    }
}
impl std::error::Error for ScenarioError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unread(_, error) => Some(error),
            Self::Syntax(error) => Some(error),
            _ => None,
        }
    }
}

/// An embedded scenario by name, adapted.
pub fn load(name: &str, options: &Options) -> Result<Scenario, ScenarioError> {
    parse(&text(name)?, options)
}

/// An embedded scenario by name, or one of the user's own by the path of its file (`*.toml`), adapted.
pub fn open(name_or_path: &str, options: &Options) -> Result<Scenario, ScenarioError> {
    let path = Path::new(name_or_path);
    if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("toml")) {
        return load(name_or_path, options);
    }
    let text = std::fs::read_to_string(path).map_err(|e| ScenarioError::Unread(name_or_path.to_owned(), e))?;
    parse(&text, options)
}

/// The text of an embedded scenario: a start for one of the user's own.
pub fn text(name: &str) -> Result<Cow<'static, str>, ScenarioError> {
    if let Some(broken) = BROKEN.iter().find(|b| b.name.eq_ignore_ascii_case(name)) {
        return broken_text(broken).map(Cow::Owned);
    }
    let found = FILES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    found.map(|(_, text)| Cow::Borrowed(*text)).ok_or_else(|| ScenarioError::Unknown(name.to_owned()))
}

/// The whole scenario with one thing broken at its second instance.
fn broken_text(broken: &Broken) -> Result<String, ScenarioError> {
    /// Where the second instance begins.
    const SECOND: &str = "id = \"mi-b\"";
    let whole = text(READY)?;
    let wrong = || ScenarioError::Invalid(format!("{READY} has no place for {}", broken.name));
    let (head, tail) = whole.split_once(SECOND).ok_or_else(wrong)?;
    if !tail.contains(broken.from) {
        return Err(wrong());
    }
    let (title, rest) = head.split_once("\n[azure]").ok_or_else(wrong)?;
    let comment = title.lines().next().unwrap_or_default();
    let title = format!("{comment}\nname = \"{}\"\nsummary = \"{}\"\n", broken.name, broken.summary);
    Ok(format!("{title}\n[azure]{rest}{SECOND}{}", tail.replacen(broken.from, broken.to, 1)))
}

/// A scenario from the text of a file, adapted.
pub fn parse(text: &str, options: &Options) -> Result<Scenario, ScenarioError> {
    let mut scenario: Scenario = toml::from_str(text).map_err(ScenarioError::Syntax)?;
    adapt(&mut scenario, options)?;
    check(&scenario).map_err(ScenarioError::Invalid)?;
    Ok(scenario)
}

fn adapt(scenario: &mut Scenario, options: &Options) -> Result<(), ScenarioError> {
    if let Some(writers) = options.writers {
        scenario.workload.writers = writers;
    }
    if let Some(size) = options.size_mib {
        for database in &mut scenario.databases {
            database.size_mib = size;
        }
    }
    let Some(first) = scenario.databases.first().cloned() else { return Ok(()) };
    scenario.databases = scenario.databases.drain(..).flat_map(alike).collect();
    let first = Database { count: 1, ..first };
    let named = |name: String| Database { name, ..first.clone() };
    if let Some(count) = options.databases {
        if !(1..=DATABASES_MAX).contains(&count) {
            return Err(ScenarioError::Invalid(format!("databases must be 1 to {DATABASES_MAX}, not {count}")));
        }
        let more = (2..=count).map(|n| named(format!("{}-{n}", first.name)));
        scenario.databases = std::iter::once(first.clone()).chain(more).collect();
    }
    if options.odd_name {
        scenario.databases.push(named(ODD_NAME.to_owned()));
    }
    Ok(())
}

/// A database that stands for many.
fn alike(database: Database) -> Vec<Database> {
    if database.count <= 1 {
        return vec![database];
    }
    let name = |n| format!("{}{n:03}", database.name);
    (1..=database.count.min(DATABASES_MAX)).map(|n| Database { name: name(n), count: 1, ..database.clone() }).collect()
}

fn check(scenario: &Scenario) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    let all = scenario.sql_servers.iter().map(|s| &s.id).chain(scenario.managed_instances.iter().map(|m| &m.id));
    let all = all.chain(scenario.servers.iter().map(|s| &s.id));
    for id in all {
        if !ids.insert(id.as_str()) {
            return Err(format!("two instances are called `{id}`"));
        }
    }
    let known = |id: &str, what: &str| {
        if ids.contains(id) { Ok(()) } else { Err(format!("{what} names an instance `{id}` that is not there")) }
    };
    let mut databases = BTreeSet::new();
    for database in &scenario.databases {
        known(&database.instance, &format!("database `{}`", database.name))?;
        if !databases.insert((&database.instance, database.name.to_lowercase())) {
            return Err(format!("two databases are called `{}`", database.name));
        }
    }
    for login in &scenario.logins {
        known(&login.instance, &format!("login `{}`", login.name))?;
        let same = |from: &String| scenario.logins.iter().any(|l| &l.instance == from && l.name == login.name);
        if login.same_as.as_ref().is_some_and(|from| !same(from)) {
            return Err(format!("login `{}` is carried over from where there is none", login.name));
        }
    }
    for job in &scenario.jobs {
        known(&job.instance, &format!("job `{}`", job.name))?;
    }
    for server in &scenario.linked_servers {
        known(&server.instance, &format!("linked server `{}`", server.name))?;
    }
    for linked in &scenario.linked {
        let source = scenario.sql_servers.iter().any(|s| s.id == linked.source);
        let target = scenario.managed_instances.iter().any(|m| m.id == linked.target);
        if !(source && target) {
            return Err("`linked` wants the id of a SQL Server and the id of a managed instance".to_owned());
        }
    }
    for group in &scenario.failover_groups {
        known(&group.primary, "a failover group")?;
        known(&group.secondary, "a failover group")?;
        let here = |name: &String| {
            scenario.databases.iter().any(|d| d.instance == group.primary && d.name.eq_ignore_ascii_case(name))
        };
        if let Some(name) = group.databases.iter().find(|d| !here(d)) {
            return Err(format!("failover group `{}` names a database `{name}` that is not there", group.name));
        }
    }
    for path in &scenario.paths {
        known(&path.a, "a path")?;
        known(&path.b, "a path")?;
    }
    for fault in &scenario.faults {
        match &fault.what {
            Fault::CutPath { a, b, .. } | Fault::SlowPath { a, b, .. } => {
                known(a, "a fault").and(known(b, "a fault"))?;
            }
            Fault::Restart { instance, .. } | Fault::Kill { instance } | Fault::ForceFailover { instance, .. } => {
                known(instance, "a fault")?;
            }
            Fault::Set { server, .. } => known(server, "a fault")?,
            Fault::Arm { .. } => {}
        }
        if !(fault.at_s.is_finite() && fault.at_s >= 0.0) {
            return Err("a fault has no sensible time".to_owned());
        }
    }
    if scenario.timing.arm_retry_after_s == 0 {
        // azure-core reads 0 as absent and waits 30 s (facts: arm-api 1.2).
        return Err("arm_retry_after_s must not be 0".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> Scenario {
        load(name, &Options::default()).unwrap()
    }

    #[test]
    fn every_embedded_scenario_reads_and_is_listed() {
        let all = FILES.iter().map(|(n, _)| *n).chain(BROKEN.iter().map(|b| b.name));
        assert_eq!(all.collect::<Vec<_>>(), super::super::NAMES);
        for name in super::super::NAMES {
            let scenario = plain(name);
            assert_eq!(&scenario.name, name);
            assert!(!scenario.databases.is_empty() && scenario.logins.iter().any(|l| l.application));
        }
    }

    #[test]
    fn the_scenarios_are_what_their_names_say() {
        let one_way = plain("migrate-2019");
        assert_eq!(one_way.sql_servers[0].version, "15.0.4312.2");
        assert_eq!(one_way.managed_instances[0].database_format, "SQLServer2022");
        assert_eq!((one_way.databases[0].name.as_str(), one_way.databases[0].size_mib), ("ledger", 64));
        let two_way = plain("two-way-2022");
        assert_eq!(two_way.sql_servers[0].version, "16.0.4125.3");
        assert_eq!(two_way.managed_instances[0].sku(), "GP_Gen5");
    }

    #[test]
    fn databases_are_copied_and_named() {
        let options = Options { databases: Some(3), odd_name: true, writers: Some(7), size_mib: Some(9) };
        let scenario = load("migrate-2019", &options).unwrap();
        let names: Vec<&str> = scenario.databases.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["ledger", "ledger-2", "ledger-3", ODD_NAME]);
        assert!(scenario.databases.iter().all(|d| d.tables == scenario.databases[0].tables));
        assert!(scenario.databases.iter().all(|d| d.size_mib == 9));
        assert_eq!(scenario.workload.writers, 7);
        let zero = Options { databases: Some(0), ..Options::default() };
        assert!(matches!(load("migrate-2019", &zero), Err(ScenarioError::Invalid(_))));
    }

    #[test]
    fn what_does_not_hang_together_is_refused() {
        let text = FILES[0].1;
        let refused = |text: &str| parse(text, &Options::default()).unwrap_err().to_string();
        assert!(refused(&text.replacen("summary", "sumary", 1)).contains("not valid"));
        assert!(refused(&format!("{text}\n[[path]]\na = \"sql-a\"\nb = \"nowhere\"\n")).contains("`nowhere`"));
        let fault = "\n[[fault]]\nat_s = 1.0\nwhat = { kind = \"kill\", instance = \"x\" }\n";
        assert!(refused(&format!("{text}{fault}")).contains("a fault"));
        assert!(matches!(load("nope", &Options::default()), Err(ScenarioError::Unknown(_))));
    }

    #[test]
    fn faults_of_every_kind_read() {
        let faults = r#"
[[fault]]
at_s = 20.0
what = { kind = "cut_path", a = "sql-a", b = "mi-a", for_s = 5.0 }
[[fault]]
at_s = 30.0
what = { kind = "restart", instance = "sql-a", down_s = 3.0 }
[[fault]]
at_s = 40.0
[fault.what]
kind = "arm"
rule = { method = "PUT", path = "*/distributedAvailabilityGroups/*", times = 1, action = { kind = "drop_after" } }
"#;
        let scenario = parse(&format!("{}{faults}", FILES[0].1), &Options::default()).unwrap();
        assert_eq!(scenario.faults.len(), 3);
    }
}
