//! Looking at links.

use super::build::App;
use super::facts;
use crate::base::error::Result;
use crate::inventory::link;
use crate::inventory::link::LinkFacts;
use crate::inventory::link::LinkQuestion;
use crate::journal::switched::switched;
use crate::model::ids::LinkName;
use futures_util::StreamExt;
use futures_util::stream;

/// Links looked at side by side.
const LOOKS_MAX: usize = 8;

impl App {
    /// Those that this journal has seen cut over. Only they are worth a look of their own where many links are judged at once.
    pub fn cut_over_before<'a>(&self, links: impl Iterator<Item = &'a LinkName>) -> Result<Vec<String>> {
        let known = switched(self.journal.as_ref())?;
        Ok(links.filter(|l| known.contains_key(&l.0.to_lowercase())).map(|l| l.0.clone()).collect())
    }

    /// Reads the named links, or all. A link that cannot be read is told as unknown, never left out.
    pub async fn look_at_links(&self, names: &[String]) -> Result<Vec<LinkFacts>> {
        let cx = self.observer()?;
        let switched = switched(self.journal.as_ref())?;
        let mut questions = Vec::new();
        for l in self.config.select(names)? {
            questions.push(LinkQuestion {
                name: l.name.0.clone(),
                switched: switched.get(&l.name.0.to_lowercase()).copied(),
                database: l.database.clone(),
                source: l.source.clone(),
                target: l.target.clone(),
                instance: facts::instance_ref(&self.config, self.config.target(&l.target)?)?,
            });
        }
        let effects = &cx.effects;
        Ok(stream::iter(questions)
            .map(|q| async move { link::read(effects, &q).await })
            .buffered(LOOKS_MAX)
            .collect()
            .await)
    }
}
