//! Operations on a group in the words of other tools, each with the side it goes to.

use super::build::App;
use super::fog::FogLook;
use crate::arm::change::API_VERSION;
use crate::arm::change::API_VERSION_NETWORK;
use crate::arm::resource::failover_group::GroupBody;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::fact::Fact;
use crate::model::geo::MemberFacts;
use crate::model::geo::Side;
use crate::model::network::id_after;
use crate::plan::fog::FogMember;
use crate::plan::forms::group::GroupForm;
use crate::plan::forms::group::Verb;
use crate::plan::forms::samples::PoolSku;
use crate::plan::forms::samples::Sample;
use crate::plan::forms::secondary;
use serde_json::Value;

/// In whose words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    Az,
    PowerShell,
    Rest,
}

/// What a script is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptFor {
    Verb(Verb),
    /// From the network to a look at the group.
    All,
    /// Of logical servers: one database copied, a pooled one, one more for the group.
    Single,
    Pooled,
    Add,
}

/// One call of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptCall {
    /// `network`, `secondary`, `create`, …
    pub step: String,
    pub words: String,
    pub text: String,
}

/// The calls in their order, and what must be said beside them.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub calls: Vec<ScriptCall>,
    pub notes: Vec<String>,
}

impl App {
    /// The group as commands need it.
    fn form(&self, look: &FogLook, verb: Verb) -> Result<GroupForm> {
        let primary = look.standing.primary().unwrap_or(Side::A);
        let wanted = &look.wanted;
        let (databases, leaving) = match (&look.facts.servers, verb) {
            (Some(_), Verb::Update) => (look.facts.missing(), look.facts.surplus()),
            (Some(pair), _) => {
                let chosen = pair.chosen.known().cloned().or_else(|| wanted.databases.clone()).unwrap_or_default();
                (chosen, Vec::new())
            }
            (None, _) => (Vec::new(), Vec::new()),
        };
        Ok(GroupForm {
            name: wanted.name.clone(),
            primary: self.plan_member(look, primary)?,
            secondary: self.plan_member(look, primary.other())?,
            settings: super::fog::settings(wanted),
            databases,
            leaving,
        })
    }

    /// Calls of a form, in order.
    pub async fn fog_script(
        &self,
        look: &FogLook,
        tongue: Tongue,
        what: ScriptFor,
        database: Option<&str>,
    ) -> Result<Script> {
        let mut script = Script::default();
        match what {
            ScriptFor::Verb(verb) => self.verb(look, tongue, verb, &mut script)?,
            ScriptFor::All => self.whole(look, tongue, &mut script).await?,
            ScriptFor::Single | ScriptFor::Pooled | ScriptFor::Add => {
                self.sample(look, tongue, what, database, &mut script)?;
            }
        }
        Ok(script)
    }

    fn verb(&self, look: &FogLook, tongue: Tongue, verb: Verb, script: &mut Script) -> Result<()> {
        let form = self.form(look, verb)?;
        let at = form.at(verb);
        if at.location.is_empty() && !at.is_server {
            return Err(Error::refused(format!("{} does not say where it is, so its address is not known", at.site))
                .hint(format!("milink fog show {}", form.name)));
        }
        let minutes = form.settings.automatic_after_minutes.unwrap_or(0);
        if tongue != Tongue::Rest && minutes % 60 != 0 && matches!(verb, Verb::Create | Verb::Update) {
            script.notes.push(format!(
                "this tool takes whole hours: {minutes} minutes became the next hour; --as rest takes minutes"
            ));
        }
        if tongue == Tongue::Az && verb == Verb::List && !at.is_server {
            script
                .notes
                .push("the Azure CLI has no list of instance failover groups: this is the request itself".to_owned());
        }
        let text = match tongue {
            Tongue::Az => form.az(verb)?,
            Tongue::PowerShell => form.powershell(verb),
            Tongue::Rest => self.request(&form, verb)?,
        };
        let words = format!("{} at the {}, {}", describe(verb), verb.side(), at.site);
        script.calls.push(ScriptCall { step: verb.word().to_owned(), words, text });
        Ok(())
    }

    /// Method, address and body, as milink sends them.
    fn request(&self, form: &GroupForm, verb: Verb) -> Result<String> {
        let at = form.at(verb);
        let (method, action) = match verb {
            Verb::Create | Verb::Update => ("PUT", ""),
            Verb::Show | Verb::List => ("GET", ""),
            Verb::Delete => ("DELETE", ""),
            Verb::Failover => ("POST", "/failover"),
            Verb::Forced => ("POST", "/forceFailoverAllowDataLoss"),
        };
        let groups = if at.is_server {
            format!("{}/failoverGroups", at.id)
        } else {
            let subscription = id_after(&at.id, "subscriptions").unwrap_or_default();
            format!(
                "/subscriptions/{subscription}/resourceGroups/{}/providers/Microsoft.Sql/locations/{}/instanceFailoverGroups",
                at.resource_group, at.location
            )
        };
        let id = if verb == Verb::List { groups } else { format!("{groups}/{}{action}", form.name) };
        let body = matches!(verb, Verb::Create | Verb::Update).then(|| body(form).to_json());
        self.call(method, &id, API_VERSION, body.as_ref())
    }

    fn call(&self, method: &str, id: &str, version: &str, body: Option<&Value>) -> Result<String> {
        let arm = self.arm.as_ref().ok_or_else(|| Error::usage("a failover group needs [azure] in the estate file"))?;
        let url = arm.config().resource_url(id, version)?;
        Ok(match body {
            None => format!("{method} {url}"),
            Some(body) => format!("{method} {url}\n{body:#}"),
        })
    }

    /// Network, secondary, group, a look at it: each needs what stands before it.
    async fn whole(&self, look: &FogLook, tongue: Tongue, script: &mut Script) -> Result<()> {
        if !look.wanted.between_servers {
            let found = self.look_at_network(look).await?;
            for missing in &found.missing {
                let change = &missing.change;
                let text = match tongue {
                    Tongue::Az => change.az(),
                    Tongue::PowerShell => change.powershell(),
                    Tongue::Rest => self.call("PUT", &change.id(), API_VERSION_NETWORK, Some(&change.body()))?,
                };
                script.calls.push(ScriptCall { step: "network".to_owned(), words: change.words(), text });
            }
            if found.missing.is_empty() && found.problems.is_empty() {
                script.notes.push("the path between both subnets is configured: nothing to make there".to_owned());
            }
            script.notes.extend(found.problems);
        }
        let look = self.with_secondary(look, tongue, script).await?;
        self.verb(&look, tongue, Verb::Create, script)?;
        self.verb(&look, tongue, Verb::Show, script)
    }

    /// The second instance comes before the group, where it is not there yet; the group is then written as if it were.
    async fn with_secondary(&self, look: &FogLook, tongue: Tongue, script: &mut Script) -> Result<FogLook> {
        let known = look.facts.b.facts.known().is_some();
        let same = FogLook {
            wanted: look.wanted.clone(),
            facts: look.facts.clone(),
            standing: look.standing.clone(),
            listeners: look.listeners.clone(),
            closer: Vec::new(),
        };
        let planned = self.config.target(&look.wanted.secondary).is_ok_and(|t| t.create.is_some());
        if known || look.wanted.between_servers || !planned {
            return Ok(same);
        }
        let found = self.look_at_secondary(Some(&look.wanted.name), None).await?;
        if found.there.is_some() {
            return Ok(same);
        }
        for row in found.rows.iter().filter(|r| r.blocks()) {
            script.notes.push(format!("{} ({}): {}", row.id, row.rule, row.found));
        }
        let text = match tongue {
            Tongue::Az => secondary::az(&found.new),
            Tongue::PowerShell => secondary::powershell(&found.new),
            Tongue::Rest => self.secondary_request(&found)?,
        };
        let words = format!("make {} in the DNS zone of {}", look.wanted.secondary, look.wanted.primary);
        script.calls.push(ScriptCall { step: "secondary".to_owned(), words, text });
        let mut facts = look.facts.clone();
        let location = found.new.body["location"].as_str().unwrap_or_default().to_owned();
        facts.b.facts = Fact::Known { value: MemberFacts { id: found.new.id, location, ..MemberFacts::default() } };
        Ok(FogLook { facts, ..same })
    }

    fn sample(
        &self,
        look: &FogLook,
        tongue: Tongue,
        what: ScriptFor,
        database: Option<&str>,
        script: &mut Script,
    ) -> Result<()> {
        let form = self.form(look, Verb::Create)?;
        let Some(pair) = &look.facts.servers else {
            return Err(Error::refused(
                "a group of managed instances takes every database by itself, and copies none alone",
            )
            .hint(format!("milink fog script {} --for create", form.name)));
        };
        let database = database.ok_or_else(|| Error::usage("which database?").hint("--database NAME"))?;
        let side = look.standing.primary().unwrap_or(Side::A);
        let found = pair.database(side, database).ok_or_else(|| {
            Error::refused(format!("{} shows no database {database}", form.primary.site))
                .hint(format!("milink fog show {}", form.name))
        })?;
        let database = found.name.clone();
        let sample = match (what, &found.pool) {
            (ScriptFor::Add, _) => {
                if let Some(group) = found.group.as_ref().filter(|g| !g.eq_ignore_ascii_case(&form.name)) {
                    return Err(Error::refused(format!("{database} is in failover group {group}, and in one at most"))
                        .hint(format!("milink fog show {group}")));
                }
                Sample::Add { database }
            }
            (ScriptFor::Pooled, None) => {
                return Err(Error::refused(format!("{database} is in no elastic pool"))
                    .hint(format!("milink fog script {} --for geo-replicate --database {database}", form.name)));
            }
            (ScriptFor::Pooled, Some(pool)) => {
                let named = |side: Side| {
                    let pools = pair.side(side).pools.known()?;
                    pools.iter().find(|p| p.name.eq_ignore_ascii_case(pool)).cloned()
                };
                let own = named(side).ok_or_else(|| {
                    Error::refused(format!("elastic pool {pool} of {} could not be read", form.primary.site))
                        .hint(format!("milink fog plan {}", form.name))
                })?;
                let sku = PoolSku {
                    tier: own.tier.unwrap_or_else(|| "GeneralPurpose".to_owned()),
                    capacity: own.capacity.unwrap_or(2),
                    is_there: named(side.other()).is_some(),
                };
                Sample::Pooled { database, pool: pool.clone(), sku }
            }
            (_, Some(pool)) => {
                return Err(Error::refused(format!("{database} is in elastic pool {pool}")).hint(format!(
                    "milink fog script {} --for geo-replicate-pooled --database {database}",
                    form.name
                )));
            }
            (_, None) => Sample::Single { database },
        };
        let step = |n: usize| format!("{}", n + 1);
        match tongue {
            Tongue::Az | Tongue::PowerShell => {
                let calls = if tongue == Tongue::Az { sample.az(&form) } else { sample.powershell(&form) };
                let call = |(n, c): (usize, crate::plan::forms::samples::Call)| ScriptCall {
                    step: step(n),
                    words: c.words,
                    text: c.text,
                };
                script.calls.extend(calls.into_iter().enumerate().map(call));
            }
            Tongue::Rest => {
                let held: Vec<String> = look.facts.grouped().unwrap_or_default();
                let held: Vec<String> = held.iter().map(|d| format!("{}/databases/{d}", form.primary.id)).collect();
                for (n, r) in sample.rest(&form, &held).into_iter().enumerate() {
                    let text = self.call(r.method, &r.id, API_VERSION, r.body.as_ref())?;
                    script.calls.push(ScriptCall { step: step(n), words: r.words, text });
                }
            }
        }
        Ok(())
    }
}

fn describe(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "make the group",
        Verb::Update => "change its settings",
        Verb::Show => "see the group",
        Verb::List => "every group there",
        Verb::Delete => "take the group away (its names vanish, the copies take writes)",
        Verb::Failover => "planned failover: nothing is lost",
        Verb::Forced => "forced failover: what has not arrived is LOST",
    }
}

fn body(form: &GroupForm) -> GroupBody {
    let id = |m: &FogMember| m.id.clone();
    GroupBody {
        automatic_after_minutes: form.settings.automatic_after_minutes,
        read_only_failover: form.settings.read_only_failover,
        standby: form.settings.standby,
        partner_location: form.secondary.location.clone(),
        primary: id(&form.primary),
        partner: id(&form.secondary),
        databases: form
            .primary
            .is_server
            .then(|| form.databases.iter().map(|d| format!("{}/databases/{d}", form.primary.id)).collect()),
    }
}
