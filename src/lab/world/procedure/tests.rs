use super::*;
use crate::lab::tsql::host::Host;
use crate::lab::world::function;
use crate::lab::world::testing;
use crate::lab::world::testing::column;
use crate::lab::world::testing::name;
use crate::lab::world::testing::session;
use crate::lab::world::testing::shop;
use std::sync::Arc;

fn arg(n: &str, v: impl Into<Value>) -> ProcArg {
    ProcArg { name: Some(n.into()), value: v.into(), output: false }
}

async fn run(host: &InstanceHost, cx: &SessionCx, procedure: &str, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    host.procedure(&mut cx.clone(), &name(procedure), args).await.expect(procedure)
}

fn lock(owner: &str, timeout: i32) -> Vec<ProcArg> {
    vec![
        arg("@Resource", "lease"),
        arg("@LockMode", "Exclusive"),
        arg("@LockOwner", owner),
        arg("@LockTimeout", timeout),
    ]
}

#[tokio::test(start_paused = true)]
async fn application_locks() {
    let (host, a) = shop();
    let b = session(&host.instance, "sa", "shop");
    let get = async |cx: &SessionCx, args: &[ProcArg]| run(&host, cx, "sp_getapplock", args).await.unwrap().return_code;
    assert_eq!(get(&a, &lock("Session", 0)).await, 0);
    assert_eq!(get(&b, &lock("Session", 0)).await, -1);
    assert_eq!(get(&b, &lock("Transaction", 0)).await, -999);
    let test = [Value::str("public"), Value::str("lease"), Value::str("Exclusive"), Value::str("Session")];
    assert_eq!(host.scalar(&b, &name("APPLOCK_TEST"), &test).unwrap(), Value::SmallInt(0));
    let mode = [Value::str("public"), Value::str("lease"), Value::str("Session")];
    assert_eq!(host.scalar(&a, &name("APPLOCK_MODE"), &mode).unwrap(), Value::str("Exclusive"));
    assert!(column(&host, &a, "sys.dm_tran_locks", "resource_type").contains(&"APPLICATION".to_owned()));
    let (h, bx) = (Arc::clone(&host), b.clone());
    let waits =
        tokio::spawn(async move { run(&h, &bx, "sp_getapplock", &lock("Session", -1)).await.unwrap().return_code });
    tokio::task::yield_now().await;
    let release = [arg("@Resource", "lease"), arg("@LockOwner", "Session")];
    assert_eq!(run(&host, &a, "sp_releaseapplock", &release).await.unwrap().return_code, 0);
    assert_eq!(waits.await.unwrap(), 1);
    let again = run(&host, &a, "sp_releaseapplock", &release).await.unwrap();
    assert_eq!((again.return_code, again.messages[0].number), (-999, 1223));
    crate::lab::world::backend::end_session(&host.instance, b.spid);
    assert_eq!(get(&a, &lock("Session", 0)).await, 0);
}

#[tokio::test(start_paused = true)]
async fn jobs_run_and_end() {
    let (host, cx) = shop();
    host.with(|s| {
        let spec = crate::lab::world::setup::JobSpec {
            name: "nightly".into(),
            enabled: true,
            steps: vec![("s".into(), "TSQL".into(), Some("shop".into()), "SELECT 1".into())],
            run_seconds: 60,
            ..Default::default()
        };
        s.add_job(&spec, time::macros::datetime!(2026-03-01 12:00 UTC));
    });
    let job = [arg("@job_name", "Nightly")];
    assert!(host.procedure(&mut cx.clone(), &name("sp_start_job"), &job).await.is_none());
    run(&host, &cx, "msdb.dbo.sp_update_job", &[arg("@job_name", "nightly"), arg("@enabled", 0)]).await.unwrap();
    assert_eq!(column(&host, &cx, "msdb.dbo.sysjobs", "enabled"), ["0"]);
    // a disabled job still obeys
    run(&host, &cx, "msdb.dbo.sp_start_job", &job).await.unwrap();
    assert_eq!(run(&host, &cx, "msdb.dbo.sp_start_job", &job).await.unwrap_err().number, 22022);
    assert_eq!(column(&host, &cx, "msdb.dbo.sysjobactivity", "stop_execution_date"), ["<NULL>"]);
    tokio::time::advance(std::time::Duration::from_secs(61)).await;
    assert_eq!(run(&host, &cx, "msdb.dbo.sp_stop_job", &job).await.unwrap_err().number, 22022);
    assert_eq!(column(&host, &cx, "msdb.dbo.sysjobhistory", "run_status"), ["1"]);
    let missing = [arg("@job_name", "x")];
    assert_eq!(run(&host, &cx, "msdb.dbo.sp_stop_job", &missing).await.unwrap_err().number, 14262);
}

#[tokio::test(start_paused = true)]
async fn extended_properties_are_logged() {
    let (host, cx) = shop();
    let p = [arg("@name", "milink_marker"), arg("@value", "run-1")];
    run(&host, &cx, "sp_addextendedproperty", &p).await.unwrap();
    assert_eq!(run(&host, &cx, "sys.sp_addextendedproperty", &p).await.unwrap_err().number, 15233);
    assert_eq!(column(&host, &cx, "sys.extended_properties", "name"), ["milink_marker"]);
    let logged = host.with(|s| s.database("shop").unwrap().log.len());
    assert_eq!(logged, 1);
    run(&host, &cx, "shop.sys.sp_dropextendedproperty", &[arg("@name", "milink_marker")]).await.unwrap();
    assert_eq!(run(&host, &cx, "sp_dropextendedproperty", &[arg("@name", "x")]).await.unwrap_err().number, 15217);
    host.with(|s| s.database_mut("shop").unwrap().access = crate::lab::world::database::Access::ReadOnly);
    assert_eq!(run(&host, &cx, "sp_addextendedproperty", &p).await.unwrap_err().number, 3906);
}

#[tokio::test(start_paused = true)]
async fn link_procedures_exist_by_build() {
    for (build, issuer, validate) in [
        ("13.0.6490.1", false, false),
        ("13.0.7000.253", true, false),
        ("14.0.3485.1", false, false),
        ("15.0.4312.2", true, false),
        ("16.0.1000.6", true, false),
        ("16.0.4045.3", true, true),
        ("17.0.1000.7", true, true),
    ] {
        let i = testing::instance(testing::sql_server(build));
        let cx = session(&i, "sa", "master");
        let host = InstanceHost::new(i);
        let listed = column(&host, &cx, "sys.system_objects", "name");
        let has = |n: &str| listed.iter().any(|l| l == n);
        assert_eq!(has("sp_certificate_add_issuer"), issuer, "{build}");
        assert_eq!(has("sp_validate_certificate_ca_chain"), validate, "{build}");
        let found = host.procedure(&mut cx.clone(), &name("sp_certificate_add_issuer"), &[]).await.is_some();
        assert_eq!(found, issuer, "{build}");
    }
}

#[tokio::test(start_paused = true)]
async fn configuration_waits_for_reconfigure() {
    let (host, cx) = shop();
    let set = [arg("@configname", "clr enabled"), arg("@configvalue", 1)];
    let said = run(&host, &cx, "sp_configure", &set).await.unwrap().messages;
    assert_eq!((said[0].number, said[0].class), (15457, 10));
    assert_eq!(host.with(|s| s.server.configured("clr enabled")), 0);
    host.reconfigure(&cx).await.unwrap();
    assert_eq!(host.with(|s| s.server.configured("clr enabled")), 1);
    assert_eq!(run(&host, &cx, "sp_configure", &[arg("@configname", "xp_cmdshell")]).await.unwrap_err().number, 15123);
}

#[tokio::test(start_paused = true)]
async fn trace_flags() {
    let (host, cx) = shop();
    let mut c = cx.clone();
    host.dbcc(&mut c, "TRACEON", &["12381".into(), "-1".into()], &[]).await.unwrap();
    let set = host.dbcc(&mut c, "TRACESTATUS", &["-1".into()], &[]).await.unwrap().result_sets.remove(0);
    let flags: Vec<_> = set.rows.iter().map(|r| r[0].clone()).collect();
    assert_eq!(flags, [Value::SmallInt(1800), Value::SmallInt(9567), Value::SmallInt(12381)]);
}

#[test]
fn properties_are_variants_of_the_servers_types() {
    let build = |c| {
        let i = testing::instance(c);
        let cx = session(&i, "sa", "shop");
        (i, cx)
    };
    let rt = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let _in = rt.enter();
    let (sql, cx) = build(testing::sql_server("15.0.4312.2"));
    let (mi, mx) = build(testing::managed("AlwaysUpToDate"));
    let of = |managed: bool, p: &str| {
        let (i, c) = if managed { (&mi, &mx) } else { (&sql, &cx) };
        let v = function::scalar(i, c, &name("SERVERPROPERTY"), &[Value::str(p)]).unwrap();
        assert!(v.is_null() || matches!(v, Value::Variant(_)), "{p}");
        values::display(&v)
    };
    for (property, expected, managed) in [
        ("EngineEdition", "3", "8"),
        ("ProductVersion", "15.0.4312.2", "12.0.2000.8"),
        ("ProductMajorVersion", "15", "12"),
        ("Edition", "Enterprise Edition (64-bit)", "SQL Azure"),
        ("ProductUpdateLevel", "CU20", "<NULL>"),
        ("ProductUpdateType", "<NULL>", "Continuous"),
        ("IsHadrEnabled", "1", "1"),
        ("ServerName", "SQLA", "mi-a.zone.database.windows.net"),
        ("NoSuchThing", "<NULL>", "<NULL>"),
    ] {
        assert_eq!((of(false, property).as_str(), of(true, property).as_str()), (expected, managed), "{property}");
    }
}
