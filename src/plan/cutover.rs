//! The steps of a gated cutover. Links cross each barrier together: all fenced, all drained, all switched, all opened.

use super::create::each;
use super::types::FORMAT;
use super::types::LinkPlan;
use super::types::Plan;
use super::types::PlanKind;
use super::types::PlanPolicy;
use super::types::PlannedStage;

/// The stage from which the outage budget counts.
pub const BUDGET_FROM: &str = "fence";

/// Order of cutover-night 1–4 and mi-link 14.
pub fn build(links: Vec<LinkPlan>, policy: PlanPolicy) -> Plan {
    let hook = |point: &str| policy.hooks.iter().any(|h| h == point);
    let tried = if policy.canary { &["cutover.canary", "cutover.drain"][..] } else { &["cutover.drain"] };
    let order = [
        ("gates", &["cutover.lease"][..], true),
        ("gates", &["cutover.gates"][..], true),
        ("gates", &["cutover.heartbeat"][..], policy.heartbeat),
        ("prepare", &["cutover.on_abort"][..], hook("on-abort")),
        ("prepare", &["cutover.catalogue"][..], true),
        ("prepare", &["cutover.snapshot"][..], true),
        ("prepare", &["cutover.flush"][..], true),
        ("prepare", &["cutover.synchronous"][..], true),
        ("prepare", &["cutover.close_target"][..], true),
        ("prepare", &["cutover.before_fence"][..], hook("before-fence")),
        ("fence", &["cutover.fence"][..], true),
        ("drain", &["cutover.after_fence"][..], hook("after-fence")),
        ("drain", tried, true),
        ("drain", &["cutover.reconcile"][..], !policy.reconcile.is_empty()),
        ("switch", &["cutover.switch"][..], true),
        ("switch", &["cutover.confirm", "cutover.late_writes"], true),
        ("switch", &["cutover.after_switch"][..], hook("after-switch")),
        ("open", &["cutover.repoint"][..], true),
        ("open", &["cutover.open"][..], true),
        ("open", &["cutover.after_open"][..], hook("after-open")),
        ("retire", &["cutover.retire"][..], true),
        ("retire", &["cutover.release_source"][..], true),
        ("retire", &["cutover.let_go"][..], true),
    ];
    let stages = order.iter().filter(|(.., wanted)| *wanted).map(|(name, kinds, _)| stage(name, kinds, &links));
    let stages: Vec<_> = stages.filter(|s| !s.steps.is_empty()).collect();
    Plan { format: FORMAT, kind: PlanKind::Cutover, links, objects: Vec::new(), fog: None, stages, policy }
}

fn stage(name: &str, kinds: &[&str], links: &[LinkPlan]) -> PlannedStage {
    let steps = kinds
        .iter()
        .flat_map(|kind| {
            each(kind, links, |l| match *kind {
                "cutover.close_target" | "cutover.switch" | "cutover.confirm" | "cutover.repoint" | "cutover.open" => {
                    &l.target
                }
                _ => &l.source,
            })
            .steps
        })
        .collect();
    PlannedStage { name: name.to_owned(), steps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::types::Path;

    fn link(name: &str) -> LinkPlan {
        LinkPlan {
            name: name.into(),
            database: name.to_owned(),
            source: "sql-a".into(),
            target: "mi-a".into(),
            group: format!("AG_{name}"),
            instance_group: format!("AG_{name}_MI"),
            path: Path::OneWay,
            endpoint_url: "TCP://10.0.1.8:5022".to_owned(),
            mirroring_port: 5022,
            fqdn: "mi-a.z.database.windows.net".to_owned(),
            resource_group: "rg".into(),
            managed_instance: "mi-a".to_owned(),
            certificate: "c".to_owned(),
            source_build: "15.0.4312.2".to_owned(),
            switched_at_ms: None,
        }
    }

    fn policy() -> PlanPolicy {
        PlanPolicy {
            budget_ms: 900_000,
            stability_samples: 3,
            stability_window_ms: 1000,
            seeding_timeout_ms: 1,
            certificate_days: 30,
            allow_logins: Vec::new(),
            lag_max_ms: 10_000,
            transaction_max_ms: 60_000,
            fence_timeout_ms: 120_000,
            drain_timeout_ms: 300_000,
            switch_timeout_ms: 300_000,
            hooks: Vec::new(),
            reconcile: Vec::new(),
            canary: true,
            heartbeat: false,
            manual: false,
            waivers: Vec::new(),
        }
    }

    #[test]
    fn every_link_is_fenced_before_any_is_switched_and_switched_before_any_is_opened() {
        let plan = build(vec![link("a"), link("b")], policy());
        let order: Vec<_> = plan.steps().map(|s| s.id.0.as_str()).collect();
        let at = |id: &str| order.iter().position(|s| *s == id).unwrap_or(usize::MAX);
        for (before, after) in [
            ("cutover.snapshot/b", "cutover.fence/a"),
            ("cutover.close_target/b", "cutover.fence/a"),
            ("cutover.fence/b", "cutover.drain/a"),
            ("cutover.drain/b", "cutover.switch/a"),
            ("cutover.confirm/b", "cutover.open/a"),
            ("cutover.open/b", "cutover.retire/a"),
            ("cutover.release_source/b", "cutover.let_go/a"),
        ] {
            assert!(at(before) < at(after), "{before} before {after}: {order:?}");
        }
        assert!(order.iter().all(|id| at(id) != usize::MAX));
    }

    #[test]
    fn shared_work_of_links_of_one_pair_is_done_once() {
        let plan = super::super::create::build(vec![link("a"), link("b")], policy());
        let ids: Vec<_> = plan.steps().map(|s| s.id.0.as_str()).collect();
        assert_eq!(ids.iter().filter(|i| i.starts_with("create.endpoint")).count(), 1);
        assert_eq!(ids.iter().filter(|i| i.starts_with("create.group")).count(), 2);
        assert!(ids.contains(&"create.trust_source/sql-a@mi-a"));
    }
}
