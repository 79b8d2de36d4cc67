//! One object: its parts in order, each seen in the target's catalogue before and after.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::hex;
use crate::base::redact::secret;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::object::Agent;
use crate::model::object::Outside;
use crate::model::object::ServerLogin;
use crate::plan::objects::ObjectPlan;
use crate::plan::objects::Part;
use crate::sql::Statement;
use crate::sql::query::login;
use crate::sql::query::object;
use crate::sql::query::survey;
use async_trait::async_trait;

pub struct Object {
    pub plan: ObjectPlan,
}

/// What the target has now; only what the object is about is read.
#[derive(Default)]
struct Found {
    logins: Vec<ServerLogin>,
    agent: Agent,
    outside: Outside,
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

impl Found {
    fn login(&self, name: &str) -> Option<&ServerLogin> {
        self.logins.iter().find(|l| same(&l.name, name))
    }
    fn has(&self, part: &Part) -> bool {
        match part {
            Part::Role { name } => self.login(name).is_some_and(ServerLogin::is_role),
            Part::Login { name, sid } => self.login(name).is_some_and(|l| l.sid.eq_ignore_ascii_case(sid)),
            Part::Policy { login } => self.login(login).is_some_and(|l| l.is_policy_checked),
            Part::DefaultDatabase { login, database } => {
                self.login(login).is_some_and(|l| l.default_database.as_deref().is_some_and(|d| same(d, database)))
            }
            Part::Disable { login } => self.login(login).is_some_and(|l| l.is_disabled),
            Part::Member { role, member } => self.login(member).is_some_and(|l| l.roles.contains(role)),
            Part::Permission { verb, permission, to } => {
                self.login(to).is_some_and(|l| l.permissions.contains(&format!("{verb} {permission}")))
            }
            Part::Operator { operator } => self.agent.operators.iter().any(|o| same(&o.name, &operator.name)),
            Part::LinkedServer { server } => self.outside.linked_servers.iter().any(|s| same(&s.name, &server.name)),
            Part::Job { job, .. } => self.agent.jobs.iter().any(|j| same(&j.name, &job.name)),
        }
    }
}

impl Object {
    async fn look(&self, cx: &Context) -> Result<Found> {
        let target = &self.plan.target;
        let mut found = Found::default();
        match self.plan.noun.as_str() {
            "role" | "login" => found.logins = cx.effects.read(target, survey::logins()).await?,
            "linked_server" => found.outside = cx.effects.read(target, survey::outside()).await?,
            _ => found.agent = cx.effects.read(target, survey::agent()).await?,
        }
        Ok(found)
    }

    /// Statements of a part. The hash of a login is put in by `run`; a preview has a stand-in, which shows alike.
    fn statements(part: &Part, hash: &str) -> Result<Vec<Statement>> {
        let one = |s: Result<Statement>| s.map(|s| vec![s]);
        match part {
            Part::Role { name } => one(object::create_role(name)),
            Part::Login { name, sid } => {
                let sid = hex::decode(sid).ok_or_else(|| Error::bug(format!("the SID of {name} is no hex")))?;
                one(object::create_login(name, &secret(hash), &sid))
            }
            Part::Policy { login } => one(object::set_policy(login, true)),
            Part::DefaultDatabase { login, database } => one(object::set_default_database(login, database)),
            Part::Disable { login } => one(login::disable(login)),
            Part::Member { role, member } => one(object::add_member(role, member)),
            Part::Permission { verb, permission, to } => one(object::give(verb, permission, to)),
            Part::Operator { operator } => one(object::add_operator(operator)),
            Part::LinkedServer { server } => one(object::add_linked_server(server)),
            Part::Job { job, owner } => object::create_job(job, owner),
        }
    }

    /// `None`: there is no way back that is better than leaving it.
    fn reverse(part: &Part) -> Result<Option<Statement>> {
        Ok(match part {
            Part::Role { name } => Some(object::drop_role(name)?),
            Part::Login { name, .. } => Some(object::drop_login(name)?),
            Part::Policy { login } => Some(object::set_policy(login, false)?),
            Part::DefaultDatabase { .. } | Part::Operator { .. } => None,
            Part::Disable { login } => Some(login::enable(login)?),
            Part::Member { role, member } => Some(object::drop_member(role, member)?),
            Part::Permission { permission, to, .. } => Some(object::revoke(permission, to)?),
            Part::LinkedServer { server } => Some(object::drop_linked_server(&server.name)?),
            Part::Job { job, .. } => Some(object::drop_job(&job.name)?),
        })
    }

    async fn hash(&self, cx: &Context, name: &str) -> Result<crate::base::redact::SecretString> {
        let found = cx.effects.read(&self.plan.source, object::hash(name)).await?;
        found.ok_or_else(|| {
            Error::new(Kind::Denied, format!("the password hash of {name} cannot be read on {}", self.plan.source))
                .hint("CONTROL SERVER is needed there, or the login is gone: milink objects diff")
        })
    }
}

/// Evidence: the parts that this run itself made, in order.
const MADE: &str = "made";

#[async_trait]
impl Step for Object {
    fn id(&self) -> &StepId {
        &self.plan.id
    }
    fn site(&self) -> &SiteId {
        &self.plan.target
    }
    fn link(&self) -> Option<&LinkName> {
        None
    }
    fn summary(&self) -> String {
        let words: Vec<String> = self.plan.parts.iter().map(Part::words).collect();
        format!("{} {} on {}: {}", self.plan.noun.replace('_', " "), self.plan.name, self.plan.target, words.join(", "))
    }
    fn preview(&self) -> Vec<String> {
        let parts = self.plan.parts.iter();
        parts.filter_map(|p| Self::statements(p, "00").ok()).flatten().map(|s| s.rendered.shown).collect()
    }
    fn undo_summary(&self) -> String {
        "take away what this run made".to_owned()
    }

    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let found = self.look(cx).await?;
        for part in &self.plan.parts {
            if let Part::Login { name, sid } = part
                && let Some(other) = found.login(name).filter(|l| !l.sid.eq_ignore_ascii_case(sid))
            {
                return Ok(Precheck::Blocked {
                    expected: format!("{name} with SID {sid}, or not there"),
                    found: format!("{name} with SID {}", other.sid),
                    hint: format!("DROP LOGIN on {}, then milink objects sync", self.plan.target),
                });
            }
        }
        if self.plan.parts.iter().all(|p| found.has(p)) {
            return Ok(Precheck::AlreadyDone("all of it is there".to_owned()));
        }
        Ok(Precheck::Ready)
    }

    async fn run(&self, cx: &Context) -> Result<Done> {
        let found = self.look(cx).await?;
        let mut made: Vec<Part> = cx.proven(&self.plan.id, MADE)?.unwrap_or_default();
        for part in self.plan.parts.iter().filter(|p| !found.has(p)) {
            // Written down first: an undo after a lost answer must know of it, and looks whether it is there.
            if !made.contains(part) {
                made.push(part.clone());
            }
            cx.prove(&self.plan.id, MADE, &made)?;
            let statements = match part {
                Part::Login { name, sid } => {
                    let hash = self.hash(cx, name).await?;
                    let sid = hex::decode(sid).ok_or_else(|| Error::bug(format!("the SID of {name} is no hex")))?;
                    vec![object::create_login(name, &hash, &sid)?]
                }
                part => Self::statements(part, "00")?,
            };
            for statement in &statements {
                cx.effects.change(&self.plan.id, &self.plan.target, statement).await?;
            }
        }
        Ok(Done::note(format!("{} of {} part(s) made", made.len(), self.plan.parts.len())))
    }

    async fn verify(&self, cx: &Context) -> Result<()> {
        let found = self.look(cx).await?;
        match self.plan.parts.iter().find(|p| !found.has(p)) {
            None => Ok(()),
            Some(part) => Err(Error::new(
                Kind::Server,
                format!("{} is not to be seen on {} after it was made", part.words(), self.plan.target),
            )
            .hint("milink objects diff")),
        }
    }

    async fn undo(&self, cx: &Context) -> Result<String> {
        let made: Vec<Part> = cx.proven(&self.plan.id, MADE)?.unwrap_or_default();
        // A login or a role takes its memberships and permissions with it.
        let whole = made.iter().find(|p| matches!(p, Part::Login { .. } | Part::Role { .. } | Part::Job { .. }));
        let back: Vec<&Part> = match whole {
            Some(part) => vec![part],
            None => made.iter().rev().collect(),
        };
        let found = self.look(cx).await?;
        let mut undone = 0;
        for part in back.into_iter().filter(|p| found.has(p)) {
            if let Some(statement) = Self::reverse(part)? {
                cx.effects.change(&self.plan.id, &self.plan.target, &statement).await?;
                undone += 1;
            }
        }
        Ok(format!("{undone} part(s) taken away"))
    }
}
