//! What a target lacks of a source's server objects, and the parts that bring it over. Pure.

use super::types::FORMAT;
use super::types::Plan;
use super::types::PlanKind;
use super::types::PlanPolicy;
use super::types::PlannedStage;
use crate::model::fact::Fact;
use crate::model::fact::Unknown;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::object::AgentJob;
use crate::model::object::LinkedServer;
use crate::model::object::Operator;
use crate::model::object::ServerLogin;
use crate::model::survey::ServerSurvey;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeSet;

/// Kinds of objects, in the order in which they are brought over.
pub const NOUNS: [&str; 10] = [
    "role",
    "login",
    "operator",
    "linked_server",
    "credential",
    "job",
    // Told, and never brought over.
    "alert",
    "proxy",
    "mail_profile",
    "linked_login",
];

/// One act on the target, small enough to be undone by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    Role {
        name: String,
    },
    /// The hash is read from the source when it is sent, and kept nowhere.
    Login {
        name: String,
        sid: String,
    },
    Policy {
        login: String,
    },
    DefaultDatabase {
        login: String,
        database: String,
    },
    Disable {
        login: String,
    },
    Member {
        role: String,
        member: String,
    },
    /// `GRANT` or `DENY`.
    Permission {
        verb: String,
        permission: String,
        to: String,
    },
    Operator {
        operator: Operator,
    },
    LinkedServer {
        server: LinkedServer,
    },
    Job {
        job: AgentJob,
        owner: String,
    },
}

/// One object of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectPlan {
    pub id: StepId,
    pub source: SiteId,
    pub target: SiteId,
    pub noun: String,
    pub name: String,
    pub parts: Vec<Part>,
}

/// How one object of the source stands on the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Same,
    Missing,
    /// What is different and can be brought over.
    Differs(Vec<String>),
    /// What a person must do, and why nobody else can.
    Manual(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub source: SiteId,
    pub target: SiteId,
    pub noun: &'static str,
    pub name: String,
    pub standing: Standing,
    pub parts: Vec<Part>,
    /// What stays different although the parts are brought over.
    pub notes: Vec<String>,
}

/// What is looked at.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub databases: Vec<String>,
    pub everything: bool,
    /// Names the estate requires, whatever uses them.
    pub required: BTreeSet<String>,
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

impl Scope {
    fn requires(&self, name: &str) -> bool {
        self.everything || self.required.iter().any(|r| same(r, name))
    }
}

/// Everything in scope, whether it differs or not.
pub fn compare(source: &ServerSurvey, target: &ServerSurvey, scope: &Scope) -> Result<Vec<Difference>, Unknown> {
    let mut all = Vec::new();
    let of = |noun: &'static str, name: &str, standing, parts, notes| Difference {
        source: source.site.clone(),
        target: target.site.clone(),
        noun,
        name: name.to_owned(),
        standing,
        parts,
        notes,
    };
    let theirs = target.logins.get()?;
    let logins = wanted_logins(source, scope)?;
    for role in source.logins.get()?.iter().filter(|l| l.is_role()) {
        let used = scope.requires(&role.name) || logins.iter().any(|l| l.roles.contains(&role.name));
        if !used {
            continue;
        }
        let there = theirs.iter().find(|t| t.is_role() && same(&t.name, &role.name));
        let mut parts = Vec::new();
        if there.is_none() {
            parts.push(Part::Role { name: role.name.clone() });
        }
        let mut notes = Vec::new();
        permissions(role, there, &mut parts, &mut notes);
        all.push(of("role", &role.name, standing(there.is_none(), &parts), parts, notes));
    }
    let databases: Vec<&str> = target.databases.get()?.iter().map(|d| d.name.as_str()).collect();
    for login in logins {
        let (standing, parts, notes) = one_login(login, theirs, &databases);
        all.push(of("login", &login.name, standing, parts, notes));
    }
    outside(source, target, scope, &mut all)?;
    agent(source, target, scope, &mut all)?;
    others(source, target, &mut all);
    all.sort_by_key(|d| (NOUNS.iter().position(|n| *n == d.noun), d.name.clone()));
    Ok(all)
}

/// What is only named: there or not, and what a person does about it. Never silent, also when it cannot be read.
fn others(source: &ServerSurvey, target: &ServerSurvey, all: &mut Vec<Difference>) {
    let sites = (source.site.clone(), target.site.clone());
    let (own, theirs) = match (&source.others, &target.others) {
        (Fact::Known { value: own }, Fact::Known { value: theirs }) => (own, theirs),
        (Fact::Unknown { why }, _) | (_, Fact::Unknown { why }) => {
            let standing = Standing::Manual(format!("not compared: {why}"));
            let name = "alerts, proxies, mail profiles, linked logins";
            all.push(difference(&sites, "alert", name, standing, Vec::new(), Vec::new()));
            return;
        }
    };
    for noun in ["alert", "proxy", "mail_profile", "linked_login"] {
        for o in own.iter().filter(|o| o.kind == noun) {
            let there = theirs.iter().any(|t| t.kind == noun && same(&t.name, &o.name));
            let standing = if there { Standing::Same } else { Standing::Manual(by_hand(noun).to_owned()) };
            all.push(difference(&sites, noun, &o.name, standing, Vec::new(), Vec::new()));
        }
    }
}

fn by_hand(noun: &str) -> &'static str {
    match noun {
        "alert" => "missing there; sp_add_alert by a script from the source",
        "proxy" => "a managed instance has no proxies: change the job steps that use it",
        "mail_profile" => {
            "missing there; sysmail_add_profile_sp, and name it AzureManagedInstance_dbmail_profile for the Agent"
        }
        _ => "missing there; sp_addlinkedsrvlogin with its password, which cannot be read",
    }
}

fn standing(is_missing: bool, parts: &[Part]) -> Standing {
    match (is_missing, parts.is_empty()) {
        (true, _) => Standing::Missing,
        (false, true) => Standing::Same,
        (false, false) => Standing::Differs(parts.iter().map(Part::words).collect()),
    }
}

/// Logins with a user in the databases, owners of the databases and of their jobs, and those that are required.
fn wanted_logins<'a>(source: &'a ServerSurvey, scope: &Scope) -> Result<Vec<&'a ServerLogin>, Unknown> {
    let inside = source.inside.get()?;
    let own = |name: &str| scope.databases.iter().any(|d| same(d, name));
    let mut names: BTreeSet<String> =
        inside.iter().filter(|i| own(&i.database)).flat_map(|i| &i.users).filter_map(|u| u.login.clone()).collect();
    if let Some(agent) = source.agent.known() {
        let jobs = agent.jobs.iter().filter(|j| scope.databases.iter().any(|d| j.touches(d)));
        names.extend(jobs.filter_map(|j| j.owner.clone()));
    }
    let sids: Vec<String> = source
        .databases
        .get()?
        .iter()
        .filter(|d| own(&d.name))
        .filter_map(|d| d.owner_sid.clone())
        .map(|s| if s.starts_with("0x") { s } else { format!("0x{s}") })
        .collect();
    Ok(source
        .logins
        .get()?
        .iter()
        .filter(|l| !l.is_internal() && !l.is_role())
        .filter(|l| {
            scope.requires(&l.name) || names.contains(&l.name) || sids.iter().any(|s| s.eq_ignore_ascii_case(&l.sid))
        })
        .collect())
}

fn one_login(login: &ServerLogin, theirs: &[ServerLogin], databases: &[&str]) -> (Standing, Vec<Part>, Vec<String>) {
    let there = theirs.iter().find(|t| same(&t.name, &login.name));
    let none = |why: String| (Standing::Manual(why), Vec::new(), Vec::new());
    if login.is_windows() && there.is_none() {
        let account = login.name.split('\\').next_back().unwrap_or(&login.name);
        let entra = theirs.iter().find(|t| {
            matches!(t.kind.as_str(), "E" | "X") && t.name.split('@').next().is_some_and(|n| same(n, account))
        });
        return match entra {
            Some(e) => {
                none(format!("Windows logins cannot exist there; {} is there: map its users after the switch", e.name))
            }
            None => none(format!(
                "Windows logins cannot exist there: CREATE LOGIN [{account}@<tenant>] FROM EXTERNAL PROVIDER"
            )),
        };
    }
    if login.kind != "S" && there.is_none() {
        return none(format!("a login of type {} is made in Azure", login.kind));
    }
    if let Some(t) = there
        && !t.sid.eq_ignore_ascii_case(&login.sid)
        && login.kind == "S"
    {
        return none(format!("it is there with SID {} instead of {}: drop it, then sync", t.sid, login.sid));
    }
    if there.is_none() && theirs.iter().any(|t| t.sid.eq_ignore_ascii_case(&login.sid)) {
        return none(format!("another login there has its SID {}", login.sid));
    }
    if there.is_none() && !login.has_hash {
        return none("its password hash cannot be read: CONTROL SERVER is needed on the source".to_owned());
    }
    let mut parts = Vec::new();
    let mut notes = Vec::new();
    if there.is_none() {
        parts.push(Part::Login { name: login.name.clone(), sid: login.sid.clone() });
    }
    // Disabled before anything is given to it.
    if login.is_disabled && there.is_none_or(|t| !t.is_disabled) {
        parts.push(Part::Disable { login: login.name.clone() });
    }
    if login.is_policy_checked && there.is_none_or(|t| !t.is_policy_checked) {
        parts.push(Part::Policy { login: login.name.clone() });
    }
    if let Some(database) = &login.default_database {
        let is_there =
            databases.iter().any(|d| same(d, database)) || ["master", "tempdb", "msdb"].contains(&database.as_str());
        let differs = match there {
            Some(t) => t.default_database.as_deref().is_none_or(|d| !same(d, database)),
            None => !same(database, "master"),
        };
        match (differs, is_there) {
            (true, true) => parts.push(Part::DefaultDatabase { login: login.name.clone(), database: database.clone() }),
            (true, false) => notes.push(format!("default database {database} is not there yet")),
            _ => {}
        }
    }
    if there.is_some_and(|t| t.is_disabled && !login.is_disabled) {
        notes.push("it is disabled there: a fence may have done that".to_owned());
    }
    for role in &login.roles {
        if there.is_none_or(|t| !t.roles.contains(role)) {
            parts.push(Part::Member { role: role.clone(), member: login.name.clone() });
        }
    }
    permissions(login, there, &mut parts, &mut notes);
    (standing(there.is_none(), &parts), parts, notes)
}

fn permissions(own: &ServerLogin, there: Option<&ServerLogin>, parts: &mut Vec<Part>, notes: &mut Vec<String>) {
    for line in &own.permissions {
        // A login that is made has this one by itself.
        let given = there.map_or(line == "GRANT CONNECT SQL" && !own.is_role(), |t| t.permissions.contains(line));
        if given {
            continue;
        }
        match line.split_once(' ') {
            Some((verb, permission)) if !permission.ends_with("WITH GRANT OPTION") => parts.push(Part::Permission {
                verb: verb.to_owned(),
                permission: permission.to_owned(),
                to: own.name.clone(),
            }),
            _ => notes.push(format!("{line}: give it by hand")),
        }
    }
}

fn outside(
    source: &ServerSurvey,
    target: &ServerSurvey,
    scope: &Scope,
    all: &mut Vec<Difference>,
) -> Result<(), Unknown> {
    let (own, theirs) = (source.outside.get()?, target.outside.get()?);
    let sites = (source.site.clone(), target.site.clone());
    // Nothing tells which database uses which: all of them are looked at.
    for s in &own.linked_servers {
        let there = theirs.linked_servers.iter().any(|t| same(&t.name, &s.name));
        let parts = if there { Vec::new() } else { vec![Part::LinkedServer { server: s.clone() }] };
        let notes = if there { Vec::new() } else { vec!["its logins' passwords must be given again".to_owned()] };
        all.push(difference(&sites, "linked_server", &s.name, standing(!there, &parts), parts, notes));
    }
    for c in &own.credentials {
        let there = theirs.credentials.iter().any(|t| same(&t.name, &c.name));
        let standing = if there {
            Standing::Same
        } else {
            Standing::Manual("its secret cannot be read: CREATE CREDENTIAL there".to_owned())
        };
        all.push(difference(&sites, "credential", &c.name, standing, Vec::new(), Vec::new()));
    }
    let _ = scope;
    Ok(())
}

fn agent(
    source: &ServerSurvey,
    target: &ServerSurvey,
    scope: &Scope,
    all: &mut Vec<Difference>,
) -> Result<(), Unknown> {
    let (own, theirs) = (source.agent.get()?, target.agent.get()?);
    let sites = (source.site.clone(), target.site.clone());
    for o in &own.operators {
        let there = theirs.operators.iter().any(|t| same(&t.name, &o.name));
        let parts = if there { Vec::new() } else { vec![Part::Operator { operator: o.clone() }] };
        all.push(difference(&sites, "operator", &o.name, standing(!there, &parts), parts, Vec::new()));
    }
    for j in &own.jobs {
        if !scope.requires(&j.name) && !scope.databases.iter().any(|d| j.touches(d)) {
            continue;
        }
        let there = theirs.jobs.iter().find(|t| same(&t.name, &j.name));
        let cannot = j
            .steps
            .iter()
            .find(|s| s.has_proxy || !["TSQL", "SSIS", "POWERSHELL"].contains(&s.subsystem.to_uppercase().as_str()));
        let mut notes = Vec::new();
        let (standing, parts) = match (there, cannot) {
            (Some(t), _) => {
                if t.steps != j.steps {
                    notes.push("its steps differ: compare them by hand".to_owned());
                }
                (Standing::Same, Vec::new())
            }
            (None, Some(s)) => {
                (Standing::Manual(format!("step {} cannot run there ({})", s.name, s.subsystem)), Vec::new())
            }
            (None, None) => {
                let owner = j.owner.clone().unwrap_or_else(|| "sa".to_owned());
                notes.push("made disabled: enable it when the target is open".to_owned());
                (Standing::Missing, vec![Part::Job { job: j.clone(), owner }])
            }
        };
        all.push(difference(&sites, "job", &j.name, standing, parts, notes));
    }
    Ok(())
}

fn difference(
    sites: &(SiteId, SiteId),
    noun: &'static str,
    name: &str,
    standing: Standing,
    parts: Vec<Part>,
    notes: Vec<String>,
) -> Difference {
    let (source, target) = sites.clone();
    Difference { source, target, noun, name: name.to_owned(), standing, parts, notes }
}

impl Part {
    /// For people.
    pub fn words(&self) -> String {
        match self {
            Part::Role { name } => format!("create role {name}"),
            Part::Login { name, .. } => format!("create login {name} with its SID"),
            Part::Policy { .. } => "check its password policy".to_owned(),
            Part::DefaultDatabase { database, .. } => format!("default database {database}"),
            Part::Disable { .. } => "disable it".to_owned(),
            Part::Member { role, .. } => format!("member of {role}"),
            Part::Permission { verb, permission, .. } => format!("{verb} {permission}"),
            Part::Operator { operator } => format!("create operator {}", operator.name),
            Part::LinkedServer { server } => format!("create linked server {}", server.name),
            Part::Job { job, .. } => format!("create job {}, disabled", job.name),
        }
    }
}

/// One step an object, kinds one after the other: a role before its members, a login before the job it owns.
pub fn build(differences: &[Difference], policy: PlanPolicy) -> Plan {
    let mut objects: Vec<ObjectPlan> = Vec::new();
    let mut stages = Vec::new();
    for noun in NOUNS {
        let mut steps = Vec::new();
        for d in differences.iter().filter(|d| d.noun == noun && !d.parts.is_empty()) {
            let id = StepId::new(format!("objects.{noun}/{}:{}", d.target, d.name));
            if objects.iter().any(|o| o.id == id) {
                continue;
            }
            steps.push(super::create::planned(id.clone(), &d.target, None));
            objects.push(ObjectPlan {
                id,
                source: d.source.clone(),
                target: d.target.clone(),
                noun: noun.to_owned(),
                name: d.name.clone(),
                parts: d.parts.clone(),
            });
        }
        if !steps.is_empty() {
            stages.push(PlannedStage { name: noun.to_owned(), steps });
        }
    }
    Plan { format: FORMAT, kind: PlanKind::Objects, links: Vec::new(), objects, fog: None, stages, policy }
}
