//! The scenarios that come with the product.

/// Name and text of each file.
pub(super) const FILES: &[(&str, &str)] = &[
    ("migrate-2019", include_str!("migrate-2019.toml")),
    ("two-way-2022", include_str!("two-way-2022.toml")),
    ("estate-500", include_str!("estate-500.toml")),
    ("fog-ready", include_str!("fog-ready.toml")),
    ("payments-2tb", include_str!("payments-2tb.toml")),
];

/// Those that begin with a SQL Server to migrate from, and without links.
pub const LINKED: &[&str] = &["migrate-2019", "two-way-2022"];

/// Names for `lab scenarios` and for completions.
pub const NAMES: &[&str] = &["migrate-2019", "two-way-2022", "estate-500", "fog-ready", "payments-2tb"];
