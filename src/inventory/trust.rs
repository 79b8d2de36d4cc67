//! The trust between a source and a managed instance, both ways, as both sides and Azure say (facts: mi-link 3).

use crate::arm::InstanceRef;
use crate::arm::resource::certificate::EndpointCertificate;
use crate::arm::resource::certificate::TrustCertificate;
use crate::effects::perform::Effects;
use crate::model::certificate::ServerCertificate;
use crate::model::endpoint::EndpointFacts;
use crate::model::fact::Fact;
use crate::model::group::Connected;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::pki::CertificateFacts;
use crate::pki::trust::Root;
use crate::sql::query::certificate;
use crate::sql::query::endpoint;
use crate::sql::query::group;

/// A source with a target, and what each must know of the other.
#[derive(Debug, Clone)]
pub struct TrustQuestion {
    pub source: SiteId,
    pub target: SiteId,
    pub instance: InstanceRef,
    /// Under exactly this name the instance's key must stand on the source.
    pub fqdn: String,
    /// The source's own certificate, where its endpoint does not name another.
    pub certificate: String,
    /// Authorities that must vouch for the instance.
    pub roots: Vec<Root>,
    /// Links of this pair: one that is connected proves the handshake.
    pub links: Vec<LinkName>,
}

/// What was read; each part may be unknown by itself.
#[derive(Debug, Clone)]
pub struct PairTrust {
    pub question: TrustQuestion,
    pub certificates: Fact<Vec<ServerCertificate>>,
    /// `None` inside: the source has no mirroring endpoint.
    pub endpoint: Fact<Option<EndpointFacts>>,
    /// The instance's own public key.
    pub instance_key: Fact<EndpointCertificate>,
    /// Keys that were given to the instance.
    pub given: Fact<Vec<TrustCertificate>>,
    /// A link of this pair that is connected, if there is one.
    pub connected: Fact<Option<LinkName>>,
}

/// Reads both sides in parallel.
pub async fn read(effects: &Effects, question: TrustQuestion) -> PairTrust {
    let instance_key = async { effects.arm()?.endpoint_certificate(&question.instance).await };
    let given = async { effects.arm()?.trust_certificates(&question.instance).await };
    let connected = async {
        let replicas = effects.read(&question.source, group::replicas()).await?;
        let talks = |link: &&LinkName| {
            replicas.iter().any(|r| {
                r.group.eq_ignore_ascii_case(link.as_str())
                    && r.is_managed_instance_end()
                    && r.connected == Some(Connected::Connected)
            })
        };
        Ok(question.links.iter().find(talks).cloned())
    };
    let (certificates, endpoint, instance_key, given, connected) = tokio::join!(
        effects.read(&question.source, certificate::list()),
        effects.read(&question.source, endpoint::show()),
        instance_key,
        given,
        connected,
    );
    PairTrust {
        certificates: certificates.into(),
        endpoint: endpoint.into(),
        instance_key: instance_key.into(),
        given: given.into(),
        connected: connected.into(),
        question,
    }
}

impl PairTrust {
    /// Name of the certificate that the source shows to its partners.
    pub fn own_name(&self) -> &str {
        let used = self.endpoint.known().and_then(Option::as_ref).and_then(|e| e.certificate_name.as_deref());
        used.unwrap_or(&self.question.certificate)
    }

    /// That certificate on the source.
    pub fn own(&self) -> Option<&ServerCertificate> {
        self.named(self.own_name())
    }

    /// A certificate of the source, by name.
    pub fn named(&self, name: &str) -> Option<&ServerCertificate> {
        self.certificates.known()?.iter().find(|c| c.name.eq_ignore_ascii_case(name))
    }

    /// A certificate of the source, by SHA-1.
    pub fn by_thumbprint(&self, sha1: &str) -> Option<&ServerCertificate> {
        self.certificates.known()?.iter().find(|c| c.thumbprint.as_deref() == Some(sha1))
    }

    /// The instance's public key, read.
    pub fn instance_facts(&self) -> Option<CertificateFacts> {
        let der = self.instance_key.known()?.der()?;
        CertificateFacts::read(&der).ok()
    }

    /// Keys that were given to the instance: name, and what can be read of each.
    pub fn given_facts(&self) -> Vec<(String, Option<CertificateFacts>)> {
        let all = self.given.known().into_iter().flatten();
        let facts = |t: &TrustCertificate| t.der().and_then(|der| CertificateFacts::read(&der).ok());
        all.map(|t| (t.name.clone().unwrap_or_else(|| "?".to_owned()), facts(t))).collect()
    }

    /// The key of the source as the instance was given it, by SHA-1.
    pub fn given_as(&self, sha1: &str) -> Option<&TrustCertificate> {
        let is = |t: &&TrustCertificate| {
            t.der().and_then(|der| CertificateFacts::read(&der).ok()).is_some_and(|facts| facts.sha1 == sha1)
        };
        self.given.known()?.iter().find(is)
    }
}
