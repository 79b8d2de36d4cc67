//! Plays a row of a table: green, broken, looked at, mended, green again.

use super::arm;
use super::lab::Lab;
use super::mutants::Act;
use super::mutants::Mutant;
use super::process::Done;
use super::sql;
use super::sql::Open;
use milink::arm::transport::Method;
use milink::rules::checks::registry;
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

/// Looks until something shows or is settled: the slowest is a connection that is noticed to be dead, after its 20 s.
const LOOKS_MAX: usize = 120;

/// Verbs of milink that change something: where a remedy begins with one, it must mend by itself.
const MENDING: [&str; 5] = ["link create", "link probe", "objects sync", "cert exchange", "drill run"];

fn tried(lab: &Lab, server: &str, database: &str, text: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(sql::rows(&lab.record(), &lab.path("ca.pem"), server, database, text));
    done.map(drop).map_err(|e| format!("{server}: {text}: {e}"))
}

#[track_caller]
pub fn at(lab: &Lab, server: &str, database: &str, text: &str) {
    tried(lab, server, database, text).unwrap();
}

/// Id and status of the first link's checks that neither passed nor were out of place.
pub fn open(report: &Value) -> BTreeMap<String, String> {
    let checks = report["links"][0]["checks"].as_array().unwrap();
    let word = |c: &Value, key: &str| c[key].as_str().unwrap().to_owned();
    checks
        .iter()
        .filter(|c| !["pass", "not_applicable"].contains(&c["status"].as_str().unwrap()))
        .map(|c| (word(c, "id"), word(c, "status")))
        .collect()
}

/// One line of the report.
pub fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["links"][0]["checks"].as_array().unwrap();
    checks.iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no check {id}"))
}

pub fn check(lab: &Lab, purpose: &str) -> Done {
    lab.milink(&format!("check ledger --for {purpose} --output json"))
}

/// Green, whatever settles by itself within the bound; else what is open.
pub fn until_green(lab: &Lab, purpose: &str) -> Result<(), String> {
    let mut last = String::new();
    for _ in 0..LOOKS_MAX {
        let done = check(lab, purpose);
        let report = done.json();
        let open = open(&report);
        if done.code == Some(0) && open.is_empty() {
            return Ok(());
        }
        let found: Vec<String> = open.keys().map(|id| format!("{id}: {}", finding(&report, id)["found"])).collect();
        last = format!("exit {:?}, open {open:?}: {}", done.code, found.join("; "));
        // The link takes up again by itself; nothing else has to be waited for.
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(last)
}

/// The estate as a careful team prepares it, with nothing left to warn of.
pub fn prepare(lab: &Lab) {
    at(lab, "sql-a", "master", "ALTER DATABASE ledger SET ACCELERATED_DATABASE_RECOVERY = ON");
    at(lab, "mi-a", "master", "CREATE LOGIN smoke WITH PASSWORD = N'Long#enough1'");
    at(
        lab,
        "mi-a",
        "master",
        "EXEC msdb.dbo.sp_add_job @job_name = N'Ledger close of day', @enabled = 0; EXEC sp_addlinkedserver @server = N'REPORTING', @srvproduct = N'SQL Server'",
    );
    lab.estate_with("milink.toml", &[("[application]\n", "[application]\nallow_logins = [\"smoke\"]\n")]);
}

/// How a finding says it is to be mended.
enum Remedy {
    Statement {
        site: String,
        sql: String,
    },
    Command(String),
    /// A line of the Azure CLI, as the request that it makes.
    Azure(String),
    /// Something else: the row knows how.
    Words,
}

/// A lab, and the sessions that rows hold open in it.
pub struct Player<'a> {
    lab: &'a Lab,
    held: Vec<Open>,
    /// Every mistake, so that one row hides no other.
    mistakes: Vec<String>,
}

impl<'a> Player<'a> {
    pub fn new(lab: &'a Lab) -> Self {
        Self { lab, held: Vec::new(), mistakes: Vec::new() }
    }

    fn act(&mut self, acts: &[Act]) -> Result<(), String> {
        let lab = self.lab;
        for a in acts {
            match a {
                Act::Sql(server, text) => tried(lab, server, "master", text)?,
                Act::Inside(server, text) => tried(lab, server, "ledger", text)?,
                Act::Hold(server, text) => {
                    let mut session = lab.session(server, "ledger");
                    session.run(text);
                    self.held.push(session);
                }
                Act::Caller(server) => {
                    let mut session = lab.caller(server);
                    session.run("SELECT 1");
                    self.held.push(session);
                }
                Act::Release => self.held.clear(),
                Act::Fault(words) => lab.fault(words),
                Act::Run(line) => ran(lab, line)?,
                Act::Probe => drop(lab.milink("link probe")),
                Act::Put(path, body) => drop(arm::send(lab, Method::Put, path, body)?),
                Act::Patch(path, body) => drop(arm::send(lab, Method::Patch, path, body)?),
                Act::Post(path) => drop(arm::send(lab, Method::Post, path, "")?),
                Act::Delete(path) => drop(arm::send(lab, Method::Delete, path, "")?),
                Act::Estate(from, to) => drop(lab.estate_with("milink.toml", &[(from, to)])),
            }
        }
        Ok(())
    }

    pub fn play(&mut self, m: &Mutant) {
        let remedy = self.act(m.break_it).and_then(|()| self.broken(m)).unwrap_or_else(|what| {
            self.mistakes.push(format!("{}: {what}", m.check));
            Remedy::Words
        });
        // What the finding offers must mend it; the rest of the row clears away what breaking it took.
        let offered = match &remedy {
            Remedy::Statement { site, sql } => tried(self.lab, site, "master", sql),
            Remedy::Command(line) => ran(self.lab, line),
            Remedy::Azure(line) => in_azure(self.lab, line),
            Remedy::Words => Ok(()),
        };
        let mended = match remedy {
            Remedy::Words => offered.and_then(|()| self.act(m.mend_it)),
            _ => offered,
        };
        let green = mended.and_then(|()| until_green(self.lab, m.purpose)).and_then(|()| self.act(m.clear));
        if let Err(what) = green {
            self.mistakes.push(format!("{}: not green again: {what}", m.check));
            // The next rows are to tell of themselves.
            let _ = self.act(m.mend_it).and_then(|()| self.act(m.clear));
        }
    }

    pub fn play_all(&mut self, rows: &[Mutant]) {
        for m in rows {
            self.play(m);
        }
    }

    #[track_caller]
    pub fn no_mistakes(self) {
        assert!(self.mistakes.is_empty(), "\n{}\n", self.mistakes.join("\n"));
    }

    /// The finding's remedy, once the check has turned, and nothing else with it.
    fn broken(&mut self, m: &Mutant) -> Result<Remedy, String> {
        let allowed: BTreeSet<&str> = m.consequences.iter().copied().chain([m.check]).collect();
        let mut last = String::new();
        for _ in 0..LOOKS_MAX {
            self.act(m.meanwhile)?;
            let done = check(self.lab, m.purpose);
            let report = done.json();
            let found = open(&report);
            let stray: Vec<String> = found
                .keys()
                .filter(|id| !allowed.contains(id.as_str()))
                .map(|id| format!("{id} ({})", finding(&report, id)["found"]))
                .collect();
            if !stray.is_empty() {
                return Err(format!("others turned too: {}", stray.join(", ")));
            }
            if found.contains_key(m.check) {
                judged(m, &done, &report["links"][0])?;
                return remedy(&report, m.check);
            }
            last = finding(&report, m.check)["found"].to_string();
            // A broken connection is noticed after its time limit.
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("it did not turn: {last}"))
    }
}

/// Does what `az network nsg rule create` or `az network route-table route delete` would do with these arguments.
fn in_azure(lab: &Lab, line: &str) -> Result<(), String> {
    const VERSION: &str = "?api-version=2024-05-01";
    let words: Vec<&str> = line.split_whitespace().collect();
    // An option takes every word up to the next one.
    let of = |option: &str| -> Result<Vec<&str>, String> {
        let at =
            words.iter().position(|w| *w == option).ok_or_else(|| format!("no {option} in `az network {line}`"))?;
        Ok(words[at + 1..].iter().take_while(|w| !w.starts_with('-')).copied().collect())
    };
    let one = |option: &str| of(option).map(|all| all[0]);
    match words[..3] {
        ["nsg", "rule", "create"] => {
            let body = serde_json::json!({ "properties": {
                "protocol": one("--protocol")?, "access": one("--access")?, "direction": one("--direction")?,
                "priority": one("--priority")?.parse::<u32>().unwrap(), "sourcePortRange": "*",
                "sourceAddressPrefixes": of("--source-address-prefixes")?,
                "destinationAddressPrefixes": of("--destination-address-prefixes")?,
                "destinationPortRanges": of("--destination-port-ranges")?,
            }});
            let path = format!(
                "Microsoft.Network/networkSecurityGroups/{}/securityRules/{}{VERSION}",
                one("--nsg-name")?,
                one("-n")?
            );
            arm::send(lab, Method::Put, &path, &body.to_string()).map(drop)
        }
        ["route-table", "route", "delete"] => {
            let path =
                format!("Microsoft.Network/routeTables/{}/routes/{}{VERSION}", one("--route-table-name")?, one("-n")?);
            arm::send(lab, Method::Delete, &path, "").map(drop)
        }
        _ => Err(format!("nobody here knows `az network {line}`")),
    }
}

/// A command line of milink's that says yes to what it asks.
fn ran(lab: &Lab, line: &str) -> Result<(), String> {
    let approved = if line.starts_with("objects sync") { format!("{line} --yes") } else { line.to_owned() };
    let done = lab.milink(&approved);
    if done.code == Some(0) { Ok(()) } else { Err(format!("`{line}`: {:?} {}", done.code, done.stderr)) }
}

/// A row of the registry that has a statement must offer it: so each of them is run by the table that plays its check.
fn remedy(report: &Value, id: &str) -> Result<Remedy, String> {
    let found = finding(report, id);
    let word = |key: &str| found["statement"][key].as_str().map(str::to_owned);
    if let (Some(site), Some(sql)) = (word("site"), word("sql")) {
        return Ok(Remedy::Statement { site, sql });
    }
    let text = found["remedy"].as_str().unwrap();
    let own = registry::find(id).unwrap();
    if own.statement.is_some() && found["status"] == "fail" && text.starts_with(&own.remedy[..own.remedy.len().min(12)])
    {
        return Err(format!("the registry has a statement, the finding offers none: {found:#}"));
    }
    if let Some(line) = text.strip_prefix("az network ") {
        return Ok(Remedy::Azure(line.split(';').next().unwrap_or(line).to_owned()));
    }
    let Some(line) = text.strip_prefix("milink ").map(|t| t.split([';', ',']).next().unwrap_or(t).trim()) else {
        return Ok(Remedy::Words);
    };
    let mends = MENDING.iter().any(|verb| line.starts_with(verb));
    Ok(if mends { Remedy::Command(line.to_owned()) } else { Remedy::Words })
}

/// Verdict and exit code follow from what failed.
fn judged(m: &Mutant, done: &Done, link: &Value) -> Result<(), String> {
    let any = |key: &str| link[key].as_u64().unwrap() > 0;
    let (verdict, code) = match (any("blocking"), any("unknown")) {
        (true, _) => ("not_ready", 3),
        (false, true) => ("unknown", 3),
        (false, false) => ("ready", 0),
    };
    let blocks = registry::find(m.check).unwrap().severity == registry::Severity::Block;
    if link["verdict"] != verdict || done.code != Some(code) || (blocks && code != 3) {
        return Err(format!("verdict {}, exit {:?}, expected {verdict}, {code}", link["verdict"], done.code));
    }
    Ok(())
}
