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

/// A resource group, in the subscription of the estate or in another one. Written `name`, or `subscription/name`; shown by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ResourceGroup {
    /// `None`: that of `[azure]`.
    pub subscription: Option<String>,
    pub name: String,
}

impl From<String> for ResourceGroup {
    fn from(text: String) -> Self {
        // No name of a group holds a slash.
        match text.split_once('/') {
            Some((subscription, name)) => Self { subscription: Some(subscription.to_owned()), name: name.to_owned() },
            None => Self { subscription: None, name: text },
        }
    }
}

impl From<&str> for ResourceGroup {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<ResourceGroup> for String {
    fn from(group: ResourceGroup) -> Self {
        match group.subscription {
            Some(subscription) => format!("{subscription}/{}", group.name),
            None => group.name,
        }
    }
}

impl fmt::Display for ResourceGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::ResourceGroup;

    #[test]
    fn a_group_of_another_subscription_keeps_it_in_a_journal_and_hides_it_from_readers() {
        let far = ResourceGroup { subscription: Some("s-2".to_owned()), name: "rg".to_owned() };
        for group in [far.clone(), ResourceGroup::from("rg")] {
            let text = serde_json::to_string(&group).unwrap();
            assert_eq!(serde_json::from_str::<ResourceGroup>(&text).unwrap(), group);
            assert_eq!(group.to_string(), "rg");
        }
        assert_eq!(String::from(far), "s-2/rg");
    }
}
