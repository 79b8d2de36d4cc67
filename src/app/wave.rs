//! Waves: links that are cut over together, in an order that the estate file gives.

use super::build::App;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config::types::Wave;

impl App {
    fn wave_named(&self, name: &str) -> Result<&Wave> {
        self.config.waves.iter().find(|w| w.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let known: Vec<_> = self.config.waves.iter().map(|w| w.name.as_str()).collect();
            let hint = match known.as_slice() {
                [] => "add a `[[wave]]` to it".to_owned(),
                _ => format!("it has {}", known.join(", ")),
            };
            Error::new(Kind::NotFound, format!("the estate file has no wave `{name}`")).hint(hint)
        })
    }

    /// Names of a wave's links.
    pub fn wave(&self, name: &str) -> Result<Vec<String>> {
        Ok(self.wave_named(name)?.links.iter().map(|l| l.0.clone()).collect())
    }

    /// Refuses unless every link of the waves before this one has been cut over; what cannot be judged has not.
    pub async fn waves_before(&self, name: &str) -> Result<()> {
        for before in &self.wave_named(name)?.after {
            let links = self.wave(before)?;
            for facts in self.look_at_links(&links).await? {
                let milestone = facts.milestone();
                if !matches!(milestone, Some("cut_over" | "unlinked" | "protected")) {
                    return Err(Error::refused(format!(
                        "wave `{name}` comes after wave `{before}`, and link {} of that one is at milestone {}",
                        facts.name,
                        milestone.unwrap_or("unknown")
                    ))
                    .hint(format!("milink cutover run --wave {before}")));
                }
            }
        }
        Ok(())
    }
}
