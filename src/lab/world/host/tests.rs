use crate::lab::tsql::ast::ColumnSpec;
use crate::lab::tsql::ast::CreateTable;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use crate::lab::world::database::Access;
use crate::lab::world::database::Database;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::lsn::Lsn;
use crate::lab::world::storage::Data;
use crate::lab::world::storage::SeedAssembler;
use crate::lab::world::testing::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const T: &str = "dbo.orders";

fn number<A: std::fmt::Debug>(r: Result<A, SqlError>) -> i32 {
    r.unwrap_err().number
}

fn spec(name: &str, ty: SqlType, nullable: bool) -> ColumnSpec {
    ColumnSpec {
        name: name.into(),
        ty,
        nullable: Some(nullable),
        identity: None,
        default: None,
        primary_key: false,
        unique: false,
        computed: None,
    }
}

#[tokio::test(start_paused = true)]
async fn own_changes_are_visible_others_only_when_committed() {
    let (host, mut a) = shop();
    let b = session(&host.instance, "sa", "shop");
    host.begin(&a, None).await.unwrap();
    host.insert(&mut a, &name(T), vec![order("three", 3)]).await.unwrap();
    assert_eq!((orders(&host, &a).len(), orders(&host, &b).len()), (3, 2));
    host.savepoint(&a, "s").unwrap();
    host.insert(&mut a, &name(T), vec![order("four", 4)]).await.unwrap();
    host.rollback(&a, Some("S")).unwrap();
    assert_eq!(orders(&host, &a).len(), 3);
    assert_eq!(number(host.rollback(&a, Some("other"))), 6401);
    host.commit(&a).await.unwrap();
    assert_eq!(orders(&host, &b).len(), 3);
    assert_eq!(number(host.commit(&a).await), 3902);
    assert_eq!(number(host.rollback(&a, None)), 3903);
    // identity 4 was used up by the row that was rolled back
    let rows = host.insert(&mut a, &name(T), vec![order("five", 5)]).await.unwrap();
    assert_eq!((rows[0][0].clone(), a.last_identity), (Value::Int(5), Some(5)));
}

#[tokio::test(start_paused = true)]
async fn nesting_and_doom() {
    let (host, mut cx) = shop();
    host.begin(&cx, Some("outer")).await.unwrap();
    host.begin(&cx, None).await.unwrap();
    assert_eq!(host.transaction_state(&cx), (2, 1));
    host.commit(&cx).await.unwrap();
    assert_eq!(host.transaction_state(&cx), (1, 1));
    host.doom(&cx);
    assert_eq!(host.transaction_state(&cx), (1, -1));
    assert_eq!(number(host.insert(&mut cx, &name(T), vec![order("x", 1)]).await), 3930);
    assert_eq!(number(host.commit(&cx).await), 3930);
    host.rollback(&cx, Some("outer")).unwrap();
    assert_eq!((host.transaction_state(&cx), orders(&host, &cx).len()), ((0, 0), 2));
}

#[tokio::test(start_paused = true)]
async fn constraints_speak_the_servers_words() {
    let (host, mut cx) = shop();
    cx.identity_insert = Some(name(T));
    let same = vec![vec![Some(Value::Int(2)), Some(Value::str("x")), None]];
    let e = host.insert(&mut cx, &name(T), same).await.unwrap_err();
    assert_eq!(
        (e.number, e.message.as_str()),
        (
            2627,
            "Violation of PRIMARY KEY constraint 'PK_orders'. Cannot insert duplicate key in object 'dbo.orders'. The duplicate key value is (2)."
        )
    );
    cx.identity_insert = None;
    let explicit = vec![vec![Some(Value::Int(9)), Some(Value::str("x")), None]];
    assert_eq!(number(host.insert(&mut cx, &name(T), explicit).await), 544);
    let e = host.insert(&mut cx, &name(T), vec![vec![None, None, None]]).await.unwrap_err();
    assert_eq!((e.number, e.state), (515, 2));
    assert!(e.message.contains("'name'") && e.message.contains("shop.dbo.orders"), "{e}");
    let index = Stmt::CreateIndex { table: name(T), name: "ux".into(), columns: vec!["name".into()], unique: true };
    host.alter_table(&mut cx, &index).await.unwrap();
    let e = host.insert(&mut cx, &name(T), vec![order("ONE ", 1)]).await.unwrap_err();
    assert_eq!(e.number, 2601, "{e}");
    assert_eq!(orders(&host, &cx).len(), 2);
    assert_eq!(host.transaction_state(&cx), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn tables_are_made_changed_and_rolled_back() {
    let (host, mut cx) = shop();
    let t = CreateTable {
        name: name("dbo.t"),
        columns: vec![spec("a", SqlType::Int, false), spec("b", SqlType::Int, true)],
        primary_key: vec!["a".into()],
        unique: vec![],
    };
    host.begin(&cx, None).await.unwrap();
    host.create_table(&mut cx, &t).await.unwrap();
    assert_eq!(number(host.create_table(&mut cx, &t).await), 2714);
    let row = vec![vec![Some(Value::Int(1)), None]];
    host.insert(&mut cx, &name("t"), row.clone()).await.unwrap();
    host.rollback(&cx, None).unwrap();
    assert_eq!(number(host.describe(&cx, &name("t"))), 208);
    host.create_table(&mut cx, &t).await.unwrap();
    host.insert(&mut cx, &name("t"), row).await.unwrap();
    let add = Stmt::AlterTableAdd { table: name("t"), columns: vec![spec("c", SqlType::Int, true)] };
    host.alter_table(&mut cx, &add).await.unwrap();
    let must = Stmt::AlterTableAdd { table: name("t"), columns: vec![spec("d", SqlType::Int, false)] };
    assert_eq!(number(host.alter_table(&mut cx, &must).await), 4901);
    let drop = Stmt::AlterTableDropColumn { table: name("t"), column: "b".into() };
    host.alter_table(&mut cx, &drop).await.unwrap();
    let set = host.scan(&cx, &name("t")).unwrap();
    let names: Vec<_> = set.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!((names, set.rows[0].to_vec()), (vec!["a", "c"], vec![Value::Int(1), Value::Null]));
    assert_eq!(column(&host, &cx, "sys.tables", "name"), ["orders", "t"]);
    let gone = Stmt::DropTable { names: vec![name("t")], if_exists: false };
    host.alter_table(&mut cx, &gone).await.unwrap();
    assert_eq!(number(host.alter_table(&mut cx, &gone).await), 3701);
}

#[tokio::test(start_paused = true)]
async fn row_locks_wait_time_out_and_detect_deadlocks() {
    let (host, a) = shop();
    let mut b = session(&host.instance, "sa", "shop");
    let ids: Vec<u64> = host.scan_rows(&a, &name(T)).unwrap().iter().map(|r| r.0).collect();
    host.begin(&a, None).await.unwrap();
    host.begin(&b, None).await.unwrap();
    host.lock_rows(&a, &name(T), &ids[..1]).await.unwrap();
    b.lock_timeout_ms = 0;
    assert_eq!(number(host.lock_rows(&b, &name(T), &ids[..1]).await), 1222);
    b.lock_timeout_ms = 5000;
    let started = tokio::time::Instant::now();
    assert_eq!(number(host.lock_rows(&b, &name(T), &ids[..1]).await), 1222);
    assert_eq!(started.elapsed().as_secs(), 5);
    b.lock_timeout_ms = -1;
    host.lock_rows(&b, &name(T), &ids[1..]).await.unwrap();
    // b waits for a; then a asks for b's row and is the victim
    let (h, bx, first) = (Arc::clone(&host), b.clone(), ids[..1].to_vec());
    let waiting = tokio::spawn(async move { h.lock_rows(&bx, &name(T), &first).await });
    tokio::task::yield_now().await;
    assert_eq!(column(&host, &a, "sys.dm_os_waiting_tasks", "blocking_session_id"), [a.spid.to_string()]);
    assert_eq!(number(host.lock_rows(&a, &name(T), &ids[1..]).await), 1205);
    assert_eq!(host.transaction_state(&a), (0, 0));
    waiting.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn two_sessions_cannot_insert_one_key() {
    let (host, mut a) = shop();
    let mut b = session(&host.instance, "sa", "shop");
    a.identity_insert = Some(name(T));
    b.identity_insert = Some(name(T));
    let row = || vec![vec![Some(Value::Int(7)), Some(Value::str("x")), None]];
    host.begin(&a, None).await.unwrap();
    host.insert(&mut a, &name(T), row()).await.unwrap();
    let h = Arc::clone(&host);
    let mut bx = b.clone();
    let other = tokio::spawn(async move { h.insert(&mut bx, &name(T), row()).await.map(|_| ()) });
    tokio::task::yield_now().await;
    assert!(!other.is_finished());
    host.commit(&a).await.unwrap();
    assert_eq!(number(other.await.unwrap()), 2627);
}

#[tokio::test(start_paused = true)]
async fn a_synchronous_commit_is_acknowledged_only_when_the_partner_has_it() {
    let (host, mut cx) = shop();
    host.with(|s| s.database_mut("shop").unwrap().sync.wait = true);
    let h = Arc::clone(&host);
    let mut c = cx.clone();
    let commit = tokio::spawn(async move { h.insert(&mut c, &name(T), vec![order("x", 1)]).await.map(|_| ()) });
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(!commit.is_finished());
    let other = session(&host.instance, "sa", "master");
    assert_eq!(column(&host, &other, "sys.dm_exec_sessions", "status").len(), 2);
    let waits: Vec<_> =
        host.with(|s| s.sessions.sessions.values().filter_map(|s| s.waiting.as_ref().map(|w| w.0)).collect());
    assert_eq!(waits, ["HADR_SYNC_COMMIT"]);
    let end = host.with(|s| {
        let db = s.database_mut("shop").unwrap();
        db.sync.hardened = db.log_end;
        db.log_end
    });
    host.instance.notify();
    commit.await.unwrap().unwrap();
    assert!(end > Lsn::default());
    // the role goes away under a commit: it is not acknowledged
    host.with(|s| s.database_mut("shop").unwrap().sync.hardened = Lsn::default());
    let h = Arc::clone(&host);
    let commit = tokio::spawn(async move { h.insert(&mut cx, &name(T), vec![order("y", 1)]).await.map(|_| ()) });
    tokio::task::yield_now().await;
    host.with(|s| s.database_mut("shop").unwrap().access = Access::Resolving);
    host.instance.notify();
    assert_eq!(number(commit.await.unwrap()), 3948);
}

#[tokio::test(start_paused = true)]
async fn kill_rolls_back_and_frees() {
    let (host, mut a) = shop();
    let b = session(&host.instance, "sa", "master");
    host.begin(&a, None).await.unwrap();
    host.insert(&mut a, &name(T), vec![order("x", 1)]).await.unwrap();
    for (spid, expected) in [(b.spid, 6104), (9999, 6106), (5, 6107), (-9, 6101)] {
        assert_eq!(number(host.kill(&b, spid, None).await), expected);
    }
    host.kill(&b, a.spid, None).await.unwrap();
    assert_eq!(number(host.insert(&mut a, &name(T), vec![order("y", 1)]).await), 596);
    assert_eq!(number(host.commit(&a).await), 596);
    assert_eq!(orders(&host, &b).len(), 2);
    assert!(host.with(|s| s.sessions.locks.held.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn access_follows_the_state_of_the_database() {
    let (host, mut cx) = shop();
    let master = session(&host.instance, "sa", "master");
    let nobody = session(&host.instance, "nobody", "");
    for (access, intent, read, write) in [
        (Access::ReadOnly, false, 0, 3906),
        (Access::ReadIntentOnly, false, 978, 978),
        (Access::ReadIntentOnly, true, 0, 3906),
        (Access::NotReadable, true, 976, 976),
        (Access::Resolving, false, 983, 983),
    ] {
        host.with(|s| s.database_mut("shop").unwrap().access = access);
        cx.read_only_intent = intent;
        let n = name("shop.dbo.orders");
        assert_eq!(host.scan(&cx, &n).err().map_or(0, |e| e.number), read, "{access:?}");
        assert_eq!(number(host.insert(&mut cx, &n, vec![order("x", 1)]).await), write, "{access:?}");
    }
    host.with(|s| s.database_mut("shop").unwrap().access = Access::ReadWrite);
    for (state, expected) in [
        (DatabaseState::Restoring, 927),
        (DatabaseState::Recovering, 922),
        (DatabaseState::RecoveryPending, 921),
        (DatabaseState::Offline, 942),
    ] {
        host.with(|s| s.database_mut("shop").unwrap().state = state);
        assert_eq!(number(host.use_database(&mut master.clone(), "shop")), expected);
    }
    host.with(|s| s.database_mut("shop").unwrap().state = DatabaseState::Online);
    assert_eq!(number(host.use_database(&mut master.clone(), "nope")), 911);
    assert_eq!(number(host.use_database(&mut nobody.clone(), "shop")), 916);
}

#[tokio::test(start_paused = true)]
async fn a_logical_server_keeps_a_session_in_its_database_and_readers_on_a_replica() {
    let (host, mut cx) = shop();
    let master = session(&host.instance, "sa", "master");
    let n = name("shop.dbo.orders");
    assert!(host.scan(&master, &n).is_ok());
    host.with(|s| s.server.logical = true);
    assert_eq!(host.scan(&master, &n).err().map_or(0, |e| e.number), 40515);
    assert!(host.scan(&cx, &n).is_ok(), "its own database may be named");
    host.with(|s| s.server.read_scale.insert("shop".to_owned()));
    assert!(host.insert(&mut cx, &n, vec![order("x", 1)]).await.is_ok());
    cx.read_only_intent = true;
    assert!(host.scan(&cx, &n).is_ok());
    assert_eq!(number(host.insert(&mut cx, &n, vec![order("y", 2)]).await), 3906);
}

#[tokio::test(start_paused = true)]
async fn a_replica_fed_by_the_log_is_the_same() {
    let (host, mut cx) = shop();
    let image = host.with(|s| s.database("shop").unwrap().seed_image());
    let size = image.size_bytes;
    let mut assembler = SeedAssembler::default();
    let mut sent = 0;
    for chunk in image.to_chunks(100_000) {
        sent += chunk.size();
        assembler.push(&chunk.bytes);
    }
    assert!(sent >= size && sent < size + 200_000, "{sent} of {size}");
    let mut copy = host.with(|s| {
        let db = s.create_restoring("copy", time::macros::datetime!(2026-03-01 12:00 UTC)).unwrap();
        let options = db.options.clone();
        Database::new(99, "copy", options, Data::default(), db.create_date)
    });
    copy.load_seed(assembler.finish().unwrap());
    host.insert(&mut cx, &name(T), vec![order("x", 1), order("y", 2)]).await.unwrap();
    let rows = host.scan_rows(&cx, &name(T)).unwrap();
    host.delete(&mut cx, &name(T), vec![rows[0].0]).await.unwrap();
    let index = Stmt::CreateIndex { table: name(T), name: "ux".into(), columns: vec!["name".into()], unique: true };
    host.alter_table(&mut cx, &index).await.unwrap();
    let blocks = host.with(|s| s.database("shop").unwrap().blocks_from(copy.log_end).unwrap());
    assert_eq!(blocks.len(), 3);
    for b in blocks {
        let bytes = postcard::to_stdvec(&*b).unwrap();
        let b: crate::lab::world::log::LogBlock = postcard::from_bytes(&bytes).unwrap();
        assert!(b.bytes.is_multiple_of(512) && b.end > b.lsn);
        copy.harden(Arc::new(b.clone()));
        copy.redo(&b);
        copy.redo(&b);
    }
    host.with(|s| {
        let db = s.database("shop").unwrap();
        let rows = |d: &Data| d.table("dbo", "orders").unwrap().rows.clone();
        assert_eq!(rows(&db.data), rows(&copy.data));
        assert_eq!((db.log_end, db.last_commit_lsn), (copy.log_end, copy.last_commit_lsn));
        assert_eq!((copy.redone, copy.last_commit_time), (copy.hardened, db.last_commit_time));
        assert!(db.blocks_from(Lsn { file: 1, block: 1, slot: 1 }).is_none());
    });
    assert!(SeedAssembler::default().finish().is_err());
}

#[tokio::test(start_paused = true)]
async fn role_change_ends_sessions_in_the_database_only() {
    let (host, a) = shop();
    let m = session(&host.instance, "sa", "master");
    host.with(|s| s.kill_sessions_in("SHOP", None));
    assert_eq!(number(host.begin(&a, None).await), 596);
    host.begin(&m, None).await.unwrap();
    let ended = host.with(|s| s.sessions.get(a.spid).map(|x| x.killed.clone())).unwrap();
    assert!(timeout(Duration::from_secs(1), ended.cancelled()).await.is_ok());
}
