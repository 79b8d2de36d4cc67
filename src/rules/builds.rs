//! What a build number is called (`builds.toml`).

use super::version::Build;
use serde::Deserialize;
use std::sync::LazyLock;

/// A servicing branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Branch {
    /// RTM or a service pack.
    Base,
    /// Cumulative updates.
    Cu,
    /// Security fixes only.
    Gdr,
    /// The feature pack that brings the link to 2016 and 2017.
    AzureConnect,
}

impl Branch {
    pub fn word(self) -> &'static str {
        match self {
            Branch::Base => "base",
            Branch::Cu => "cu",
            Branch::Gdr => "gdr",
            Branch::AzureConnect => "azure-connect",
        }
    }
}

/// How a build is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Released(Branch),
    Withdrawn,
    Preview,
    /// Named by a third party only.
    ThirdParty,
    /// In no list.
    Unlisted,
}

/// A build and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// `2019 CU20`; for an unlisted build: what it comes after.
    pub name: String,
    pub standing: Standing,
    /// `2023-04-13`; absent if not known.
    pub released: Option<&'static str>,
    pub source: &'static str,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: String,
    build: Vec<(Build, String, String, String, Branch)>,
    withdrawn: Vec<(String, String, String, String)>,
    preview: Vec<(Build, String, String)>,
    third_party: Vec<(Build, String, String)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("builds.toml")).unwrap_or_else(|e| panic!("builds.toml is broken: {e}"))
});

/// Names a build; always answers.
pub fn name(build: Build) -> Named {
    let named = |version: &str, name: &str, standing, released, source| Named {
        name: format!("{version} {name}"),
        standing,
        released,
        source,
    };
    let source = TABLE.source.as_str();
    if let Some((_, version, name, released, branch)) = TABLE.build.iter().find(|b| b.0 == build) {
        return named(version, name, Standing::Released(*branch), Some(released.as_str()), source);
    }
    if let Some((_, version, name)) = TABLE.preview.iter().find(|b| b.0 == build) {
        return named(version, name, Standing::Preview, None, source);
    }
    if let Some((_, version, name)) = TABLE.third_party.iter().find(|b| b.0 == build) {
        return named(version, name, Standing::ThirdParty, None, "field report by a third party");
    }
    let text = build.to_string();
    let stem = text.rsplit_once('.').map_or("", |(stem, _)| stem);
    if let Some((_, version, name, released)) = TABLE.withdrawn.iter().find(|b| b.0 == stem) {
        return named(version, name, Standing::Withdrawn, Some(released.as_str()), source);
    }
    let before = TABLE.build.iter().filter(|b| b.0 < build && b.0.major() == build.major()).max_by_key(|b| b.0);
    let name = match before {
        Some((before, version, name, ..)) => format!("SQL Server {version}, above {name} ({before})"),
        None => match TABLE.build.iter().find(|b| b.0.major() == build.major()) {
            Some((_, version, ..)) => format!("SQL Server {version}, below RTM"),
            None => format!("SQL Server with major version {}", build.major()),
        },
    };
    Named { name, standing: Standing::Unlisted, released: None, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn builds_are_named_by_list_and_branch() {
        let cases = [
            ("15.0.4312.2", "2019 CU20", Standing::Released(Branch::Cu)),
            ("13.0.6300.2", "2016 SP3", Standing::Released(Branch::Base)),
            ("13.0.7000.253", "2016 SP3 Azure Connect feature pack", Standing::Released(Branch::AzureConnect)),
            ("16.0.1190.2", "2022 GDR", Standing::Released(Branch::Gdr)),
            ("17.0.900.7", "2025 preview", Standing::Preview),
            ("17.0.4005.1", "2025 CU1 (first issue, withdrawn; replaced by 17.0.4006.2)", Standing::Withdrawn),
            ("16.0.4295.3", "2022 CU27", Standing::ThirdParty),
            ("15.0.4312.3", "SQL Server 2019, above CU20 (15.0.4312.2)", Standing::Unlisted),
            ("15.0.1.1", "SQL Server 2019, below RTM", Standing::Unlisted),
            ("12.0.6449.1", "SQL Server with major version 12", Standing::Unlisted),
        ];
        for (build, expected, standing) in cases {
            let found = name(Build::parse_whole(build).expect("build"));
            assert_eq!((found.name.as_str(), found.standing), (expected, standing), "{build}");
        }
    }

    #[test]
    fn every_row_is_reachable_dated_and_of_its_version() {
        let mut seen = BTreeSet::new();
        for (build, version, row, released, branch) in &TABLE.build {
            assert!(seen.insert(*build), "{build} twice");
            let found = name(*build);
            assert_eq!(found.name, format!("{version} {row}"));
            assert_eq!(found.standing, Standing::Released(*branch));
            assert_eq!(released.len(), 10, "{build}");
            let major = match version.as_str() {
                "2016" => 13,
                "2017" => 14,
                "2019" => 15,
                "2022" => 16,
                "2025" => 17,
                other => panic!("{other}"),
            };
            assert_eq!(build.major(), major, "{build}");
        }
        for (build, ..) in TABLE.preview.iter().chain(&TABLE.third_party) {
            assert!(seen.insert(*build), "{build} twice");
        }
        for (stem, ..) in &TABLE.withdrawn {
            let build = Build::parse_whole(&format!("{stem}.7")).expect("stem");
            assert_eq!(name(build).standing, Standing::Withdrawn);
        }
    }
}
