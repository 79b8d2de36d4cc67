use super::*;
use crate::lab::tsql::ast::CertificateSource;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::value::Value;
use crate::lab::world::storage::SchemaOp;
use crate::lab::world::testing::*;

async fn run(host: &InstanceHost, cx: &SessionCx, d: Ddl) -> SqlResult<Vec<i32>> {
    execute(host, &mut cx.clone(), &d).await.map(|m| m.iter().map(|e| e.number).collect())
}

async fn fails(host: &InstanceHost, cx: &SessionCx, d: Ddl) -> i32 {
    run(host, cx, d).await.unwrap_err().number
}

fn flag(key: &str) -> DdlOption {
    DdlOption { key: key.into(), value: OptionValue::None }
}

fn word(key: &str, w: &str) -> DdlOption {
    DdlOption { key: key.into(), value: OptionValue::Word(w.into()) }
}

fn text(key: &str, w: &str) -> DdlOption {
    DdlOption { key: key.into(), value: OptionValue::Text(w.into()) }
}

fn own(name: &str, expiry: &str) -> Ddl {
    let source = CertificateSource::SelfSigned {
        subject: "Certificate for x".into(),
        start: None,
        expiry: Some(expiry.into()),
        password: None,
    };
    Ddl::CreateCertificate { name: name.into(), owner: None, source }
}

#[tokio::test]
async fn certificates() {
    let (host, _) = shop();
    let cx = session(&host.instance, "sa", "master");
    assert_eq!(fails(&host, &cx, own("c", "2030-01-01")).await, 15581);
    run(&host, &cx, Ddl::CreateMasterKey { password: Some("p".into()) }).await.unwrap();
    assert_eq!(fails(&host, &cx, Ddl::CreateMasterKey { password: None }).await, 15578);
    assert_eq!(fails(&host, &cx, Ddl::OpenMasterKey { password: "q".into() }).await, 15313);
    run(&host, &cx, own("c", "2030-01-01")).await.unwrap();
    assert_eq!(fails(&host, &cx, own("C", "2030-01-01")).await, 15232);
    let one = |c: &str| column(&host, &cx, "sys.certificates", c)[0].clone();
    assert_eq!(
        (one("subject"), one("issuer_name"), one("pvt_key_encryption_type")),
        ("Certificate for x".into(), "Certificate for x".into(), "MK".into())
    );
    assert_eq!((one("certificate_id"), one("key_length")), ("256".into(), "3072".into()));
    assert_eq!(one("expiry_date"), "2030-01-01 00:00:00.000");
    let der = host.scalar(&cx, &name("CERTENCODED"), &[Value::Int(256)]).unwrap();
    let Value::Bytes(der) = der else { panic!("{der:?}") };
    let import = |name: &str, der: &[u8]| Ddl::CreateCertificate {
        name: name.into(),
        owner: None,
        source: CertificateSource::Binary { der: der.to_vec(), private_key: None, decryption_password: None },
    };
    // the same issuer and serial again, under another name
    assert_eq!(fails(&host, &cx, import("d", &der)).await, 15232);
    assert_eq!(fails(&host, &cx, import("d", &[1, 2, 3])).await, 15297);
    assert_eq!(run(&host, &cx, own("old", "2026-03-01 12:00:00")).await.unwrap(), [15214]);
    assert_eq!(fails(&host, &cx, Ddl::DropMasterKey).await, 15580);
    host.with(|s| {
        s.hadr.endpoint = Some(crate::lab::world::hadr::MirroringEndpoint {
            name: "e".into(),
            endpoint_id: 65536,
            principal_id: 1,
            state: 0,
            port: 5022,
            listener_ip: None,
            role: 3,
            connection_auth: 4,
            certificate_id: 256,
            encryption_algorithm: 2,
        });
    });
    assert_eq!(fails(&host, &cx, Ddl::DropCertificate { name: "c".into() }).await, 15352);
    host.with(|s| s.hadr.endpoint = None);
    run(&host, &cx, Ddl::DropCertificate { name: "c".into() }).await.unwrap();
    assert_eq!(fails(&host, &cx, Ddl::DropCertificate { name: "c".into() }).await, 15151);
}

#[tokio::test(start_paused = true)]
async fn databases_in_a_group_refuse() {
    let (host, _) = shop();
    let cx = session(&host.instance, "sa", "master");
    let set = |o: DdlOption| Ddl::AlterDatabaseSet {
        database: "shop".into(),
        options: vec![o],
        termination: Some("ROLLBACK IMMEDIATE".into()),
    };
    let drop = || Ddl::DropDatabase { names: vec!["shop".into()], if_exists: false };
    let rename = || Ddl::AlterDatabaseModifyName { database: "shop".into(), to: "y".into() };
    assert_eq!(fails(&host, &cx, drop()).await, 3702);
    host.with(|s| s.database_mut("shop").unwrap().ag = Some("ag".into()));
    for o in [flag("READ_ONLY"), flag("SINGLE_USER"), flag("OFFLINE"), word("RECOVERY", "SIMPLE")] {
        assert_eq!(fails(&host, &cx, set(o)).await, 1468);
    }
    assert_eq!((fails(&host, &cx, drop()).await, fails(&host, &cx, rename()).await), (3752, 957));
    host.with(|s| s.database_mut("shop").unwrap().ag = None);
    run(&host, &cx, set(flag("READ_ONLY"))).await.unwrap();
    assert_eq!(column(&host, &cx, "sys.databases", "is_read_only").pop().unwrap(), "1");
    let mut s = session(&host.instance, "sa", "shop");
    assert_eq!(host.insert(&mut s, &name("orders"), vec![order("x", 1)]).await.unwrap_err().number, 3906);
    crate::lab::world::backend::end_session(&host.instance, s.spid);
    run(&host, &cx, drop()).await.unwrap();
    assert_eq!(fails(&host, &cx, drop()).await, 3701);
    run(&host, &cx, Ddl::CreateDatabase { name: "new".into(), options: vec![] }).await.unwrap();
    assert_eq!(fails(&host, &cx, Ddl::CreateDatabase { name: "NEW".into(), options: vec![] }).await, 1801);
    let app = session(&host.instance, "nobody", "master");
    assert_eq!(fails(&host, &app, Ddl::CreateDatabase { name: "z".into(), options: vec![] }).await, 262);
}

#[tokio::test(start_paused = true)]
async fn backups_follow_the_chain() {
    let (host, cx) = shop();
    let backup = |db: &str, log: bool, options: Vec<DdlOption>| Ddl::BackupDatabase {
        database: db.into(),
        log,
        to: vec![text("DISK", "NUL")],
        options,
    };
    run(&host, &cx, Ddl::CreateDatabase { name: "new".into(), options: vec![] }).await.unwrap();
    assert_eq!(fails(&host, &cx, backup("new", true, vec![])).await, 4214);
    run(&host, &cx, backup("new", false, vec![flag("COPY_ONLY")])).await.unwrap();
    assert_eq!(fails(&host, &cx, backup("new", true, vec![])).await, 4214);
    assert_eq!(run(&host, &cx, backup("new", false, vec![])).await.unwrap(), [3014]);
    run(&host, &cx, backup("new", true, vec![])).await.unwrap();
    assert_eq!(fails(&host, &cx, backup("master", true, vec![])).await, 4208);
    let mut c = cx.clone();
    host.insert(&mut c, &name("dbo.orders"), vec![order("x", 1)]).await.unwrap();
    host.with(|s| assert_eq!(s.database("shop").unwrap().log.len(), 1));
    run(&host, &cx, backup("shop", true, vec![])).await.unwrap();
    host.with(|s| assert_eq!(s.database("shop").unwrap().log.len(), 0));
    host.with(|s| s.database_mut("shop").unwrap().access = crate::lab::world::database::Access::ReadOnly);
    assert_eq!(fails(&host, &cx, backup("shop", false, vec![])).await, 3059);
    let mi = instance(managed("SQLServer2022"));
    let mx = session(&mi, "sa", "master");
    let mi = InstanceHost::new(mi);
    assert_eq!(fails(&mi, &mx, backup("shop", false, vec![])).await, 41904);
}

#[tokio::test(start_paused = true)]
async fn logins_and_users() {
    let (host, cx) = shop();
    let create = |name: &str, options: Vec<DdlOption>, hashed| Ddl::CreateLogin {
        name: name.into(),
        from: None,
        options,
        hashed,
    };
    let sid = |b: Vec<u8>| DdlOption { key: "SID".into(), value: OptionValue::Binary(b) };
    assert_eq!(fails(&host, &cx, create("app", vec![text("PASSWORD", "Secret-12")], false)).await, 15025);
    assert_eq!(fails(&host, &cx, create("l", vec![text("PASSWORD", "x")], false)).await, 15116);
    assert_eq!(fails(&host, &cx, create("l", vec![text("PASSWORD", "alllowercase")], false)).await, 15118);
    assert_eq!(fails(&host, &cx, create("l", vec![text("PASSWORD", "Secret-12"), sid(vec![1])], false)).await, 15419);
    let hash = host.with(|s| s.security.by_name("app").unwrap().password_hash.clone().unwrap());
    let hashed = DdlOption { key: "PASSWORD".into(), value: OptionValue::Binary(hash) };
    run(&host, &cx, create("twin", vec![hashed, sid(vec![9; 16])], true)).await.unwrap();
    session(&host.instance, "twin", "master");
    assert_eq!(
        fails(&host, &cx, create("m", vec![text("PASSWORD", "Secret-12"), sid(vec![9; 16])], false)).await,
        15433
    );
    assert_eq!(fails(&host, &cx, Ddl::DropLogin { name: "twin".into(), if_exists: false }).await, 15434);
    let group = Ddl::CreateLogin {
        name: r"DOM\App Group".into(),
        from: Some("WINDOWS".into()),
        options: vec![],
        hashed: false,
    };
    run(&host, &cx, group).await.unwrap();
    let disable =
        Ddl::AlterLogin { name: r"DOM\App Group".into(), enable: Some(false), options: vec![], hashed: false };
    assert_eq!(fails(&host, &cx, disable).await, 15151);
    let app = session(&host.instance, "app", "shop");
    assert_eq!(fails(&host, &app, create("n", vec![text("PASSWORD", "Secret-12")], false)).await, 15247);
    let user = |n: &str, l: &str| Ddl::CreateUser { name: n.into(), login: Some(l.into()), options: vec![] };
    assert_eq!(fails(&host, &cx, user("u", "ghost")).await, 15007);
    assert_eq!(fails(&host, &cx, user("u", "app")).await, 15063);
    run(&host, &cx, user("twin", "twin")).await.unwrap();
    let logged = host.with(|s| s.database("shop").unwrap().log.back().unwrap().ops.clone());
    let crate::lab::world::log::Op::Schema(bytes) = &logged[0] else { panic!() };
    assert!(matches!(SchemaOp::decode(bytes), Some(SchemaOp::PutPrincipal(p)) if p.name == "twin"));
    let twin = session(&host.instance, "twin", "shop");
    assert_eq!(host.scan(&twin, &name("orders")).unwrap_err().number, 229);
    let role = Ddl::AlterRole { name: "db_datareader".into(), server: false, add: true, member: "twin".into() };
    run(&host, &cx, role).await.unwrap();
    assert_eq!(host.scan(&twin, &name("orders")).unwrap().rows.len(), 2);
}
