//! Trust between the two mirroring endpoints. Before a link is made its own certificates may be missing: `link create`
//! makes them; one that is there must be right.

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::fail_with;
use super::case::pass;
use super::case::same;
use super::case::unknown;
use super::case::when;
use crate::model::certificate::ServerCertificate;
use crate::model::fact::OrUnknown;
use crate::model::fact::Unknown;
use time::Duration;

/// An alarm leaves time for a rotation.
const EXPIRY_WARNING: Duration = Duration::days(60);

fn will_be_made(c: &Case<'_>, what: &str) -> Judged {
    if c.purpose == Purpose::Create {
        pass(format!("{what}: `link create` makes it"))
    } else {
        fail_with(what, "milink link create {link}")
    }
}

/// The certificate that the source's endpoint shows.
fn of_endpoint<'a>(c: &Case<'a>) -> Result<Option<&'a ServerCertificate>, Unknown> {
    let door = c.source.door.get()?;
    let Some(endpoint) = &door.endpoint else { return Ok(None) };
    Ok(door.certificates.iter().find(|x| x.certificate_id == endpoint.certificate_id && endpoint.certificate_id != 0))
}

/// The instance's certificate on the source goes by the instance's full name, and by no other.
fn imported<'a>(c: &Case<'a>) -> Result<Option<&'a ServerCertificate>, Unknown> {
    let fqdn = c.managed()?.fqdn.as_deref().or_unknown("Azure does not tell the instance's full name")?;
    Ok(c.source.door.get()?.certificates.iter().find(|x| same(&x.name, fqdn)))
}

pub(super) fn endpoint(c: &Case<'_>) -> Judged {
    let Some(own) = of_endpoint(c)? else { return will_be_made(c, "the endpoint shows no certificate") };
    if !own.serves_endpoint() {
        return fail(format!(
            "{}: its key is not protected by the master key ({})",
            own.name,
            own.key_protection.trim()
        ));
    }
    when(own.is_valid_at(c.now()), format!("{}, until {}", own.name, until(own)))
}

fn until(x: &ServerCertificate) -> String {
    x.not_after.map_or("an unknown day".to_owned(), |t| t.date().to_string())
}

pub(super) fn expiry(c: &Case<'_>) -> Judged {
    let Some(own) = of_endpoint(c)? else { return will_be_made(c, "the endpoint shows no certificate") };
    let end = own.not_after.or_unknown("the end of its validity is not shown")?;
    when(end - c.now() > EXPIRY_WARNING, format!("{} ends on {}", own.name, end.date()))
}

pub(super) fn on_managed(c: &Case<'_>) -> Judged {
    let Some(own) = of_endpoint(c)? else { return will_be_made(c, "the endpoint shows no certificate") };
    let thumbprint = own.thumbprint.as_deref().or_unknown("its thumbprint is not shown")?;
    let found = c.azure.trust.get()?.iter().find(|t| t.thumbprint.as_deref().is_some_and(|x| same(x, thumbprint)));
    match found {
        Some(t) => pass(format!("as {}", t.name)),
        None => will_be_made(c, &format!("{} is not among the instance's trusted certificates", own.name)),
    }
}

pub(super) fn imported_right(c: &Case<'_>) -> Judged {
    let Some(x) = imported(c)? else {
        return will_be_made(c, "no certificate by the instance's full name");
    };
    let real = c.azure.endpoint_certificate.get()?.thumbprint.as_deref().or_unknown("Azure shows no thumbprint")?;
    let own = x.thumbprint.as_deref().or_unknown("its thumbprint is not shown")?;
    if same(own, real) {
        return pass(format!("{}, until {}", x.name, until(x)));
    }
    // After a rotation by the service no new import is needed, as long as the chain holds (facts: mi-link 3.2).
    when(x.is_valid_at(c.now()), format!("{} has thumbprint {own}, the instance shows {real}", x.name))
}

/// The chain: what issued the instance's certificate must be on the source too.
pub(super) fn roots(c: &Case<'_>) -> Judged {
    let Some(x) = imported(c)? else { return will_be_made(c, "no certificate by the instance's full name") };
    let door = c.source.door.get()?;
    if c.azure.roots.is_empty() {
        let issuer = x.issuer.as_deref().or_unknown("the issuer is not shown")?;
        let found = door.certificates.iter().any(|r| r.subject.as_deref().is_some_and(|s| same(s, issuer)));
        return if found {
            pass(format!("{issuer} is there"))
        } else {
            unknown(format!("issued by {issuer}, which is not a root here; the chain between is not shown"))
        };
    }
    let has = |thumbprint: &str| {
        door.certificates.iter().any(|r| r.thumbprint.as_deref().is_some_and(|t| same(t, thumbprint)))
    };
    let missing: Vec<String> =
        c.azure.roots.iter().filter(|r| !r.thumbprint.as_deref().is_some_and(has)).map(|r| r.name.clone()).collect();
    if missing.is_empty() {
        pass("every root is there")
    } else {
        will_be_made(c, &format!("missing: {}", missing.join(", ")))
    }
}
