//! Server objects: compared, planned, and brought over by a run.

use super::build::App;
use super::check::Surveys;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config::types::Link;
use crate::inventory::survey;
use crate::model::fact::Unknown;
use crate::model::geo::Side;
use crate::model::ids::SiteId;
use crate::model::survey::ServerSurvey;
use crate::plan::objects;
use crate::plan::objects::Difference;
use crate::plan::objects::Scope;
use crate::plan::types::Plan;
use std::collections::BTreeMap;

impl App {
    /// Every object in scope of each pair of servers, once.
    pub async fn compare_objects(&self, names: &[String], everything: bool) -> Result<Vec<Difference>> {
        let links = self.config.select(names)?;
        if links.is_empty() {
            return Err(Error::usage("the estate file has no [[link]]").hint("add one, or `milink init`"));
        }
        let cx = self.observer()?;
        let surveys = self.survey(&cx.effects, &links).await;
        let mut pairs: BTreeMap<(SiteId, SiteId), Vec<&Link>> = BTreeMap::new();
        for link in links {
            pairs.entry((link.source.clone(), link.target.clone())).or_default().push(link);
        }
        let mut all = Vec::new();
        for ((source, target), links) in pairs {
            all.extend(self.of_pair(&surveys, &source, &target, &links, everything)?);
        }
        Ok(all)
    }

    /// The same of a failover group: what its secondary lacks of its primary, for a group brings nothing but databases.
    pub async fn compare_members(&self, group: &str, everything: bool) -> Result<Vec<Difference>> {
        let look = self.look_at_group(Some(group)).await?;
        if look.wanted.between_servers {
            return Err(Error::refused("logins of logical servers are not compared")
                .hint("users inside the databases are replicated; prefer them"));
        }
        let primary = look.standing.primary().unwrap_or(Side::A);
        let (source, target) =
            (look.facts.member(primary).site.clone(), look.facts.member(primary.other()).site.clone());
        let databases: Vec<String> = look.facts.databases.iter().map(|d| d.name.clone()).collect();
        let names: Vec<&str> = databases.iter().map(String::as_str).collect();
        let cx = self.observer()?;
        let (from, to) =
            tokio::join!(survey::read(&cx.effects, &source, &names), survey::read(&cx.effects, &target, &names));
        self.compare(&from, &to, databases, everything)
    }

    /// What `objects sync --group` would do.
    pub async fn plan_members(&self, group: &str, everything: bool) -> Result<Plan> {
        let differences = self.compare_members(group, everything).await?;
        let mut plan = objects::build(&differences, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }

    fn of_pair(
        &self,
        surveys: &Surveys,
        source: &SiteId,
        target: &SiteId,
        links: &[&Link],
        everything: bool,
    ) -> Result<Vec<Difference>> {
        let databases = links.iter().map(|l| l.database.clone()).collect();
        self.compare(surveys.server(source)?, surveys.server(target)?, databases, everything)
    }

    fn compare(
        &self,
        from: &ServerSurvey,
        to: &ServerSurvey,
        databases: Vec<String>,
        everything: bool,
    ) -> Result<Vec<Difference>> {
        let o = &self.config.objects;
        let scope = Scope {
            databases,
            everything,
            required: [&o.logins, &o.jobs, &o.linked_servers, &o.credentials].into_iter().flatten().cloned().collect(),
        };
        let dark = from.is_dark() || to.is_dark();
        // A comparison with half of it unknown would call things missing that are only hidden.
        objects::compare(from, to, &scope).map_err(|Unknown(why)| {
            let kind = if dark { Kind::Unreachable } else { Kind::Refused };
            Error::new(kind, format!("{} and {} cannot be compared: {why}", from.site, to.site))
                .hint("milink check names the permission or the server that is missing")
        })
    }

    /// What `objects sync` would do; empty if nothing is missing.
    pub async fn plan_objects(&self, names: &[String], everything: bool) -> Result<Plan> {
        let differences = self.compare_objects(names, everything).await?;
        let mut plan = objects::build(&differences, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }
}
