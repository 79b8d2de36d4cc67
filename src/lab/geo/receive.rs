//! The receiving side: a copy changes only by bytes that came in here.

use super::hub::Hub;
use super::types::GeoCopy;
use super::types::GeoState;
use super::wire::Ack;
use super::wire::Down;
use super::wire::Hello;
use super::wire::Reply;
use crate::lab::mirror::roles;
use crate::lab::mirror::wire;
use crate::lab::mirror::wire::Copy;
use crate::lab::net::BoxStream;
use crate::lab::net::Listener;
use crate::lab::world::database::Access;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::instance::Instance;
use crate::lab::world::storage::SeedAssembler;
use std::io;
use std::sync::Arc;
use std::sync::Weak;
use tokio_util::sync::CancellationToken;

/// Lets partners in until told to stop.
pub(super) async fn accept(hub: Weak<Hub>, instance: Arc<Instance>, mut listener: Listener, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { return };
        let (hub, instance, stop) = (hub.clone(), instance.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                _ = serve(&hub, &instance, stream) => {}
            }
        });
    }
}

fn ended(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, why.to_owned())
}

/// Is the sender the primary of that group, and is this the other member?
fn expected(hub: &Weak<Hub>, instance: &Instance, hello: &Hello) -> bool {
    hub.upgrade()
        .and_then(|h| h.find(&hello.group))
        .is_some_and(|g| g.primary().config.server_name == hello.from && g.secondary().config.id == instance.config.id)
}

async fn serve(hub: &Weak<Hub>, instance: &Arc<Instance>, mut stream: BoxStream) -> io::Result<()> {
    let (hello, _) = wire::receive::<Hello, _>(&mut stream).await?;
    if instance.with(|s| s.server.region_down) {
        return Err(ended("the region is down"));
    }
    if !expected(hub, instance, &hello) {
        return wire::send(&mut stream, &Reply::Refused("not a member in that role".to_owned())).await;
    }
    match position(instance, &hello) {
        Position::Continues(lsn) => wire::send(&mut stream, &Reply::From(lsn)).await?,
        Position::Foreign => {
            return wire::send(&mut stream, &Reply::Refused("a database of that name is there".to_owned())).await;
        }
        Position::Wanted => {
            wire::send(&mut stream, &Reply::Seed).await?;
            seed(instance, &hello, &mut stream).await?;
        }
    }
    acknowledge(instance, &hello.database, &mut stream).await?;
    loop {
        let (message, _) = wire::receive::<Down, _>(&mut stream).await?;
        if !expected(hub, instance, &hello) || instance.with(|s| s.server.region_down) {
            return Err(ended("no longer the secondary"));
        }
        let Down::Block(block) = message else { return Err(ended("out of order")) };
        instance.with(|s| {
            if let Some(db) = s.database_mut(&hello.database).filter(|d| d.access != Access::ReadWrite) {
                db.harden(block.clone());
                db.redo(&block);
                if let Some(geo) = &mut db.geo {
                    geo.hardened = db.hardened;
                }
                // A copy needs no log beyond what it has redone.
                db.truncate_log(db.redone);
            }
        });
        instance.notify();
        acknowledge(instance, &hello.database, &mut stream).await?;
    }
}

enum Position {
    Continues(crate::lab::world::lsn::Lsn),
    Wanted,
    Foreign,
}

fn position(instance: &Arc<Instance>, hello: &Hello) -> Position {
    instance.with(|s| {
        let Some(db) = s.database(&hello.database) else { return Position::Wanted };
        let Some(geo) = db.geo.as_ref().filter(|g| g.link == hello.link) else { return Position::Foreign };
        let copy = Copy::Present { fork: Some(db.options.recovery_fork), hardened: db.hardened, redone: db.redone };
        let whole = !geo.primary && db.state == DatabaseState::Online;
        if whole && roles::continues(&hello.forks, hello.end, copy) {
            // The history of its source is its own history now.
            let (fork, end) = (hello.forks.last().copied(), db.hardened);
            s.hadr.forks.insert(hello.database.to_lowercase(), hello.forks.clone());
            if let (Some(fork), Some(db)) = (fork, s.database_mut(&hello.database)) {
                db.options.recovery_fork = fork.id;
                db.access = Access::ReadOnly;
            }
            return Position::Continues(end);
        }
        Position::Wanted
    })
}

/// Takes a whole copy in place of whatever was there.
async fn seed(instance: &Arc<Instance>, hello: &Hello, stream: &mut BoxStream) -> io::Result<()> {
    let (key, now) = (hello.database.to_lowercase(), instance.clock.now());
    instance.with(|s| {
        if s.databases.contains_key(&key) {
            roles::evict(s, &hello.database, now);
            s.databases.remove(&key);
        }
        s.hadr.forks.remove(&key);
        if let Ok(db) = s.create_restoring(&hello.database, now) {
            db.access = Access::ReadOnly;
            db.geo = Some(GeoCopy::new(hello.link, &hello.from, false, GeoState::Seeding));
        }
    });
    instance.notify();
    let mut assembler = SeedAssembler::default();
    let forks = loop {
        match wire::receive::<Down, _>(stream).await?.0 {
            Down::Chunk(bytes, _) => assembler.push(&bytes),
            Down::SeedEnd { forks } => break forks,
            Down::Block(_) => return Err(ended("out of order")),
        }
    };
    let image = assembler.finish().map_err(|e| ended(&e))?;
    instance.with(|s| {
        if let Some(db) = s.database_mut(&hello.database) {
            db.load_seed(image);
            db.state = DatabaseState::Online;
            db.access = Access::ReadOnly;
            if let Some(geo) = &mut db.geo {
                (geo.state, geo.hardened) = (GeoState::CatchUp, db.hardened);
            }
        }
        s.hadr.forks.insert(key, forks);
    });
    instance.notify();
    Ok(())
}

async fn acknowledge(instance: &Arc<Instance>, database: &str, stream: &mut BoxStream) -> io::Result<()> {
    let ack = instance.with(|s| {
        let db = s.database(database)?;
        let commit_time = db.last_commit_time.map(|t| t.unix_timestamp_nanos() / 100);
        Some(Ack { hardened: db.hardened, commit_time })
    });
    match ack {
        Some(ack) => wire::send(stream, &ack).await,
        None => Err(ended("the database is gone")),
    }
}
