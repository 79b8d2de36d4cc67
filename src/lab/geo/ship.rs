//! The sending side: every user database of the primary is seeded, then followed, over the lab's network.

use super::hub::Group;
use super::types::GeoCopy;
use super::types::GeoState;
use super::wire::Ack;
use super::wire::Down;
use super::wire::Hello;
use super::wire::PORT;
use super::wire::Reply;
use crate::lab::arm::ids::sha1;
use crate::lab::mirror::roles;
use crate::lab::mirror::wire;
use crate::lab::net::BoxStream;
use crate::lab::world::database::Database;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::instance::Instance;
use crate::lab::world::lsn::Lsn;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Between two looks for new databases, and after a stream broke.
const LOOK: Duration = Duration::from_millis(100);
const REDIAL: Duration = Duration::from_millis(500);
/// A connection that does not come, or a first word that is not answered.
const MEET_MAX: Duration = Duration::from_secs(10);
/// Bytes a second that the service copies at most: 360 GB an hour.
const COPY_MAX: f64 = 360e9 / 3600.0;
/// Log is looked for at least so often.
const IDLE: Duration = Duration::from_millis(250);

fn broken(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, why.into())
}

fn down(instance: &Instance) -> bool {
    instance.with(|s| s.server.region_down)
}

/// Follows the primary until told to stop: one stream a database, new ones join by themselves, dropped ones go.
pub(super) async fn replicate(group: Arc<Group>, from: Arc<Instance>, to: Arc<Instance>, stop: CancellationToken) {
    let mut streams: BTreeMap<String, CancellationToken> = BTreeMap::new();
    loop {
        let names: Vec<String> = from.with(|s| {
            s.databases
                .values()
                .filter(|d| !d.is_system() && d.state == DatabaseState::Online && group.covers(&d.name))
                .map(|d| d.name.clone())
                .collect()
        });
        for name in &names {
            let key = name.to_lowercase();
            if streams.contains_key(&key) {
                continue;
            }
            let token = stop.child_token();
            streams.insert(key, token.clone());
            let (group, from, to, name) = (group.clone(), from.clone(), to.clone(), name.clone());
            tokio::spawn(async move {
                tokio::select! {
                    biased;
                    () = token.cancelled() => {}
                    () = follow(&group, &from, &to, &name) => {}
                }
            });
        }
        let gone: Vec<String> =
            streams.keys().filter(|k| !names.iter().any(|n| n.to_lowercase() == **k)).cloned().collect();
        for key in gone {
            if let Some(token) = streams.remove(&key) {
                token.cancel();
            }
            // What is dropped on the primary is dropped on the secondary (facts: failover-groups 2.3).
            if !from.network.is_cut(&from.config.host, &to.config.host) {
                to.with(|s| {
                    if s.databases.get(&key).is_some_and(|d| d.geo.as_ref().is_some_and(|g| !g.primary)) {
                        s.databases.remove(&key);
                    }
                });
                to.notify();
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// The same for both sides and every generation.
fn link_id(group: &str, database: &str) -> Uuid {
    let digest = sha1(format!("{group}/{}", database.to_lowercase()).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// One database, for ever: dials again when the stream breaks.
async fn follow(group: &Group, from: &Arc<Instance>, to: &Arc<Instance>, database: &str) {
    let link = link_id(&group.name, database);
    from.with(|s| {
        if let Some(db) = s.database_mut(database) {
            let kept = db.geo.as_ref().filter(|g| g.primary).map(|g| (g.state, g.hardened));
            let mut copy = GeoCopy::new(link, &to.config.server_name, true, GeoState::Pending);
            if let Some((state, hardened)) = kept {
                (copy.state, copy.hardened) = (state, hardened);
            } else {
                copy.hardened = db.log_start();
            }
            db.geo = Some(copy);
        }
    });
    loop {
        let _ = ship(group, from, to, database, link).await;
        from.with(|s| {
            if let Some(geo) = s.database_mut(database).and_then(|d| d.geo.as_mut()) {
                (geo.connected, geo.lag_s) = (false, None);
            }
        });
        from.notify();
        tokio::time::sleep(REDIAL).await;
    }
}

async fn ship(group: &Group, from: &Arc<Instance>, to: &Arc<Instance>, database: &str, link: Uuid) -> io::Result<()> {
    if down(from) || down(to) {
        return Err(broken("the region is down"));
    }
    let (forks, end) = from
        .with(|s| Some((roles::forks(s, database), s.database(database)?.log_end)))
        .ok_or_else(|| broken("the database is gone"))?;
    let meet = async {
        let mut stream = from.network.connect_mirroring(&from.config.host, &to.config.host, PORT).await?;
        let hello = Hello {
            group: group.name.clone(),
            database: database.to_owned(),
            link,
            from: from.config.server_name.clone(),
            forks,
            end,
        };
        wire::send(&mut stream, &hello).await?;
        let (reply, _) = wire::receive::<Reply, _>(&mut stream).await?;
        Ok::<_, io::Error>((stream, reply))
    };
    let (stream, reply) = tokio::time::timeout(MEET_MAX, meet).await.map_err(|_| broken("no answer"))??;
    let joined = match reply {
        Reply::Refused(why) => return Err(broken(why)),
        Reply::From(lsn) if from.with(|s| s.database(database).is_some_and(|d| d.blocks_from(lsn).is_some())) => {
            (stream, lsn)
        }
        Reply::From(_) => return Err(broken("the log is truncated")),
        Reply::Seed => seed(from, to, database, stream).await?,
    };
    log(from, to, database, joined).await
}

fn edit(from: &Instance, database: &str, change: impl FnOnce(&mut Database, &mut GeoCopy)) {
    from.with(|s| {
        if let Some(db) = s.database_mut(database)
            && let Some(mut geo) = db.geo.take()
        {
            change(db, &mut geo);
            db.geo = Some(geo);
        }
    });
    from.notify();
}

/// Sends the whole content; the log from then on is kept for the partner.
async fn seed(
    from: &Arc<Instance>,
    to: &Arc<Instance>,
    database: &str,
    mut stream: BoxStream,
) -> io::Result<(BoxStream, Lsn)> {
    let (image, chunk) = from
        .with(|s| Some((s.database(database)?.seed_image(), s.hadr.tuning.seed_chunk)))
        .ok_or_else(|| broken("the database is gone"))?;
    let start = image.lsn;
    edit(from, database, |_, geo| {
        (geo.state, geo.hardened, geo.connected) = (GeoState::Seeding, start, true);
    });
    let clock = &from.clock;
    let mut counting = image.is_modelled().then(|| (clock.lapse(), clock.elapsed()));
    for piece in image.to_chunks(chunk) {
        if let Some((_, until)) = &mut counting {
            // One piece is booked while the one before it is on its way; what is sent for true waits for all of them.
            clock.sleep(until.saturating_sub(clock.elapsed())).await;
            if piece.unsent > 0 {
                // The service copies at its own pace where the line would allow more (facts: failover-groups 5).
                let ceiling = *until + Duration::from_secs_f64(piece.unsent as f64 / COPY_MAX);
                let line = from.network.count(&from.config.host, &to.config.host, piece.unsent, *until);
                *until = line.max(ceiling);
            } else {
                counting = None;
            }
        }
        wire::send(&mut stream, &Down::Chunk(piece.bytes, piece.unsent)).await?;
    }
    let forks = from.with(|s| roles::forks(s, database));
    wire::send(&mut stream, &Down::SeedEnd { forks }).await?;
    Ok((stream, start))
}

async fn log(
    from: &Arc<Instance>,
    to: &Arc<Instance>,
    database: &str,
    (stream, start): (BoxStream, Lsn),
) -> io::Result<()> {
    let (read, write) = tokio::io::split(stream);
    tokio::select! {
        biased;
        heard = hear(from, database, read) => heard,
        sent = send(from, to, database, write, start) => sent,
    }
}

async fn send<W: AsyncWrite + Unpin>(
    from: &Arc<Instance>,
    to: &Arc<Instance>,
    database: &str,
    mut write: W,
    mut sent: Lsn,
) -> io::Result<()> {
    let mut changed = from.changed.subscribe();
    loop {
        changed.mark_unchanged();
        if down(from) || down(to) {
            return Err(broken("the region is down"));
        }
        let blocks = from
            .with(|s| s.database(database).map(|d| d.blocks_from(sent)))
            .ok_or_else(|| broken("the database is gone"))?
            .ok_or_else(|| broken("the log is truncated"))?;
        for block in blocks {
            sent = block.end;
            wire::send(&mut write, &Down::Block(block)).await?;
        }
        tokio::select! {
            biased;
            _ = changed.changed() => {}
            () = tokio::time::sleep(IDLE) => {}
        }
    }
}

/// The partner's acknowledgements.
async fn hear<R: AsyncRead + Unpin>(from: &Arc<Instance>, database: &str, mut read: R) -> io::Result<()> {
    loop {
        let (ack, _) = wire::receive::<Ack, _>(&mut read).await?;
        let now = from.clock.now();
        edit(from, database, |_, geo| {
            geo.hardened = geo.hardened.max(ack.hardened);
            geo.last_replication = Some(now);
            geo.connected = true;
            geo.state = GeoState::CatchUp;
            let committed =
                ack.commit_time.and_then(|t| OffsetDateTime::from_unix_timestamp_nanos(t * 100).ok()).unwrap_or(now);
            geo.lag_s = Some((now - committed).whole_seconds().clamp(0, i64::from(i32::MAX)) as i32);
        });
    }
}
