//! A bar is believed when somebody tried to get past it in vain (facts: cutover-night 4). milink makes a login of its own, with a
//! user in no database, sees that it gets in, bars it as the fence bars others, and sees that it does not any more; the same with a
//! user without a login, where such users were barred. What gets in nowhere proves nothing, and what gets in after all ends the run.

use super::bars;
use super::inside;
use super::snapshot::SOURCE_BARS;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::hex;
use crate::base::redact::SecretString;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::claim::Bar;
use crate::model::claim::BarredLogin;
use crate::model::claim::BarredUser;
use crate::model::ids::RunId;
use crate::model::login::ConnectSql;
use crate::model::login::DatabaseLogins;
use crate::plan::types::LinkPlan;
use crate::sql::query::canary;
use crate::sql::query::login;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use std::time::Duration;

/// Evidence name: what was tried and what came of it.
pub const TRIED: &str = "tried";
/// A login that is logged in cannot be dropped (15434), and a session lives on for a moment after its client is gone.
const LOGGED_IN: i32 = 15434;
const GONE_MAX: Duration = Duration::from_secs(30);

pub struct Canary(pub LinkStep);

/// One try.
#[derive(Debug, Serialize)]
struct Tried {
    /// What kept it out.
    bar: &'static str,
    /// The server's number.
    refused: Option<i32>,
}

/// What the run's own login and user are called.
pub fn name(run: &RunId, link: &LinkPlan) -> String {
    let mut digest = hex::encode(&Sha256::digest(format!("{run}/{}", link.name).as_bytes())).to_ascii_lowercase();
    digest.truncate(12);
    format!("milink_canary_{digest}")
}

fn password() -> SecretString {
    // Four kinds of characters: a policy of the domain may ask for them.
    SecretString::from(format!("Cn!{}", crate::base::random::uuid().simple()))
}

/// A user that logs in by a password of its own is among those that were barred.
fn has_password_users(found: &DatabaseLogins, barred: &[BarredUser]) -> bool {
    found.contained.iter().any(|u| u.kind == "S" && barred.iter().any(|b| !b.is_guest && b.user == u.name))
}

/// Its name, its password, and where.
struct Bird<'a> {
    step: &'a LinkStep,
    name: String,
    password: SecretString,
}

impl Bird<'_> {
    async fn gets_in(&self, cx: &Context, database: &str) -> Result<()> {
        let site = &self.step.link.source;
        cx.effects.try_login(site, &self.name, &self.password, database).await.map_err(|e| {
            if e.kind() != Kind::Denied {
                return e.during(format!("trying the way in as {}", self.name));
            }
            let what = format!("{} was made to be kept out, and never got in: that proves nothing", self.name);
            Error::refused(what).hint(HINT).caused_by(e)
        })
    }

    /// It must be the server that refuses: a lost connection says nothing.
    async fn is_kept_out(&self, cx: &Context, database: &str, bar: &'static str) -> Result<Tried> {
        let site = &self.step.link.source;
        match cx.effects.try_login(site, &self.name, &self.password, database).await {
            Ok(()) => Err(Error::refused(format!("{} got into {database} on {site} past {bar}", self.name)).hint(
                "somebody else may as well: look at permissions of public on the server (CONNECT ANY DATABASE), at guest, \
                 and at triggers",
            )),
            Err(e) if e.kind() == Kind::Denied && e.server_number().is_some() => {
                Ok(Tried { bar, refused: e.server_number() })
            }
            Err(e) => Err(e.during(format!("trying to get past {bar}"))),
        }
    }

    async fn as_login(&self, cx: &Context, logins: &[BarredLogin], tried: &mut Vec<Tried>) -> Result<()> {
        let (id, link) = (&self.step.id, &self.step.link);
        cx.effects.change(id, &link.source, &canary::create_login(&self.name, &self.password)?).await?;
        self.gets_in(cx, "master").await?;
        tried.push(self.is_kept_out(cx, &link.database, "having no user there").await?);
        for (kind, bar) in [(Bar::Disable, "ALTER LOGIN … DISABLE"), (Bar::Deny, "DENY CONNECT SQL")] {
            if !logins.iter().any(|b| b.bar == kind) {
                continue;
            }
            let barred = BarredLogin {
                name: self.name.clone(),
                sid: String::new(),
                bar: kind,
                connect_sql: ConnectSql::Granted,
            };
            cx.effects.change(id, &link.source, &bars::bar_statement(&barred)?).await?;
            tried.push(self.is_kept_out(cx, "master", bar).await?);
            for statement in bars::lift_statements(&barred)? {
                cx.effects.change(id, &link.source, &statement).await?;
            }
        }
        Ok(())
    }

    async fn as_user(&self, cx: &Context, tried: &mut Vec<Tried>) -> Result<()> {
        let (id, link) = (&self.step.id, &self.step.link);
        cx.effects.change(id, &link.source, &canary::create_user(&link.database, &self.name, &self.password)?).await?;
        // The guard of the fence may end its session while it says good-day: once more, then.
        if self.gets_in(cx, &link.database).await.is_err() {
            self.gets_in(cx, &link.database).await?;
        }
        let barred = BarredUser {
            database: link.database.clone(),
            user: self.name.clone(),
            is_guest: false,
            connect: ConnectSql::Granted,
        };
        cx.effects.change(id, &link.source, &inside::bar_statement(&barred)?).await?;
        tried.push(self.is_kept_out(cx, &link.database, "DENY CONNECT in the database").await?);
        Ok(())
    }
}

const HINT: &str = "look at logon triggers and at CONNECT on the endpoint; \
                    [policy] canary = false leaves this proof out";

/// Takes the run's own login and user away, where they are.
pub async fn clear(cx: &Context, step: &LinkStep) -> Result<()> {
    let (site, database) = (&step.link.source, &step.link.database);
    let name = name(cx.effects.run(), &step.link);
    let (logins, found) =
        tokio::join!(cx.effects.read(site, login::list()), cx.effects.read(site, login::for_database(database)));
    if found?.contained.iter().any(|u| u.name == name) {
        cx.effects.change(&step.id, site, &canary::drop_user(database, &name)?).await?;
    }
    if !logins?.iter().any(|l| l.name == name) {
        return Ok(());
    }
    let drop = canary::drop_login(&name)?;
    cx.until(&format!("login {name} to be dropped on {site}"), GONE_MAX, Backoff::urgent(), || async {
        match cx.effects.change(&step.id, site, &drop).await {
            Ok(_) => Ok(Some(())),
            Err(e) if e.server_number() == Some(LOGGED_IN) => Ok(None),
            Err(e) => Err(e),
        }
    })
    .await
}

#[async_trait]
impl Step for Canary {
    link_step!(source);

    fn summary(&self) -> String {
        format!("try to get into {} on {} past each kind of bar", self.0.link.database, self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        vec![
            "CREATE LOGIN [milink_canary_…] WITH PASSWORD = N'***', CHECK_POLICY = OFF; logins with it, bars it, tries again"
                .to_owned(),
            "DROP LOGIN [milink_canary_…]; the same with a user of that name, where users without a login were barred"
                .to_owned(),
        ]
    }
    fn undo_summary(&self) -> String {
        "drop the login and the user it made".to_owned()
    }
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let snapshot = self.0.sibling("cutover.snapshot");
        let logins: Vec<BarredLogin> = cx.proven(&snapshot, SOURCE_BARS)?.unwrap_or_default();
        let users = inside::noted(cx, &snapshot)?;
        let found = cx.effects.read(&link.source, login::for_database(&link.database)).await?;
        clear(cx, &self.0).await?;
        let bird = Bird { step: &self.0, name: name(cx.effects.run(), link), password: password() };
        let mut tried = Vec::new();
        bird.as_login(cx, &logins, &mut tried).await?;
        if has_password_users(&found, &users) {
            bird.as_user(cx, &mut tried).await?;
        }
        clear(cx, &self.0).await?;
        cx.prove(&self.0.id, TRIED, &tried)?;
        let bars: Vec<_> = tried.iter().map(|t| t.bar).collect();
        Ok(Done::note(format!("kept out by: {}", bars.join("; "))))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        clear(cx, &self.0).await?;
        Ok("nothing of it is left".to_owned())
    }
}
