//! A connection comes in.

use super::open;
use super::open::Accepted;
use super::session;
use crate::lab::mirror::handshake;
use crate::lab::mirror::report;
use crate::lab::mirror::wire;
use crate::lab::mirror::wire::Open;
use crate::lab::mirror::wire::OpenReply;
use crate::lab::mirror::wire::Purpose;
use crate::lab::net::BoxStream;
use crate::lab::world::instance::Instance;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Bound of the exchange of OPEN and its answer.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one connection until it ends.
pub(in crate::lab::mirror) async fn serve(instance: Arc<Instance>, stream: BoxStream, client: String) {
    let mut opened = match handshake::accept(&instance, stream).await {
        Ok(opened) => opened,
        Err(failure) => {
            report::login_failed(&instance, &failure, &client);
            if let Some(refusal) = failure.refusal() {
                instance.with(|s| crate::lab::mirror::managed::note_refusal(s, &client, refusal));
            }
            instance.notify();
            return;
        }
    };
    let talk = async {
        let (open, _) = wire::receive::<Open, _>(&mut opened.stream).await?;
        let now = instance.clock.now();
        let decision = instance.with(|s| open::decide(s, &instance.config, &opened, &open, now));
        let reply = match &decision {
            Ok(accepted) => accepted.reply.clone(),
            Err(refusal) => OpenReply::Refused(refusal.clone()),
        };
        wire::send(&mut opened.stream, &reply).await?;
        Ok::<_, io::Error>((open, decision))
    };
    let Ok(Ok((open, decision))) = tokio::time::timeout(OPEN_TIMEOUT, talk).await else { return };
    // an older connection of the same group ends; the others need not look
    instance.notify_group(Some(if open.distributed { &open.to } else { &open.group }));
    let Ok(Accepted { session: Some(session), .. }) = decision else { return };
    if open.purpose == Purpose::Data {
        session::run(&instance, session, opened.stream, opened.encrypted, &client).await;
    }
}
