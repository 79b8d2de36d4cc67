//! Names of things, each its own type.

use std::fmt;

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub String);
        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

name_type! {
    /// Name of a `[[source]]` or `[[target]]` in the estate file.
    SiteId
}
name_type! {
    /// Name of a `[[link]]` in the estate file; also the DAG's and the ARM resource's name.
    LinkName
}
name_type! {
    /// A run of the engine: `<kind>-<UTC time>-<4 hex>`.
    RunId
}
name_type! {
    /// A step of a plan: `<flow>.<verb>` or `<flow>.<verb>/<link>`, stable across versions.
    StepId
}

impl StepId {
    /// The kind of step, without the link: `cutover.fence`.
    pub fn kind(&self) -> &str {
        self.0.split('/').next().unwrap_or(&self.0)
    }
}
