//! The scenarios that come with the product.

/// Name and text of each file.
pub(super) const FILES: &[(&str, &str)] = &[
    ("migrate-2019", include_str!("migrate-2019.toml")),
    ("two-way-2022", include_str!("two-way-2022.toml")),
    ("estate-500", include_str!("estate-500.toml")),
    ("fog-ready", include_str!("fog-ready.toml")),
    ("fog-new", include_str!("fog-new.toml")),
    ("fog-three", include_str!("fog-three.toml")),
    ("sqldb-fog", include_str!("sqldb-fog.toml")),
    ("payments-2tb", include_str!("payments-2tb.toml")),
    ("region-down", include_str!("region-down.toml")),
];

/// `fog-ready` with one prerequisite of a group broken (facts: failover-groups 1.1).
pub(super) struct Broken {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    /// What stands there instead, of the second instance.
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

pub(super) const BROKEN: &[Broken] = &[
    Broken {
        name: "fog-broken-zone",
        summary: "fog-ready, but the second instance is in another DNS zone (P05)",
        from: "dns_zone = \"a1b2c3d4e5f6\"",
        to: "dns_zone = \"f6e5d4c3b2a1\"",
    },
    Broken {
        name: "fog-broken-tier",
        summary: "fog-ready, but the second instance is of another service tier (P02)",
        from: "tier = \"GeneralPurpose\"",
        to: "tier = \"BusinessCritical\"",
    },
    Broken {
        name: "fog-broken-storage",
        summary: "fog-ready, but the second instance has more storage (P03)",
        from: "storage_gb = 256",
        to: "storage_gb = 512",
    },
    Broken {
        name: "fog-broken-policy",
        summary: "fog-ready, but the second instance has another update policy (P08)",
        from: "database_format = \"SQLServer2022\"",
        to: "database_format = \"SQLServer2025\"",
    },
    Broken {
        name: "fog-broken-collation",
        summary: "fog-ready, but the second instance has another collation (P06)",
        from: "vcores = 8",
        to: "vcores = 8\ncollation = \"Latin1_General_CI_AS\"",
    },
    Broken {
        name: "fog-broken-region",
        summary: "fog-ready, but both instances are in one region (P09)",
        from: "region = \"northeurope\"",
        to: "region = \"westeurope\"",
    },
    Broken {
        name: "fog-broken-occupied",
        summary: "fog-ready, but the second instance holds a database (P01)",
        from: "resource_group = \"rg-lab-dr\"",
        to: "resource_group = \"rg-lab-dr\"\n\n[[database]]\nname = \"leftover\"\ninstance = \"mi-b\"\nsize_mib = 8",
    },
    Broken {
        name: "fog-smaller",
        summary: "fog-ready, but the second instance has half the vCores (P04, a warning)",
        from: "vcores = 8",
        to: "vcores = 4",
    },
];

/// Those that begin with a SQL Server to migrate from, and without links.
pub const LINKED: &[&str] = &["migrate-2019", "two-way-2022"];

/// Names for `lab scenarios` and for completions.
pub const NAMES: &[&str] = &[
    "migrate-2019",
    "two-way-2022",
    "estate-500",
    "fog-ready",
    "fog-new",
    "fog-three",
    "sqldb-fog",
    "payments-2tb",
    "region-down",
    "fog-broken-zone",
    "fog-broken-tier",
    "fog-broken-storage",
    "fog-broken-policy",
    "fog-broken-collation",
    "fog-broken-region",
    "fog-broken-occupied",
    "fog-smaller",
];
