//! The `api-version` parameter: which are known, and what a version shows.

use super::error::ArmError;
use super::error::ArmResult;

/// Every version of Microsoft.Sql that the facts name (facts: arm-api 1.1, 2, 3.3; az-cli 1).
const SQL_VERSIONS: &[&str] = &[
    "2014-04-01",
    "2020-11-01-preview",
    "2021-02-01-preview",
    "2021-05-01-preview",
    "2021-08-01-preview",
    "2021-11-01",
    "2021-11-01-preview",
    "2022-02-01-preview",
    "2022-05-01-preview",
    "2022-08-01-preview",
    "2022-11-01-preview",
    "2023-02-01-preview",
    "2023-05-01-preview",
    "2023-08-01",
    "2023-08-01-preview",
    "2024-05-01-preview",
    "2024-11-01-preview",
    "2025-01-01",
    "2025-02-01-preview",
    "2025-08-01-preview",
];
/// Microsoft.Resources: subscriptions, tenants, groups. az and the SDKs of several years send these.
const RESOURCES_VERSIONS: &[&str] = &[
    "2015-01-01",
    "2016-06-01",
    "2019-06-01",
    "2019-11-01",
    "2020-01-01",
    "2020-06-01",
    "2021-01-01",
    "2021-04-01",
    "2022-01-01",
    "2022-09-01",
    "2022-12-01",
    "2024-03-01",
    "2024-11-01",
    "2025-04-01",
];
/// Microsoft.Network (facts: arm-api 1.1), and some between them.
const NETWORK_VERSIONS: &[&str] = &[
    "2022-01-01",
    "2023-11-01",
    "2024-01-01",
    "2024-03-01",
    "2024-05-01",
    "2024-07-01",
    "2025-01-01",
    "2025-07-01",
    "2025-09-01",
];
/// Microsoft.Authorization: permissions (facts: arm-api 9) and locks.
const AUTHORIZATION_VERSIONS: &[&str] =
    &["2015-07-01", "2016-09-01", "2018-01-01-preview", "2020-05-01", "2022-04-01", "2022-05-01-preview"];

/// Microsoft.Insights: the activity log.
const INSIGHTS_VERSIONS: &[&str] = &["2015-04-01"];

/// Who has to know the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    Sql,
    Resources,
    Authorization,
    Network,
    Insights,
}

impl Namespace {
    fn versions(self) -> &'static [&'static str] {
        match self {
            Self::Sql => SQL_VERSIONS,
            Self::Resources => RESOURCES_VERSIONS,
            Self::Authorization => AUTHORIZATION_VERSIONS,
            Self::Network => NETWORK_VERSIONS,
            Self::Insights => INSIGHTS_VERSIONS,
        }
    }
    fn name(self) -> &'static str {
        match self {
            Self::Sql => "Microsoft.Sql",
            Self::Resources => "Microsoft.Resources",
            Self::Authorization => "Microsoft.Authorization",
            Self::Network => "Microsoft.Network",
            Self::Insights => "Microsoft.Insights",
        }
    }
}

/// A version that was found known, in its canonical spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiVersion(&'static str);

impl ApiVersion {
    /// Checks the parameter for a resource type of `namespace`.
    pub fn parse(text: Option<&str>, namespace: Namespace, resource_type: &str, region: &str) -> ArmResult<Self> {
        let Some(text) = text.filter(|t| !t.is_empty()) else {
            return Err(ArmError::bad_request(
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
            .from_gateway());
        };
        let known = namespace.versions().iter().find(|v| v.eq_ignore_ascii_case(text));
        known.map(|v| Self(v)).ok_or_else(|| Self::unknown(text, namespace, resource_type, region))
    }
    /// The refusal of a version the resource type does not have.
    pub fn unknown(text: &str, namespace: Namespace, resource_type: &str, region: &str) -> ArmError {
        ArmError::bad_request(
            "NoRegisteredProviderFound",
            format!(
                "No registered resource provider found for location '{region}' and API version '{text}' for type '{resource_type}'. The supported api-versions are '{}'. The supported locations are '{region}'. (namespace {})",
                namespace.versions().join(", "),
                namespace.name()
            ),
        )
        .from_gateway()
    }
    pub fn as_str(self) -> &'static str {
        self.0
    }
    /// `2023-05-01`, previews counted by their date.
    fn date(self) -> &'static str {
        &self.0[..10]
    }
    /// At or after `date` (`YYYY-MM-DD`), previews of that day included.
    pub fn since(self, date: &str) -> bool {
        self.date() >= date
    }
    /// `linkMode`, a link's `databases` in a PATCH, trusted roots (facts: arm-api 3.1, 4).
    pub fn multi_database(self) -> bool {
        self.since("2025-08-01")
    }
    /// The link of `targetDatabase` and `sourceEndpoint` (facts: arm-api 3.3).
    pub fn old_link(self) -> bool {
        !self.since("2023-02-01")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: Option<&str>) -> ArmResult<ApiVersion> {
        ApiVersion::parse(text, Namespace::Sql, "managedInstances", "westeurope")
    }

    #[test]
    fn a_missing_or_unknown_version_is_refused_with_its_own_code() {
        assert_eq!(parse(None).unwrap_err().code, "MissingApiVersionParameter");
        assert_eq!(parse(Some("")).unwrap_err().code, "MissingApiVersionParameter");
        let unknown = parse(Some("2031-01-01")).unwrap_err();
        assert_eq!((unknown.status.as_u16(), unknown.code.as_str()), (400, "NoRegisteredProviderFound"));
        assert!(unknown.message.contains("2025-08-01-preview"));
    }

    #[test]
    fn versions_order_by_date() {
        let stable = parse(Some("2023-08-01")).unwrap();
        assert!(stable.since("2023-08-01") && !stable.old_link() && !stable.multi_database());
        assert!(parse(Some("2021-11-01-PREVIEW")).unwrap().old_link());
        assert!(parse(Some("2025-08-01-preview")).unwrap().multi_database());
    }
}
