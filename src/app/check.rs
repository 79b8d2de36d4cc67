//! Reads both sides of links and Azure once, and judges.

use super::build::App;
use super::facts;
use super::outage;
use super::outage::Measured;
use super::proof;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::config::schema::Intent;
use crate::config::types::Link;
use crate::effects::perform::Effects;
use crate::inventory::azure;
use crate::inventory::survey;
use crate::journal::drilled::Drilled;
use crate::journal::drilled::drills;
use crate::model::fact::Fact;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::proof::Proof;
use crate::model::survey::AzureSurvey;
use crate::model::survey::ServerSurvey;
use crate::rules::checks::case::Case;
use crate::rules::checks::case::DrillWish;
use crate::rules::checks::case::LastDrill;
use crate::rules::checks::case::LinkWish;
use crate::rules::checks::case::Purpose;
use crate::rules::checks::case::Required;
use crate::rules::checks::case::Wishes;
use crate::rules::checks::case::same;
use crate::rules::checks::registry;
use crate::rules::checks::verdict;
use crate::rules::checks::verdict::Verdict;
use crate::rules::checks::verdict::Waiver;
use futures_util::StreamExt;
use futures_util::stream;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Servers read side by side.
const SERVERS_MAX: usize = 8;

/// One link, judged.
pub struct Checked {
    pub link: LinkName,
    pub database: String,
    pub source: SiteId,
    pub target: SiteId,
    pub verdict: Verdict,
    /// Of earlier cutovers between these two; `None`: never measured.
    pub outage: Option<Measured>,
    /// Neither side nor Azure said anything.
    pub is_dark: bool,
}

/// What was read of the servers that the links need.
pub struct Surveys {
    servers: BTreeMap<SiteId, ServerSurvey>,
    azure: BTreeMap<SiteId, AzureSurvey>,
}

impl Surveys {
    pub fn server(&self, site: &SiteId) -> Result<&ServerSurvey> {
        self.servers.get(site).ok_or_else(|| Error::bug(format!("{site} was not read")))
    }
    pub fn azure(&self, site: &SiteId) -> Result<&AzureSurvey> {
        self.azure.get(site).ok_or_else(|| Error::bug(format!("Azure's side of {site} was not read")))
    }
}

impl App {
    /// Judges the named links, or all. `purpose` `None`: what comes next for each.
    pub async fn check(
        &self,
        names: &[String],
        purpose: Option<Purpose>,
        waivers: Vec<Waiver>,
    ) -> Result<Vec<Checked>> {
        let waivers = self.waivers(waivers)?;
        let links = self.config.select(names)?;
        if links.is_empty() {
            return Err(Error::usage("the estate file has no [[link]]").hint("add one, or `milink init`"));
        }
        let cx = self.observer()?;
        let surveys = self.survey(&cx.effects, &links).await;
        let wishes = self.wishes()?;
        let mut all = Vec::new();
        // Of the journal, once for each two servers.
        let mut known: BTreeMap<(SiteId, SiteId), (Option<Proof>, Option<Measured>)> = BTreeMap::new();
        for link in links {
            let pair = (link.source.clone(), link.target.clone());
            if !known.contains_key(&pair) {
                let journal = self.journal.as_ref();
                let found = (proof::between(journal, &pair.0, &pair.1)?, outage::between(journal, &pair.0, &pair.1)?);
                known.insert(pair.clone(), found);
            }
            let (proof, outage) = &known[&pair];
            let wish = self.wish(link)?;
            let (source, target, azure) =
                (surveys.server(&link.source)?, surveys.server(&link.target)?, surveys.azure(&link.target)?);
            let mut case = Case {
                purpose: Purpose::Cutover,
                link: &wish,
                source,
                target,
                azure,
                wishes: &wishes,
                proof: proof.as_ref(),
            };
            case.purpose = purpose.unwrap_or_else(|| next(&case));
            all.push(Checked {
                link: link.name.clone(),
                database: link.database.clone(),
                source: link.source.clone(),
                target: link.target.clone(),
                verdict: verdict::judge(&case, &waivers),
                outage: *outage,
                is_dark: source.is_dark() && target.is_dark() && azure.is_dark(),
            });
        }
        Ok(all)
    }

    /// Everything that checks and object comparisons need, each server once.
    pub async fn survey(&self, effects: &Effects, links: &[&Link]) -> Surveys {
        let sites: BTreeSet<&SiteId> = links.iter().flat_map(|l| [&l.source, &l.target]).collect();
        let targets: BTreeSet<&SiteId> = links.iter().map(|l| &l.target).collect();
        let one = |site: SiteId| {
            let here = links.iter().filter(|l| l.source == site || l.target == site);
            let databases: Vec<&str> = here.map(|l| l.database.as_str()).collect();
            async move { (site.clone(), survey::read(effects, &site, &databases).await) }
        };
        let of_azure = |site: SiteId| async move {
            let reference = self.config.target(&site).and_then(|t| facts::instance_ref(&self.config, t));
            let found = match reference {
                Ok(reference) => azure::read(effects, &reference).await,
                Err(e) => azure::dark(&e),
            };
            (site, found)
        };
        let servers: Vec<_> = sites.into_iter().cloned().collect();
        let targets: Vec<_> = targets.into_iter().cloned().collect();
        let (servers, azure) = tokio::join!(
            stream::iter(servers).map(one).buffered(SERVERS_MAX).collect(),
            stream::iter(targets).map(of_azure).buffered(SERVERS_MAX).collect(),
        );
        Surveys { servers, azure }
    }

    fn wish(&self, link: &Link) -> Result<LinkWish> {
        Ok(LinkWish {
            name: link.name.clone(),
            database: link.database.clone(),
            source: link.source.clone(),
            target: link.target.clone(),
            group: link.ag.clone(),
            instance_group: link.instance_ag.clone(),
            is_two_way: link.intent == Intent::TwoWay,
            mirroring_host: self.config.source(&link.source)?.mirroring_host.clone(),
            mirroring_port: self.config.source(&link.source)?.mirroring_port,
        })
    }

    /// A journal that cannot be read proves no drill.
    fn drill_wish(&self) -> Option<DrillWish> {
        let within = self.config.policy.drill_within?;
        let groups = self.config.failover_groups.iter();
        let groups = groups.map(|g| (g.name.clone(), [g.primary.clone(), g.secondary.clone()])).collect();
        let last = |d: Drilled| LastDrill {
            run: d.run.to_string(),
            group: d.group,
            ended_at: d.ended_at,
            lost_writes: d.lost_writes,
        };
        let drills = match drills(self.journal.as_ref()) {
            Ok(all) => Fact::Known { value: all.into_iter().map(last).collect() },
            Err(e) => Fact::unknown(e.chain()),
        };
        Some(DrillWish { within, groups, drills })
    }

    fn wishes(&self) -> Result<Wishes> {
        let o = &self.config.objects;
        let links: Result<Vec<LinkWish>> = self.config.links.iter().map(|l| self.wish(l)).collect();
        Ok(Wishes {
            required: Required {
                logins: o.logins.clone(),
                jobs: o.jobs.clone(),
                linked_servers: o.linked_servers.clone(),
                credentials: o.credentials.clone(),
            },
            allow_logins: self.config.application.allow_logins.clone(),
            lag_max_ms: u64::try_from(self.config.policy.lag_max.as_millis()).unwrap_or(u64::MAX),
            links: links?,
            drill: self.drill_wish(),
            now: self.clock.now(),
        })
    }

    /// Those of the estate and those given for this once; a wrong id is an error, or it would waive nothing in silence.
    fn waivers(&self, given: Vec<Waiver>) -> Result<Vec<Waiver>> {
        // Those of failover groups are no checks of a link.
        let of_group = |id: &str| ["fog.", "sqldb.", "secondary."].iter().any(|c| id.starts_with(c));
        let of_links = self.config.waivers.iter().filter(|w| !of_group(&w.check));
        let of_estate =
            of_links.map(|w| Waiver { check: w.check.clone(), reason: w.reason.clone(), links: w.links.clone() });
        let all: Vec<Waiver> = of_estate.chain(given).collect();
        for waiver in &all {
            if let Err(near) = registry::find(&waiver.check) {
                let e = Error::usage(format!("no check is called `{}`", waiver.check));
                return Err(match near {
                    Some(near) => e.hint(format!("did you mean `{near}`?")),
                    None => e.hint("docs/checks.md names them all"),
                });
            }
        }
        Ok(all)
    }
}

/// A link that is not there, or carries another database, is to be made; else it is to be cut over.
fn next(case: &Case<'_>) -> Purpose {
    let Ok(there) = case.azure_link() else { return Purpose::Cutover };
    let Some(link) = there else { return Purpose::Create };
    let carries = link.databases.iter().any(|d| same(d, &case.link.database));
    if carries { Purpose::Cutover } else { Purpose::Create }
}
