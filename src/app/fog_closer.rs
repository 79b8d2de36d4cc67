//! The closer look at two instances: before a group is made of them, and for settings that drift apart. Once, not at every turn.

use super::build::App;
use super::fog::FogLook;
use super::fog::Standing;
use crate::arm::Arm;
use crate::arm::InstanceRef;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::inventory::fog_network;
use crate::model::fact::Fact;
use crate::model::geo::Member;
use crate::model::network::MemberNetwork;
use crate::rules::fog::closer;
use crate::rules::fog::closer::Closer;
use crate::rules::fog::closer::Inside;
use crate::rules::fog::closer::Kept;
use crate::rules::fog::closer::Keys;
use crate::rules::fog::network::Between;
use crate::rules::fog::prerequisites::Row;
use crate::sql::query::database;
use futures_util::future::BoxFuture;
use futures_util::future::join_all;

/// System databases come first; users' begin behind them.
const SYSTEM_DATABASES: i32 = 4;
/// Databases that Azure is asked about at a time.
const AT_ONCE: usize = 8;

fn fact<T>(found: Result<T>) -> Fact<T> {
    match found {
        Ok(value) => Fact::Known { value },
        Err(e) => Fact::unknown(e.chain()),
    }
}

// Each question is made in a frame of its own, on the heap: side by side they would fill a small stack.
fn keys<'a>(arm: &'a Arm, instance: &'a InstanceRef) -> BoxFuture<'a, Result<Keys>> {
    Box::pin(async move { read_keys(arm, instance).await })
}

async fn read_keys(arm: &Arm, instance: &InstanceRef) -> Result<Keys> {
    let (own, all) = tokio::join!(arm.protector(instance), arm.keys(instance));
    let own = own?;
    Ok(Keys {
        kind: own.server_key_type.ok_or_else(|| Error::refused("Azure shows no kind of key"))?,
        uri: own.uri,
        rotates: own.auto_rotation_enabled == Some(true),
        registered: all.ok().map(|all| all.into_iter().filter_map(|k| k.properties.uri).collect()),
    })
}

fn kept<'a>(arm: &'a Arm, instance: &'a InstanceRef, member: &'a Member) -> BoxFuture<'a, Result<Vec<Kept>>> {
    Box::pin(async move { read_kept(arm, instance, member).await })
}

/// How long backups are kept, of every user database that Azure lists.
async fn read_kept(arm: &Arm, instance: &InstanceRef, member: &Member) -> Result<Vec<Kept>> {
    let names = member.databases.get().map_err(|why| Error::refused(why.0))?;
    let mut all = Vec::new();
    for some in names.chunks(AT_ONCE) {
        let asked = some.iter().map(|(name, _)| async move { (name, arm.retention(instance, name).await) });
        for (name, found) in join_all(asked).await {
            let (days, long) = found?;
            all.push(Kept { database: name.clone(), days, long_term: long.words() });
        }
    }
    Ok(all)
}

fn administrator<'a>(arm: &'a Arm, instance: &'a InstanceRef) -> BoxFuture<'a, Result<Option<String>>> {
    Box::pin(async move {
        let found = arm.administrator(instance).await?;
        let text = |t: Option<String>| t.unwrap_or_else(|| "?".to_owned());
        Ok(found.map(|a| format!("{} ({})", text(a.login), text(a.sid))))
    })
}

fn network<'a>(arm: &'a Arm, instance: &'a InstanceRef) -> BoxFuture<'a, Result<MemberNetwork>> {
    Box::pin(async move { fog_network::read(arm, instance).await })
}

impl App {
    /// Looks closer, where a group of two instances is still to be made.
    pub async fn look_closer(&self, look: &mut FogLook) -> Result<()> {
        if look.wanted.between_servers || look.standing != Standing::None {
            return Ok(());
        }
        // Many questions side by side: their state is kept off the stack.
        let found = Box::pin(self.closer(look)).await?;
        look.closer = closer::judge(&found, &look.facts);
        Ok(())
    }

    /// Settings in which the members of a standing group differ, those that only a closer look sees included.
    pub async fn drift(&self, look: &FogLook) -> Result<Vec<Row>> {
        let mut rows = look.drift();
        if look.wanted.between_servers || look.standing == Standing::None {
            return Ok(rows);
        }
        let cx = self.observer()?;
        let arm = cx.effects.arm()?;
        let (a, b) = (self.place(&look.facts.a.site)?.instance, self.place(&look.facts.b.site)?.instance);
        let (ka, kb) = tokio::join!(kept(arm, &a, &look.facts.a), kept(arm, &b, &look.facts.b));
        rows.extend(closer::drift(&[fact(ka), fact(kb)]));
        Ok(rows)
    }

    pub(super) async fn closer(&self, look: &FogLook) -> Result<Closer> {
        let cx = self.observer()?;
        let arm = cx.effects.arm()?;
        let (a, b) = (self.place(&look.facts.a.site)?, self.place(&look.facts.b.site)?);
        let (ia, ib) = (&a.instance, &b.instance);
        let (keys_a, keys_b, kept_a, kept_b, admin_a, admin_b, net_a, net_b, inside) = tokio::join!(
            keys(arm, ia),
            keys(arm, ib),
            kept(arm, ia, &look.facts.a),
            kept(arm, ib, &look.facts.b),
            administrator(arm, ia),
            administrator(arm, ib),
            network(arm, ia),
            network(arm, ib),
            cx.effects.read(&a.site, database::list()),
        );
        let inside = inside.map(|all| {
            let users = all.into_iter().filter(|d| d.database_id > SYSTEM_DATABASES);
            users
                .map(|d| Inside {
                    in_memory: d.stream_containers.map(|n| n > 0),
                    publishes: d.is_published || d.is_merge_published || d.is_distributor,
                    name: d.name,
                })
                .collect()
        });
        let resolves = match &look.listeners {
            Some((rw, _)) => self.names.resolve(rw).await.map(|found| found.is_some()),
            None => Err(Error::refused("the listener has no name yet: Azure names no address of either side")),
        };
        let made = |m: &Member| m.facts.known().and_then(|f| f.made_at);
        Ok(Closer {
            keys: [fact(keys_a), fact(keys_b)],
            inside: fact(inside),
            resolves: fact(resolves),
            between: Between {
                path: look.wanted.path,
                networks: fact(net_a.and_then(|a| Ok([a, net_b?]))),
                made_at: [made(&look.facts.a), made(&look.facts.b)],
            },
            kept: [fact(kept_a), fact(kept_b)],
            administrators: [fact(admin_a), fact(admin_b)],
        })
    }
}
