//! Checks between the parts of an estate file. Pure; all findings at once.

use super::nearest;
use super::problem::Problem;
use super::problem::quoted_list;
use super::schema::Auth;
use super::schema::AzureSection;
use super::schema::EstateFile;
use super::schema::HookSection;
use super::schema::TargetSection;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use toml::Spanned;

/// Most characters of a link's or an availability group's name (facts: mi-link 5.1).
const NAME_MAX: usize = 128;
/// Most characters of a managed instance's name (facts: mi-link 5.1).
const INSTANCE_NAME_MAX: usize = 63;

pub(super) fn validate(file: &EstateFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    unique(
        if file.server.is_empty() { "source or target" } else { "source, target or server" },
        file.source
            .iter()
            .map(|s| &s.name)
            .chain(file.target.iter().map(|t| &t.name))
            .chain(file.server.iter().map(|s| &s.name)),
        &mut problems,
    );
    unique("link", file.link.iter().map(|l| &l.name), &mut problems);
    unique("failover group", file.failover_group.iter().map(|g| &g.name), &mut problems);
    unique("wave", file.wave.iter().map(|w| &w.name), &mut problems);
    unique("reconcile", file.reconcile.iter().map(|r| &r.name), &mut problems);
    if let Some(azure) = &file.azure {
        azure_section(azure, &mut problems);
    }
    for target in &file.target {
        target_section(target, file, &mut problems);
        super::create::validate(target, &mut problems);
    }
    links(file, &mut problems);
    waves(file, &mut problems);
    let mut targets: Vec<&str> = file.target.iter().map(|t| t.name.get_ref().as_str()).collect();
    targets.extend(file.server.iter().map(|s| s.name.get_ref().as_str()));
    for member in file.failover_group.iter().flat_map(|g| [&g.primary, &g.secondary]) {
        let noun = if file.target.is_empty() && !file.server.is_empty() { "server" } else { "target" };
        known(noun, member, &targets, &mut problems);
    }
    super::failover_group::validate(file, &mut problems);
    super::server::validate(file, &mut problems);
    waivers(file, &mut problems);
    hooks(file, &mut problems);
    policy(file, &mut problems);
    problems
}

fn unique<'a>(noun: &str, names: impl Iterator<Item = &'a Spanned<String>>, problems: &mut Vec<Problem>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for name in names {
        let text = name.get_ref();
        if text.trim().is_empty() {
            problems.push(Problem::error(name.span(), format!("expected a {noun} name, found an empty one")));
        } else if !seen.insert(text.to_lowercase()) {
            // Names are compared without case: servers and Azure do so too.
            problems.push(Problem::error(name.span(), format!("expected each {noun} name once, found `{text}` again")));
        }
    }
}

fn azure_section(azure: &AzureSection, problems: &mut Vec<Problem>) {
    if let Some(endpoint) = &azure.endpoint {
        let wrong = match url::Url::parse(endpoint.get_ref()) {
            Err(_) => Some(format!("`{}`", endpoint.get_ref())),
            Ok(url) if url.scheme() != "https" => Some(format!("scheme `{}`", url.scheme())),
            Ok(_) => None,
        };
        if let Some(found) = wrong {
            problems.push(Problem::error(endpoint.span(), format!("expected an https URL, found {found}")));
        }
    }
    let Some(auth) = &azure.auth else { return };
    let missing: &[(&str, bool)] = match auth.get_ref() {
        Auth::Token => &[("token", azure.token.is_none())],
        Auth::ClientSecret => &[
            ("tenant", azure.tenant.is_none()),
            ("client_id", azure.client_id.is_none()),
            ("client_secret", azure.client_secret.is_none()),
        ],
        _ => &[],
    };
    for (key, _) in missing.iter().filter(|(_, missing)| *missing) {
        problems.push(
            Problem::error(auth.span(), format!("expected key `{key}` beside this `auth`, found none"))
                .hint(format!("add `{key} = …` to `[azure]`")),
        );
    }
}

fn target_section(target: &TargetSection, file: &EstateFile, problems: &mut Vec<Problem>) {
    let name = &target.name;
    match (target.entra, &target.user, &target.password) {
        (true, None, None) if file.azure.is_none() => problems.push(Problem::error(
            name.span(),
            "expected an `[azure]` section for `entra = true`, found none".to_owned(),
        )),
        (true, None, None) | (false, Some(_), Some(_)) => {}
        (true, _, _) => problems.push(Problem::error(
            name.span(),
            format!("expected either `entra` or a login for target `{name}`, found both", name = name.get_ref()),
        )),
        (false, user, _) => {
            let key = if user.is_none() { "user" } else { "password" };
            problems.push(
                Problem::error(
                    name.span(),
                    format!("expected key `{key}` or `entra = true` for target `{}`, found neither", name.get_ref()),
                )
                .hint("a target is entered with `user` and `password`, or with `entra = true`"),
            );
        }
    }
    let instance = target.managed_instance.get_ref();
    if instance.contains('.') {
        let label = instance.split('.').next().unwrap_or_default();
        problems.push(
            Problem::error(
                target.managed_instance.span(),
                format!("expected the instance's short name, found a host name `{instance}`"),
            )
            .hint(format!("write `managed_instance = \"{label}\"`, and `host` if it must be reached by another name")),
        );
    } else if !is_instance_name(instance) {
        problems.push(Problem::error(
            target.managed_instance.span(),
            format!(
                "expected lowercase letters, digits and single inner hyphens, at most {INSTANCE_NAME_MAX}, found `{instance}`"
            ),
        ));
    }
}

/// `^[a-z0-9]+(?:-[a-z0-9]+)*$`, at most 63 (facts: mi-link 5.1).
fn is_instance_name(name: &str) -> bool {
    name.len() <= INSTANCE_NAME_MAX
        && name
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

fn links(file: &EstateFile, problems: &mut Vec<Problem>) {
    let sources: Vec<&str> = file.source.iter().map(|s| s.name.get_ref().as_str()).collect();
    let targets: Vec<&str> = file.target.iter().map(|t| t.name.get_ref().as_str()).collect();
    let mut databases: BTreeSet<(String, String)> = BTreeSet::new();
    for link in &file.link {
        known("source", &link.source, &sources, problems);
        known("target", &link.target, &targets, problems);
        link_name(&link.name, problems);
        let database = link.database.get_ref();
        if database.is_empty() || database.chars().count() > NAME_MAX {
            let message =
                format!("expected a database name of 1 to {NAME_MAX} characters, found {}", database.chars().count());
            problems.push(Problem::error(link.database.span(), message));
        }
        // One database name can exist once on an instance, whatever it comes from (facts: mi-link 5.1).
        let key = (link.target.get_ref().to_lowercase(), database.to_lowercase());
        if !databases.insert(key) {
            problems.push(Problem::error(
                link.database.span(),
                format!(
                    "expected one link for a database on target `{}`, found another for `{database}`",
                    link.target.get_ref()
                ),
            ));
        }
    }
}

/// Refuses what Azure refuses, warns outside the safe intersection (facts: mi-link 5.1).
fn link_name(name: &Spanned<String>, problems: &mut Vec<Problem>) {
    let text = name.get_ref();
    if text.is_empty() {
        return; // said by `unique`
    }
    let inner = |c: char| c.is_alphanumeric() || "_@#$-".contains(c);
    let first_good = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '#');
    if text.chars().count() > NAME_MAX || !first_good || !text.chars().all(inner) || text.ends_with('-') {
        problems.push(
            Problem::error(
                name.span(),
                format!(
                    "expected a link name of at most {NAME_MAX} letters, digits and `_`, first a letter, found `{text}`"
                ),
            )
            .hint("lowercase letters and digits are safe everywhere"),
        );
        return;
    }
    let safe = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('_');
    if !safe {
        problems.push(Problem::warning(
            name.span(),
            format!("link name `{text}` is not accepted by every Azure interface; lowercase letters and digits are"),
        ));
    }
}

fn known(noun: &str, name: &Spanned<String>, names: &[&str], problems: &mut Vec<Problem>) {
    let text = name.get_ref().as_str();
    if names.contains(&text) {
        return;
    }
    let expected = if names.is_empty() { format!("a `[[{noun}]]`") } else { quoted_list(names) };
    let problem = Problem::error(name.span(), format!("expected {expected}, found unknown {noun} `{text}`"));
    problems.push(match nearest(text, names.iter().copied()) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("add a `[[{noun}]]` with `name = \"{text}\"`")),
    });
}

fn waves(file: &EstateFile, problems: &mut Vec<Problem>) {
    let links: Vec<&str> = file.link.iter().map(|l| l.name.get_ref().as_str()).collect();
    let waves: Vec<&str> = file.wave.iter().map(|w| w.name.get_ref().as_str()).collect();
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for wave in &file.wave {
        for link in &wave.links {
            known("link", link, &links, problems);
            if let Some(other) = taken.insert(link.get_ref(), wave.name.get_ref()) {
                problems.push(Problem::error(
                    link.span(),
                    format!("expected each link in one wave, found `{}` in `{other}` already", link.get_ref()),
                ));
            }
        }
        for after in &wave.after {
            known("wave", after, &waves, problems);
        }
        if let Some(after) = wave.after.first()
            && leads_to(file, wave.name.get_ref())
        {
            problems.push(Problem::error(
                after.span(),
                format!("expected waves in an order, found `{}` after itself", wave.name.get_ref()),
            ));
        }
    }
}

/// A waiver without a reason is nobody's.
fn waivers(file: &EstateFile, problems: &mut Vec<Problem>) {
    let links: Vec<&str> = file.link.iter().map(|l| l.name.get_ref().as_str()).collect();
    for waiver in &file.waiver {
        if waiver.reason.get_ref().trim().is_empty() {
            problems.push(Problem::error(waiver.reason.span(), "expected a reason for the waiver, found none"));
        }
        for link in &waiver.links {
            known("link", link, &links, problems);
        }
    }
}

/// Does following `after` from this wave come back to it?
fn leads_to(file: &EstateFile, start: &str) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        let Some(wave) = file.wave.iter().find(|w| w.name.get_ref() == name) else { continue };
        for after in &wave.after {
            let after = after.get_ref().as_str();
            if after == start {
                return true;
            }
            if !seen.contains(&after) {
                seen.push(after);
                open.push(after);
            }
        }
    }
    false
}

fn hooks(file: &EstateFile, problems: &mut Vec<Problem>) {
    let a = &file.application;
    let all: [&Option<HookSection>; 6] =
        [&a.repoint, &a.before_fence, &a.after_fence, &a.after_switch, &a.after_open, &a.on_abort];
    for hook in all.into_iter().flatten() {
        if hook.command.get_ref().first().is_none_or(String::is_empty) {
            problems.push(Problem::error(hook.command.span(), "expected a program and its arguments, found none"));
        }
    }
}

fn policy(file: &EstateFile, problems: &mut Vec<Problem>) {
    if let Some(n) = &file.policy.stability_samples
        && !(2..=1000).contains(n.get_ref())
    {
        let message = format!("expected 2 to 1000 samples, found {}", n.get_ref());
        problems.push(Problem::error(n.span(), message).hint("one sample shows nothing about standing still"));
    }
    if let Some(days) = &file.policy.certificate_days
        && !(1..=3650).contains(days.get_ref())
    {
        problems.push(Problem::error(days.span(), format!("expected 1 to 3650 days, found {}", days.get_ref())));
    }
}
