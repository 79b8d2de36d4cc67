//! Secrets: no Debug, no Display, wiped when dropped.

pub use secrecy::ExposeSecret;
pub use secrecy::SecretString;

/// A secret from a plain string.
pub fn secret(text: impl Into<String>) -> SecretString {
    SecretString::from(text.into())
}
