//! Keys that the file may hold and that this version does not act on. Silence would look like protection, so each is told.

use super::schema::EstateFile;
use super::schema::HookSection;

/// One sentence for each such key that is set.
pub(super) fn warnings(file: &EstateFile) -> Vec<String> {
    let a = &file.application;
    let hook = |h: &Option<HookSection>| h.is_some();
    let p = &file.policy;
    let o = &file.objects;
    let objects = [&o.logins, &o.jobs, &o.linked_servers, &o.credentials].iter().any(|names| !names.is_empty());
    let set = [
        ("[[wave]]", !file.wave.is_empty(), "name the links of a cutover on the command line"),
        ("[[reconcile]]", !file.reconcile.is_empty(), "compare the two sides yourself before the cutover"),
        ("[objects]", objects, "check jobs, linked servers and credentials on the target yourself"),
        ("[application] alias", a.alias.is_some(), "a `repoint` hook is what moves the application"),
        ("[application] before-fence", hook(&a.before_fence), "only `repoint` is called"),
        ("[application] after-fence", hook(&a.after_fence), "only `repoint` is called"),
        ("[application] after-switch", hook(&a.after_switch), "only `repoint` is called"),
        ("[application] after-open", hook(&a.after_open), "only `repoint` is called"),
        ("[application] on-abort", hook(&a.on_abort), "only `repoint` is called"),
        ("[backup] path", file.backup.path.is_some(), "take the first full backup yourself"),
        ("[monitor] heartbeat", file.monitor.heartbeat, "no run writes a heartbeat row"),
        ("[policy] lag_max", p.lag_max.is_some(), "look at the lag in `milink link list` before a cutover"),
        ("[policy] fence_timeout", p.fence_timeout.is_some(), "`budget` bounds the outage before the switch"),
        ("[policy] drain_timeout", p.drain_timeout.is_some(), "`budget` bounds the outage before the switch"),
        ("[policy] switch_timeout", p.switch_timeout.is_some(), "the limit is 15 minutes"),
        ("[policy] open_timeout", p.open_timeout.is_some(), "no limit is kept beyond the switch"),
        ("[policy] protect", p.protect, "join the failover group yourself"),
    ];
    set.into_iter()
        .filter(|(_, is_set, _)| *is_set)
        .map(|(key, _, instead)| format!("`{key}` is not acted on in this version: {instead}"))
        .collect()
}
