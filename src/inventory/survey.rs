//! One server in few statements; the count does not grow with its databases.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::perform::Effects;
use crate::model::database::DatabaseFacts;
use crate::model::database::DatabaseState;
use crate::model::fact::Fact;
use crate::model::ids::SiteId;
use crate::model::instance::InstanceFacts;
use crate::model::survey::Accelerated;
use crate::model::survey::Inside;
use crate::model::survey::ServerSurvey;
use crate::sql::Query;
use crate::sql::Script;
use crate::sql::error::Class;
use crate::sql::error::meaning;
use crate::sql::query::around;
use crate::sql::query::database;
use crate::sql::query::instance;
use crate::sql::query::survey;

/// Databases looked into with one batch: some 100 kB of text.
const INSIDE_MAX: usize = 100;
/// SQL Server 2019, the first with accelerated database recovery.
const ACCELERATED_FROM: u32 = 15;
/// SQL Server 2022, the first with contained groups.
const CONTAINED_FROM: u32 = 16;

/// Reads a server; `databases` are those that must be looked into.
pub async fn read(effects: &Effects, site: &SiteId, databases: &[&str]) -> ServerSurvey {
    // The first question also tells whether there is a server: a dead one is not asked a dozen times.
    let facts = match effects.read(site, instance::facts()).await {
        Ok(facts) => Fact::Known { value: facts },
        Err(e) if matches!(e.kind(), Kind::Unreachable | Kind::Denied | Kind::TimedOut) => return dark(site, &e),
        Err(e) => e.into(),
    };
    // Catalogue views answer with fewer rows, not with an error: what such a login does not see is not known.
    let definitions = blind(&facts, "VIEW ANY DEFINITION", |f| f.view_any_definition);
    let names = blind(&facts, "VIEW ANY DATABASE", |f| f.view_any_database);
    let first = async {
        let list = seen(effects, site, database::list(), names.as_deref()).await;
        let inside = inside(effects, site, &list, databases).await;
        (list, inside, seen(effects, site, survey::files(), definitions.as_deref()).await)
    };
    let second = async {
        (
            seen(effects, site, survey::logins(), definitions.as_deref()).await,
            ask(effects, site, survey::agent()).await,
            seen(effects, site, survey::outside(), definitions.as_deref()).await,
            ask(effects, site, instance::trace_flags()).await,
            ask(effects, site, around::around()).await,
            ask(effects, site, around::others()).await,
        )
    };
    let third = async {
        (
            seen(effects, site, survey::door(), definitions.as_deref()).await,
            seen(effects, site, survey::groups(), definitions.as_deref()).await,
            ask(effects, site, survey::protection()).await,
            accelerated(effects, site, &facts).await,
            contained(effects, site, &facts).await,
            multi_database(effects, site, &facts).await,
        )
    };
    let (first, second, third) = tokio::join!(first, second, third);
    let (list, inside, files) = first;
    let (logins, agent, outside, trace_flags, around, others) = second;
    let (door, groups, protection, accelerated, contained, multi_database) = third;
    ServerSurvey {
        site: site.clone(),
        instance: facts,
        trace_flags,
        databases: list,
        files,
        protection,
        accelerated,
        inside,
        door,
        groups,
        logins,
        agent,
        outside,
        around,
        others,
        contained,
        multi_database,
    }
}

/// Why nothing can be said of what only this permission shows.
fn blind(facts: &Fact<InstanceFacts>, permission: &str, holds: impl Fn(&InstanceFacts) -> bool) -> Option<String> {
    let facts = facts.known()?;
    (!facts.is_sysadmin && !holds(facts)).then(|| format!("{} does not see all of it; needs {permission}", facts.login))
}

async fn seen<T>(effects: &Effects, site: &SiteId, query: Result<Query<T>>, blind: Option<&str>) -> Fact<T> {
    match blind {
        None => ask(effects, site, query).await,
        Some(why) => Fact::unknown(format!("{why} on {site}")),
    }
}

/// A refusal names the permission that the statement's header names.
async fn ask<T>(effects: &Effects, site: &SiteId, query: Result<Query<T>>) -> Fact<T> {
    let id = query.as_ref().map(|q| q.rendered.id).unwrap_or_default();
    match effects.read(site, query).await {
        Ok(value) => Fact::Known { value },
        Err(e) => {
            let refused =
                e.kind() == Kind::Denied || e.server_number().is_some_and(|n| meaning(n).class == Class::Permission);
            match Script::get(id) {
                Ok(script) if refused => Fact::unknown(format!("{}; needs {}", e.chain(), script.permission)),
                _ => e.into(),
            }
        }
    }
}

async fn accelerated(effects: &Effects, site: &SiteId, facts: &Fact<InstanceFacts>) -> Fact<Option<Vec<Accelerated>>> {
    match facts {
        Fact::Unknown { why } => Fact::unknown(why.clone()),
        Fact::Known { value }
            if !value.is_managed() && value.version_parts().is_some_and(|p| p[0] < ACCELERATED_FROM) =>
        {
            Fact::Known { value: None }
        }
        Fact::Known { .. } => match ask(effects, site, survey::accelerated()).await {
            Fact::Known { value } => Fact::Known { value: Some(value) },
            Fact::Unknown { why } => Fact::Unknown { why },
        },
    }
}

async fn contained(effects: &Effects, site: &SiteId, facts: &Fact<InstanceFacts>) -> Fact<Option<Vec<String>>> {
    match facts {
        Fact::Unknown { why } => Fact::unknown(why.clone()),
        Fact::Known { value } if value.version_parts().is_some_and(|p| p[0] < CONTAINED_FROM) => {
            Fact::Known { value: None }
        }
        Fact::Known { .. } => match ask(effects, site, around::contained()).await {
            Fact::Known { value } => Fact::Known { value: Some(value) },
            Fact::Unknown { why } => Fact::Unknown { why },
        },
    }
}

async fn multi_database(effects: &Effects, site: &SiteId, facts: &Fact<InstanceFacts>) -> Fact<Option<bool>> {
    match facts {
        Fact::Unknown { why } => Fact::unknown(why.clone()),
        Fact::Known { value } if !value.has_multi_database_link || value.is_managed() => Fact::Known { value: None },
        Fact::Known { .. } => match ask(effects, site, instance::multi_database()).await {
            Fact::Known { value } => Fact::Known { value: Some(value) },
            Fact::Unknown { why } => Fact::Unknown { why },
        },
    }
}

/// Only what is open can be looked into; the rest is missing from the answer.
async fn inside(
    effects: &Effects,
    site: &SiteId,
    list: &Fact<Vec<DatabaseFacts>>,
    wanted: &[&str],
) -> Fact<Vec<Inside>> {
    let list = match list {
        Fact::Known { value } => value,
        Fact::Unknown { why } => return Fact::unknown(why.clone()),
    };
    let open: Vec<&str> = list
        .iter()
        .filter(|d| d.state == DatabaseState::Online && d.updateability.is_some())
        .map(|d| d.name.as_str())
        .filter(|name| wanted.iter().any(|w| w.eq_ignore_ascii_case(name)))
        .collect();
    let mut all = Vec::new();
    for names in open.chunks(INSIDE_MAX) {
        match ask(effects, site, survey::inside(names)).await {
            Fact::Known { value } => all.extend(value),
            Fact::Unknown { why } => return Fact::Unknown { why },
        }
    }
    Fact::Known { value: all }
}

fn dark(site: &SiteId, e: &Error) -> ServerSurvey {
    fn u<T>(e: &Error) -> Fact<T> {
        Fact::unknown(e.chain())
    }
    ServerSurvey {
        site: site.clone(),
        instance: u(e),
        trace_flags: u(e),
        databases: u(e),
        files: u(e),
        protection: u(e),
        accelerated: u(e),
        inside: u(e),
        door: u(e),
        groups: u(e),
        logins: u(e),
        agent: u(e),
        outside: u(e),
        around: u(e),
        others: u(e),
        contained: u(e),
        multi_database: u(e),
    }
}
