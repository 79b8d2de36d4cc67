//! Is what was migrated protected, since when, and for how long was it not?

use super::build::App;
use super::fog::FogLook;
use super::fog::landed;
use crate::base::error::Result;
use crate::config::failover_group::FailoverGroup;
use crate::effects::perform::Effects;
use crate::inventory::fog::Place;
use crate::inventory::fog::look;
use crate::inventory::link::LinkFacts;
use crate::inventory::listener::Landing;
use crate::inventory::listener::Resolve;
use crate::journal::Journal;
use crate::journal::protected::windows;
use crate::journal::record::Window;
use crate::model::ids::SiteId;
use crate::model::sweep::GroupSweep;
use crate::monitor::reader::Guard;
use crate::rules::fog::state::Standing;
use crate::workflow::fog::seed::is_whole;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::OffsetDateTime;

/// One group of the estate, as far as it protects what is in it.
#[derive(Debug, Clone)]
pub struct Protection {
    pub group: String,
    pub members: [SiteId; 2],
    /// Databases that it replicates.
    pub databases: Vec<String>,
    /// Whole on both sides, and both listeners lead where they should; `None`: unknown.
    pub holds: Option<bool>,
    /// Why not, or why it is unknown.
    pub why: Option<String>,
    /// When a run proved it; `None`: no run of this journal.
    pub window: Option<Window>,
}

/// What a link's own look at its two ends cannot tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkProtection {
    /// The milestone with the group counted in.
    pub milestone: Option<&'static str>,
    /// When nothing but backups began to protect the database; `None`: it never did, or it is not known.
    pub opened_at: Option<OffsetDateTime>,
    /// When that ended; `None`: it has not, or it is not known.
    pub closed_at: Option<OffsetDateTime>,
    /// For people; `None`: there is nothing to say.
    pub sentence: Option<String>,
}

/// Does the group protect what is in it, now?
async fn judge(effects: &Effects, names: &dyn Resolve, look: &FogLook, window: Option<Window>) -> Result<Protection> {
    let name = look.wanted.name.clone();
    let (holds, why) = match &look.standing {
        Standing::InSync { .. } if is_whole(&look.facts) => listeners_hold(effects, names, look).await?,
        Standing::InSync { .. } => (Some(false), Some("not every database has caught up".to_owned())),
        Standing::None => (Some(false), Some(format!("group {name} is not made yet"))),
        Standing::Creating { .. } | Standing::Seeding { .. } | Standing::Suspended { .. } => {
            (Some(false), Some(format!("group {name} is {}", look.standing.sentence())))
        }
        other => (None, Some(other.sentence())),
    };
    Ok(Protection {
        group: name,
        members: [look.wanted.primary.clone(), look.wanted.secondary.clone()],
        databases: look.facts.databases.iter().map(|d| d.name.clone()).collect(),
        holds,
        why,
        window,
    })
}

async fn listeners_hold(
    effects: &Effects,
    names: &dyn Resolve,
    look: &FogLook,
) -> Result<(Option<bool>, Option<String>)> {
    let mut unknown = None;
    for landed in landed(effects, names, look).await? {
        // Nobody may read on a standby: what does not answer there says nothing.
        if look.wanted.standby && look.listeners.as_ref().is_some_and(|(_, ro)| *ro == landed.listener) {
            continue;
        }
        let said = landed.why.clone().unwrap_or_else(|| format!("{:?}", landed.landing));
        let why = format!("{}: {said}", landed.listener);
        match landed.landing {
            Landing::Right => {}
            Landing::Unknown => unknown = Some(why),
            _ => return Ok((Some(false), Some(why))),
        }
    }
    Ok(match unknown {
        None => (Some(true), None),
        why => (None, why),
    })
}

/// Looks at the groups of an estate again and again.
pub(super) struct Groups {
    pub(super) effects: Arc<Effects>,
    pub(super) names: Arc<dyn Resolve>,
    pub(super) journal: Arc<dyn Journal>,
    /// With the places of both members.
    pub(super) groups: Vec<(FailoverGroup, Place, Place)>,
}

#[async_trait]
impl Guard for Groups {
    async fn group(&self, target: &SiteId) -> Option<GroupSweep> {
        let (wanted, a, b) = self.groups.iter().find(|(g, ..)| g.primary == *target || g.secondary == *target)?;
        let facts = look(&self.effects, &wanted.name, a, b).await;
        let look = FogLook::of(wanted.clone(), facts);
        // A journal that cannot be read proves no end of the window.
        let window = windows(self.journal.as_ref()).ok().and_then(|mut w| w.remove(&wanted.name.to_lowercase()));
        let unknown = |why: String| GroupSweep {
            group: wanted.name.clone(),
            protects: None,
            why: Some(why),
            databases: Vec::new(),
            protected_from: None,
        };
        Some(match judge(&self.effects, self.names.as_ref(), &look, window).await {
            Ok(p) => GroupSweep {
                group: p.group,
                protects: p.holds,
                why: p.why,
                databases: p.databases,
                protected_from: p.window.map(|w| w.closed_at),
            },
            Err(e) => unknown(e.chain()),
        })
    }
}

impl App {
    /// A group that was looked at.
    pub async fn protection_of(&self, look: &FogLook) -> Result<Protection> {
        let window = self.window_of(&look.wanted.name)?;
        let cx = self.observer()?;
        judge(&cx.effects, self.names.as_ref(), look, window).await
    }

    /// When a run of this journal closed the unprotected window of what is in that group.
    pub fn window_of(&self, group: &str) -> Result<Option<Window>> {
        Ok(windows(self.journal.as_ref())?.remove(&group.to_lowercase()))
    }

    /// Every group that one of these sites is in.
    pub async fn protections(&self, sites: &[SiteId]) -> Result<Vec<Protection>> {
        let concerns = |a: &SiteId, b: &SiteId| sites.iter().any(|s| s == a || s == b);
        let groups = self.config.failover_groups.iter().filter(|g| concerns(&g.primary, &g.secondary));
        let names: Vec<String> = groups.map(|g| g.name.clone()).collect();
        let mut all = Vec::new();
        for name in names {
            let look = self.look_at_group(Some(&name)).await?;
            all.push(self.protection_of(&look).await?);
        }
        Ok(all)
    }

    /// The links with the groups behind them counted in, in the same order.
    pub async fn protected(&self, facts: &[LinkFacts]) -> Result<Vec<LinkProtection>> {
        let past = |f: &&LinkFacts| f.switched.is_some() || matches!(f.milestone(), Some("cut_over" | "unlinked"));
        let sites: Vec<SiteId> = facts.iter().filter(past).map(|f| f.target.site.clone()).collect();
        let groups = self.protections(&sites).await?;
        let by_site: BTreeMap<&SiteId, &Protection> =
            groups.iter().flat_map(|p| p.members.iter().map(move |m| (m, p))).collect();
        Ok(facts.iter().map(|f| tell(f, by_site.get(&f.target.site).copied())).collect())
    }
}

fn tell(f: &LinkFacts, group: Option<&Protection>) -> LinkProtection {
    let own = f.milestone();
    // A group that was failed over: its databases take writes on the other member.
    let elsewhere = group.is_some_and(|g| {
        g.holds == Some(true)
            && f.switched.is_some()
            && matches!(f.azure.known(), Some(None))
            && g.databases.iter().any(|d| d.eq_ignore_ascii_case(&f.database))
    });
    let reached = own == Some("unlinked") || (elsewhere && f.target.writable() == Some(false));
    let is_out = f.source.writable() == Some(false);
    let past = reached || own == Some("cut_over");
    let opened_at = f.switched.filter(|_| past);
    let Some(g) = group.filter(|_| past) else {
        let sentence = opened_at.map(|at| format!("without a failover group since {}", second(at)));
        return LinkProtection { milestone: own, opened_at, closed_at: None, sentence };
    };
    if reached && is_out && g.holds == Some(true) {
        let closed_at = g.window.as_ref().map(|w| w.closed_at);
        let lasted = opened_at.zip(closed_at).and_then(|(a, b)| std::time::Duration::try_from(b - a).ok());
        let sentence = match lasted {
            Some(d) => format!("protected by {}; was not for {}", g.group, crate::base::text::duration(d)),
            None => format!("protected by {}; since when is not in this journal", g.group),
        };
        return LinkProtection { milestone: Some("protected"), opened_at, closed_at, sentence: Some(sentence) };
    }
    let since = opened_at.map_or_else(String::new, |at| format!(" since {}", second(at)));
    let why = g.why.clone().unwrap_or_else(|| "the old copy is not proven to be out of service".to_owned());
    let word = if g.holds.is_none() { "protection unknown" } else { "UNPROTECTED" };
    LinkProtection { milestone: own, opened_at, closed_at: None, sentence: Some(format!("{word}{since}: {why}")) }
}

/// `2026-11-21 02:13:44 UTC`
fn second(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02}:{:02} UTC", at.date(), at.hour(), at.minute(), at.second())
}
