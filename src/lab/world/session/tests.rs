use super::*;
use crate::lab::tsql::ast::Ddl;
use crate::lab::world::backend::end_session;
use crate::lab::world::backend::open_session;
use crate::lab::world::ddl;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::testing::*;
use std::sync::Arc;

fn refused(instance: &Arc<crate::lab::world::instance::Instance>, user: &str, database: &str) -> Vec<i32> {
    match open_session(instance, &request(user, database)) {
        Ok((cx, _)) => {
            end_session(instance, cx.spid);
            Vec::new()
        }
        Err(f) => f.0.iter().map(|e| e.number).collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn logins_are_refused_with_the_right_numbers() {
    let (host, mut sa) = shop();
    let i = Arc::clone(&host.instance);
    sa.database = "master".into();
    assert_eq!(refused(&i, "app", "shop"), Vec::<i32>::new());
    assert_eq!(refused(&i, "ghost", ""), [18456]);
    assert_eq!(refused(&i, "app", "nope"), [4060, 18456]);
    assert_eq!(refused(&i, "nobody", "shop"), [4060, 18456]);
    let mut wrong = request("app", "");
    wrong.password = "x".into();
    let e = open_session(&i, &wrong).unwrap_err().0;
    assert_eq!((e[0].number, e[0].state), (18456, 1));
    let log = i.with(|s| s.error_log.iter().map(|l| l.1.clone()).collect::<Vec<_>>());
    assert!(log.iter().any(|l| l == "Error: 18456, Severity: 14, State: 8."), "{log:?}");
    let run = |d: Ddl| {
        let (host, mut sa) = (Arc::clone(&host), sa.clone());
        async move { ddl::execute(&host, &mut sa, &d).await.unwrap() }
    };
    let disable = |on| Ddl::AlterLogin { name: "app".into(), enable: Some(on), options: vec![], hashed: false };
    run(disable(false)).await;
    assert_eq!(refused(&i, "app", "shop"), [18470]);
    run(disable(true)).await;
    let permission = |verb: &str, what: &str, class: Option<&str>, on: Option<&str>, who: &str| Ddl::Permission {
        verb: verb.into(),
        permissions: vec![what.into()],
        class: class.map(Into::into),
        securable: on.map(|n| crate::lab::tsql::ast::Name(vec![n.into()])),
        principals: vec![who.into()],
        with_grant: false,
        cascade: false,
    };
    run(permission("DENY", "CONNECT SQL", None, None, "app")).await;
    assert_eq!(refused(&i, "app", "shop"), [18456]);
    run(permission("REVOKE", "CONNECT SQL", None, None, "app")).await;
    assert_eq!(refused(&i, "app", "shop"), [18456]);
    run(permission("GRANT", "CONNECT SQL", None, None, "app")).await;
    assert_eq!(refused(&i, "app", "shop"), Vec::<i32>::new());
    let tcp = Some("TSQL Default TCP");
    run(permission("REVOKE", "CONNECT", Some("ENDPOINT"), tcp, "public")).await;
    assert_eq!(refused(&i, "app", "shop"), [18456]);
    assert_eq!(refused(&i, "sa", "shop"), Vec::<i32>::new());
    run(permission("GRANT", "CONNECT", Some("ENDPOINT"), tcp, "app")).await;
    assert_eq!(refused(&i, "app", "shop"), Vec::<i32>::new());
    i.with(|s| s.database_mut("shop").unwrap().access = crate::lab::world::database::Access::Resolving);
    assert_eq!(refused(&i, "app", "shop"), [983, 4060, 18456]);
}

#[tokio::test(start_paused = true)]
async fn contained_users_escape_server_bars() {
    let (host, _) = shop();
    let i = Arc::clone(&host.instance);
    i.with(|s| {
        let db = s.database_mut("shop").unwrap();
        db.options.containment = 1;
        let mut user = crate::lab::world::storage::DbPrincipal::user(9, "inside", vec![7; 16], db.create_date);
        user.authentication = 2;
        user.password_hash = Some(crate::lab::world::security::hash_password("Secret-1", [1, 2, 3, 4]));
        db.data.principals.insert(9, Arc::new(user));
        db.data.grants.push_back(crate::lab::world::storage::ObjectGrant::connect(9));
    });
    assert_eq!(refused(&i, "inside", "shop"), [18456]);
    i.with(|s| {
        let o = s.server.configuration.iter_mut().find(|o| o.name == "contained database authentication").unwrap();
        o.in_use = 1;
    });
    assert_eq!(refused(&i, "inside", "shop"), Vec::<i32>::new());
    assert_eq!(refused(&i, "inside", "master"), [18456]);
}

#[test]
fn locks_are_granted_in_order() {
    let mut t = LockTable::default();
    let r = Resource::App(1, 0, "x".into());
    let waiter = |t: &mut LockTable, spid, mode| Waiter { ticket: t.ticket(), spid, mode, owner: LockOwner::Session };
    let a = waiter(&mut t, 51, LockMode::Shared);
    assert_eq!(t.request(&r, &a), Outcome::Granted);
    let b = waiter(&mut t, 52, LockMode::Exclusive);
    assert_eq!(t.request(&r, &b), Outcome::Blocked(51));
    // a shared request behind the exclusive one does not overtake it
    let c = waiter(&mut t, 53, LockMode::Shared);
    assert_eq!(t.request(&r, &c), Outcome::Blocked(52));
    assert!(t.release_one(&r, 51, LockOwner::Session));
    assert!(!t.release_one(&r, 51, LockOwner::Session));
    assert_eq!(t.request(&r, &c), Outcome::Blocked(52));
    assert_eq!(t.request(&r, &b), Outcome::Granted);
    t.release_all(52);
    assert_eq!(t.request(&r, &c), Outcome::Granted);
}

#[test]
fn host_is_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<InstanceHost>();
}
