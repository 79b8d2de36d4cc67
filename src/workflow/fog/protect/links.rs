//! The links that brought databases to the primary, looked at.

use crate::engine::context::Context;
use crate::inventory::link;
use crate::inventory::link::LinkFacts;
use crate::inventory::link::LinkQuestion;
use crate::plan::fog::FogLink;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::place;
use time::OffsetDateTime;

/// Id of the waiver for an old copy that cannot be read any more.
pub(super) const OLD_COPY: &str = "fog.old_copy";

pub(super) fn switched(link: &FogLink) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(link.switched_at_ms?) * 1_000_000).ok()
}

/// Both ends of a link and Azure, now.
pub(super) async fn look(step: &FogStep, cx: &Context, l: &FogLink) -> LinkFacts {
    let question = LinkQuestion {
        name: l.name.as_str().to_owned(),
        database: l.database.clone(),
        switched: switched(l),
        source: l.source.clone(),
        target: step.plan.primary.site.clone(),
        instance: place(&step.plan.primary).instance,
    };
    link::read(&cx.effects, &question).await
}

/// A site may answer for what cannot be read any more, by this id of a waiver.
pub(super) fn waived(step: &FogStep, id: &str) -> bool {
    step.plan.waived.iter().any(|w| w == id)
}
