//! Does each side know the other? One finding a question; unknown is never a pass.

use super::trust::PairTrust;
use crate::model::fact::Fact;
use crate::pki::trust::Chain;
use crate::pki::trust::chains_to;
use serde::Serialize;
use time::OffsetDateTime;

/// Below this many days a certificate is told as ending soon (facts: mi-link 15, rotate before it ends).
pub const DAYS_SOON: i64 = 30;

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub id: &'static str,
    /// `None`: unknown.
    pub pass: Option<bool>,
    pub expected: String,
    pub found: String,
    /// What to do; empty where nothing is to be done.
    pub hint: String,
}

fn finding(id: &'static str, pass: Option<bool>, expected: String, found: String, hint: &str) -> Finding {
    let hint = if pass == Some(true) { String::new() } else { hint.to_owned() };
    Finding { id, pass, expected, found, hint }
}

fn unknown<T>(id: &'static str, expected: String, fact: &Fact<T>) -> Option<Finding> {
    let why = fact.why()?;
    Some(finding(id, None, expected, format!("unknown: {why}"), "milink cert verify, once it can be read"))
}

fn days(until: Option<OffsetDateTime>, now: OffsetDateTime) -> (Option<bool>, String) {
    match until {
        None => (None, "its end is unknown".to_owned()),
        Some(end) if end <= now => (Some(false), format!("it ended on {}", end.date())),
        Some(end) => {
            let left = (end - now).whole_days();
            let soon = if left < DAYS_SOON { ": rotate it soon" } else { "" };
            (Some(true), format!("valid until {}, {left} days{soon}", end.date()))
        }
    }
}

/// Every question of mi-link 3, in the order in which the handshake meets them.
pub fn findings(pair: &PairTrust, now: OffsetDateTime) -> Vec<Finding> {
    vec![own(pair, now), given(pair), imported(pair), instance_dates(pair, now), roots(pair, now), chain(pair, now)]
}

fn own(pair: &PairTrust, now: OffsetDateTime) -> Finding {
    let (id, source) = ("own-certificate", &pair.question.source);
    let expected = format!("a valid certificate on {source} with its key under the master key");
    if let Some(f) = unknown(id, expected.clone(), &pair.certificates) {
        return f;
    }
    match pair.own() {
        None => {
            finding(id, Some(false), expected, format!("no certificate `{}`", pair.own_name()), "milink cert create")
        }
        Some(c) if !c.serves_endpoint() => finding(
            id,
            Some(false),
            expected,
            format!("`{}` has key protection {}", c.name, c.key_protection.trim()),
            "make another one, with its key under the master key of master",
        ),
        Some(c) => {
            let (pass, words) = days(c.not_after, now);
            finding(
                id,
                pass,
                expected,
                format!("`{}`, {words}", c.name),
                "make a new one, give it to the instance, then the endpoint",
            )
        }
    }
}

fn given(pair: &PairTrust) -> Finding {
    let (id, q) = ("source-known-to-instance", &pair.question);
    let expected = format!("the public key of {} among the trust certificates of {}", q.source, q.target);
    if let Some(f) = unknown(id, expected.clone(), &pair.given).or(unknown(id, expected.clone(), &pair.certificates)) {
        return f;
    }
    let Some(sha1) = pair.own().and_then(|c| c.thumbprint.clone()) else {
        return finding(id, Some(false), expected, "the source has none to give".to_owned(), "milink cert create");
    };
    if let Some(t) = pair.given_as(&sha1) {
        return finding(id, Some(true), expected, format!("there as `{}`", t.name.as_deref().unwrap_or("?")), "");
    }
    let n = pair.given.known().map_or(0, Vec::len);
    finding(id, Some(false), expected, format!("not among its {n} (41973)"), "milink cert exchange")
}

fn imported(pair: &PairTrust) -> Finding {
    let (id, q) = ("instance-known-to-source", &pair.question);
    let expected = format!("the public key of {} on {} as [{}]", q.target, q.source, q.fqdn);
    if let Some(f) =
        unknown(id, expected.clone(), &pair.instance_key).or(unknown(id, expected.clone(), &pair.certificates))
    {
        return f;
    }
    let Some(facts) = pair.instance_facts() else {
        return finding(id, None, expected, "Azure gives no public key".to_owned(), "milink cert verify, later");
    };
    match (pair.named(&q.fqdn), pair.by_thumbprint(&facts.sha1)) {
        (Some(c), _) if c.thumbprint.as_deref() == Some(&facts.sha1) => {
            finding(id, Some(true), expected, "there, same bytes".to_owned(), "")
        }
        // After a rotation no re-import is needed as long as the chain validates (facts: mi-link 3.2).
        (Some(_), _) => {
            finding(id, Some(true), expected, "there, an earlier one; the roots vouch for its successor".to_owned(), "")
        }
        (None, Some(other)) => finding(
            id,
            Some(false),
            expected,
            format!("it stands there as [{}], where the link does not find it (41974)", other.name),
            &format!("DROP CERTIFICATE [{}] on {}, then milink cert exchange", other.name, q.source),
        ),
        (None, None) => finding(id, Some(false), expected, "not there (41974)".to_owned(), "milink cert exchange"),
    }
}

fn instance_dates(pair: &PairTrust, now: OffsetDateTime) -> Finding {
    let (id, q) = ("instance-certificate-valid", &pair.question);
    let expected = format!("the certificate of {} in its dates", q.target);
    if let Some(f) = unknown(id, expected.clone(), &pair.instance_key) {
        return f;
    }
    let (pass, words) = days(pair.instance_facts().map(|f| f.not_after), now);
    finding(id, pass, expected, words, "Azure renews it: look at the health of the instance")
}

fn roots(pair: &PairTrust, now: OffsetDateTime) -> Finding {
    let (id, q) = ("roots", &pair.question);
    let expected = format!("{} on {}", crate::base::text::count(q.roots.len(), "root"), q.source);
    if let Some(f) = unknown(id, expected.clone(), &pair.certificates) {
        return f;
    }
    let missing: Vec<_> =
        q.roots.iter().filter(|r| pair.by_thumbprint(&r.facts.sha1).is_none()).map(|r| r.name.as_str()).collect();
    let over: Vec<_> = q.roots.iter().filter(|r| !r.facts.is_valid_at(now)).map(|r| r.name.as_str()).collect();
    if !missing.is_empty() {
        return finding(id, Some(false), expected, format!("missing: {}", missing.join(", ")), "milink cert exchange");
    }
    let (pass, found) = if over.is_empty() {
        (true, "all there".to_owned())
    } else {
        (false, format!("out of dates: {}", over.join(", ")))
    };
    finding(id, Some(pass), expected, found, "name the new root under [trust] mirroring_roots")
}

fn chain(pair: &PairTrust, now: OffsetDateTime) -> Finding {
    let (id, q) = ("chain", &pair.question);
    let expected = format!("the certificate of {} signed by one of the roots", q.target);
    if let Some(Some(link)) = pair.connected.known() {
        return finding(id, Some(true), expected, format!("link {link} is connected: each side let the other in"), "");
    }
    if let Some(f) = unknown(id, expected.clone(), &pair.instance_key) {
        return f;
    }
    let Some(der) = pair.instance_key.known().and_then(crate::arm::resource::certificate::EndpointCertificate::der)
    else {
        return finding(id, None, expected, "Azure gives no public key".to_owned(), "milink cert verify, later");
    };
    let roots = "name the issuing root under [trust] mirroring_roots, then milink cert exchange";
    match chains_to(&der, &[], &q.roots, now) {
        Ok(Chain::Complete { path }) => finding(id, Some(true), expected, path.join(" <- "), ""),
        // The service gives the leaf alone: an intermediate that nobody handed over cannot be judged from here.
        Ok(Chain::IssuerMissing { issuer }) => {
            let found = format!("issued by {issuer}, which is not at hand; the first link's handshake will tell");
            finding(id, None, expected, found, roots)
        }
        Ok(Chain::BadSignature { by }) => finding(id, Some(false), expected, format!("not signed by {by}"), roots),
        Ok(Chain::NotValid { subject }) => {
            finding(id, Some(false), expected, format!("{subject} is out of its dates"), roots)
        }
        Err(e) => finding(id, None, expected, e.chain(), roots),
    }
}
