//! Enumerations that the servers may extend: a known set plus whatever else was said.

/// Declares an open enumeration. Parsing compares without case and never fails; an unknown word is kept.
#[macro_export]
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A word this version does not know, as it was said.
            Other(String),
        }
        impl $name {
            pub fn parse(text: &str) -> Self {
                let text = text.trim();
                $(if text.eq_ignore_ascii_case($text) { return Self::$variant; })+
                Self::Other(text.to_owned())
            }
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                String::json_schema(generator)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                Ok(Self::parse(&<String as serde::Deserialize>::deserialize(d)?))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::model::group::SyncState;

    #[test]
    fn a_known_word_folds_and_an_unknown_one_is_kept() {
        assert_eq!(SyncState::parse("not synchronizing"), SyncState::NotSynchronizing);
        assert_eq!(SyncState::parse("Brand_New"), SyncState::Other("Brand_New".into()));
        let back: SyncState = serde_json::from_str("\"synchronized\"").unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), "\"SYNCHRONIZED\"");
        assert_eq!(serde_json::from_str::<SyncState>("\"x\"").unwrap().to_string(), "x");
    }
}
