//! Clouds: hosts, scopes and name suffixes (facts: arm-api 12).

use crate::base::error::Error;
use crate::base::error::Result;

/// One cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    pub name: String,
    /// `https://management.azure.com`, without a slash at the end.
    pub arm_endpoint: String,
    pub arm_scope: String,
    pub authority_host: String,
    /// `.database.windows.net`.
    pub sql_suffix: String,
    /// Scope of the token for a TDS login; never the ARM one.
    pub sql_scope: String,
}

impl Cloud {
    /// `public`, `usgov` or `china`.
    pub fn named(name: &str) -> Result<Self> {
        let rows = [
            (
                "public",
                "https://management.azure.com",
                "https://management.azure.com/.default",
                "https://login.microsoftonline.com",
                ".database.windows.net",
            ),
            (
                "usgov",
                "https://management.usgovcloudapi.net",
                "https://management.core.usgovcloudapi.net/.default",
                "https://login.microsoftonline.us",
                ".database.usgovcloudapi.net",
            ),
            (
                "china",
                "https://management.chinacloudapi.cn",
                "https://management.chinacloudapi.cn/.default",
                "https://login.chinacloudapi.cn",
                ".database.chinacloudapi.cn",
            ),
        ];
        rows.iter()
            .find(|row| row.0.eq_ignore_ascii_case(name))
            .map(|(name, endpoint, scope, authority, suffix)| Self {
                name: (*name).to_owned(),
                arm_endpoint: (*endpoint).to_owned(),
                arm_scope: (*scope).to_owned(),
                authority_host: (*authority).to_owned(),
                sql_suffix: (*suffix).to_owned(),
                sql_scope: format!("https://{}/.default", suffix.trim_start_matches('.')),
            })
            .ok_or_else(|| {
                Error::usage(format!("cloud `{name}` is not known"))
                    .hint("use `public`, `usgov` or `china`, or set the endpoint")
            })
    }

    /// The pattern `sp_certificate_add_issuer` takes. Documented for the public cloud only.
    pub fn certificate_pattern(&self) -> String {
        format!("*{}", self.sql_suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sql_scope_is_not_the_arm_scope() {
        let cloud = Cloud::named("Public").unwrap();
        assert_eq!(cloud.sql_scope, "https://database.windows.net/.default");
        assert_eq!(cloud.certificate_pattern(), "*.database.windows.net");
        assert!(Cloud::named("moon").is_err());
    }
}
