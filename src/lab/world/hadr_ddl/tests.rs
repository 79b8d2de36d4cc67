use crate::lab::mirror::testing::Estate;
use crate::lab::mirror::testing::run;
use crate::lab::mirror::testing::sql_server;
use crate::lab::mirror::testing::text;
use crate::lab::mirror::testing::view;
use crate::lab::net::Network;
use crate::lab::world::setup::DatabaseSpec;

const AG: &str = "CREATE AVAILABILITY GROUP [g] WITH (CLUSTER_TYPE = NONE) FOR DATABASE [Ledger] REPLICA ON N'SQLA' WITH \
                  (ENDPOINT_URL = 'TCP://10.0.1.8:5022', AVAILABILITY_MODE = SYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, \
                  SEEDING_MODE = AUTOMATIC)";

async fn number(estate: &Estate, statement: &str) -> i32 {
    match run(&estate.sql, statement).await {
        Err(e) => e.number,
        Ok(list) => list.first().map_or(0, |e| e.number),
    }
}

fn dag(url: &str, rest: &str) -> String {
    format!(
        "CREATE AVAILABILITY GROUP [d] WITH (DISTRIBUTED) AVAILABILITY GROUP ON 'g' WITH (LISTENER_URL = \
         'TCP://10.0.1.8:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = \
         AUTOMATIC), 'm' WITH (LISTENER_URL = '{url}', {rest})"
    )
}

const ASYNC: &str = "AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC";
const MI: &str = "tcp://mi-a.abc123.database.windows.net:5022;Server=[mi-a]";

#[tokio::test(start_paused = true)]
async fn creating_a_group_refuses_in_the_documented_order() {
    let (e, _) = Estate::bare("15.0.4312.2", "SQLServer2022");
    for (change, expected) in [
        (("N'SQLA'", "N'OTHER'"), 35237),
        (("AVAILABILITY_MODE = SYNCHRONOUS_COMMIT, ", ""), 41198),
        (("FAILOVER_MODE = MANUAL", "FAILOVER_MODE = AUTOMATIC"), 47101),
        (("TCP://10.0.1.8:5022", "10.0.1.8"), 35232),
        (("[Ledger]", "[Nothing]"), 35238),
        (("[Ledger]", "[master]"), 35249),
        (("WITH (CLUSTER_TYPE = NONE)", ""), 35220),
    ] {
        assert_eq!(number(&e, &AG.replace(change.0, change.1)).await, expected, "{change:?}");
    }
    e.sql.with(|s| s.database_mut("Ledger").unwrap().options.last_log_backup = None);
    assert_eq!(number(&e, AG).await, 1475);
    e.sql.with(|s| s.database_mut("Ledger").unwrap().options.recovery_model = 3);
    assert_eq!(number(&e, AG).await, 1465);
}

#[tokio::test(start_paused = true)]
async fn sql_server_2016_does_not_know_the_word() {
    let (e, _) = Estate::bare("13.0.7000.253", "SQLServer2022");
    assert_eq!(number(&e, AG).await, 102);
    assert_eq!(number(&e, &AG.replace("WITH (CLUSTER_TYPE = NONE)", "")).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_group_exists_once_and_holds_its_database() {
    let (e, _) = Estate::bare("15.0.4312.2", "SQLServer2022");
    assert_eq!(number(&e, AG).await, 0);
    assert_eq!(number(&e, AG).await, 35280);
    assert_eq!(number(&e, &AG.replace("[g]", "[h]")).await, 35259);
    assert_eq!(number(&e, &AG.replace("FOR DATABASE [Ledger]", "FOR")).await, 41042);
    assert_eq!(number(&e, "ALTER AVAILABILITY GROUP [nothing] FAILOVER").await, 15151);
    assert_eq!(number(&e, "ALTER AVAILABILITY GROUP [g] FAILOVER").await, 47122);
    assert_eq!(number(&e, "ALTER DATABASE [Ledger] SET HADR OFF").await, 35240);
    assert_eq!(number(&e, "ALTER AVAILABILITY GROUP [g] REMOVE DATABASE [Ledger]").await, 0);
    assert_eq!(number(&e, "ALTER DATABASE [Ledger] SET HADR OFF").await, 35242);
    assert_eq!(text(&view(&e.sql, "availability_groups")[0], "cluster_type_desc"), "none");
}

#[tokio::test(start_paused = true)]
async fn distributed_groups_with_azure_have_their_own_rules() {
    let (e, _) = Estate::bare("15.0.4312.2", "SQLServer2022");
    assert_eq!(number(&e, &dag(MI, ASYNC)).await, 19501);
    assert_eq!(number(&e, AG).await, 0);
    assert_eq!(number(&e, &dag(MI, &ASYNC.replace("ASYNCHRONOUS", "SYNCHRONOUS"))).await, 47501);
    assert_eq!(number(&e, &dag(MI, &ASYNC.replace("SEEDING_MODE = AUTOMATIC", "SEEDING_MODE = MANUAL"))).await, 47500);
    assert_eq!(
        number(&e, &dag(MI, &ASYNC.replace("FAILOVER_MODE = MANUAL", "FAILOVER_MODE = AUTOMATIC"))).await,
        35277
    );
    assert_eq!(number(&e, &dag("nonsense", ASYNC)).await, 19499);
    assert_eq!(number(&e, &dag(&format!("{MI};Database=[Ledger]"), ASYNC)).await, 19499, "2022 CU10 and later only");
    assert_eq!(number(&e, &dag(MI, ASYNC).replace("(DISTRIBUTED)", "(DISTRIBUTED, BASIC)")).await, 19497);
    assert_eq!(number(&e, &dag(MI, ASYNC)).await, 0);
    assert_eq!(number(&e, &dag(MI, ASYNC)).await, 19509);
    assert_eq!(number(&e, &dag(MI, ASYNC).replace("[d]", "[d2]")).await, 19507);
    assert_eq!(number(&e, "ALTER AVAILABILITY GROUP [g] REMOVE DATABASE [Ledger]").await, 47520);
    assert_eq!(number(&e, "ALTER AVAILABILITY GROUP [g] ADD DATABASE [Other]").await, 47503);
    let modify = "ALTER AVAILABILITY GROUP [d] MODIFY AVAILABILITY GROUP ON";
    assert_eq!(number(&e, &format!("{modify} 'x' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT)")).await, 19508);
    assert_eq!(number(&e, &format!("{modify} 'm' WITH (AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT)")).await, 41185);
    assert_eq!(number(&e, &format!("{modify} 'm' WITH (SEEDING_MODE = MANUAL)")).await, 47500);
}

#[tokio::test(start_paused = true)]
async fn builds_before_the_link_do_not_parse_its_url() {
    let (e, _) = Estate::bare("15.0.4298.1", "SQLServer2022");
    assert_eq!(number(&e, AG).await, 0);
    assert_eq!(number(&e, &dag(MI, ASYNC)).await, 19499);
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_one_of_a_kind_and_need_a_usable_certificate() {
    let (e, pki) = Estate::bare("15.0.4312.2", "SQLServer2022");
    e.trust_roots(&pki);
    let create = "CREATE ENDPOINT [ep] STATE = STARTED AS TCP (LISTENER_PORT = 5022) FOR DATABASE_MIRRORING (ROLE = ALL, \
                  AUTHENTICATION = WINDOWS NEGOTIATE CERTIFICATE [Cert_endpoint], ENCRYPTION = REQUIRED ALGORITHM AES RC4)";
    assert_eq!(number(&e, &create.replace("Cert_endpoint", "DigiCertPKI")).await, 28055);
    assert_eq!(number(&e, &create.replace("Cert_endpoint", "Nothing")).await, 15151);
    assert_eq!(number(&e, create).await, 0);
    assert_eq!(number(&e, create).await, 7862);
    let row = &view(&e.sql, "database_mirroring_endpoints")[0];
    assert_eq!(text(row, "connection_auth_desc"), "NEGOTIATE, CERTIFICATE");
    assert_eq!(text(row, "encryption_algorithm_desc"), "AES, RC4");
    assert_eq!(e.sql.with(|s| s.hadr.listening.map(|l| l.0)), Some(5022));
    assert_eq!(number(&e, "DROP ENDPOINT [ep]").await, 0);
    assert_eq!(e.sql.with(|s| s.hadr.listening), None);
}

#[tokio::test(start_paused = true)]
async fn a_taken_port_leaves_a_started_endpoint_that_does_not_listen() {
    let (e, _) = Estate::bare("15.0.4312.2", "SQLServer2022");
    let _other = e.net.listen("10.0.1.8", 5022).await.unwrap();
    e.endpoint().await;
    assert_eq!(text(&view(&e.sql, "database_mirroring_endpoints")[0], "state_desc"), "STARTED");
    assert!(e.sql.with(|s| s.error_log.iter().any(|l| l.1.contains("Error: 9692"))));
}

#[tokio::test(start_paused = true)]
async fn a_managed_instance_refuses_what_is_not_a_links() {
    let (e, _) = Estate::bare("15.0.4312.2", "SQLServer2022");
    assert_eq!(run(&e.mi, AG).await.unwrap_err().number, 41906);
    assert_eq!(run(&e.mi, "DROP ENDPOINT [x]").await.unwrap_err().number, 41906);
}

#[tokio::test(start_paused = true)]
async fn the_feature_must_be_on_and_the_database_master() {
    let (e, _) = Estate::bare("15.0.4312.2", "SQLServer2022");
    let ddl = crate::lab::tsql::ast::Ddl::DropAg { name: "g".to_owned() };
    let error = super::execute(&e.sql, &crate::lab::mirror::testing::cx("Ledger"), &ddl).await.unwrap_err();
    assert_eq!(error.number, 35208);
}

#[tokio::test(start_paused = true)]
async fn a_second_server_joins_is_seeded_and_follows() {
    let net = Network::in_memory();
    let a = sql_server(&net, "10.0.1.8", "SQLA", "15.0.4312.2");
    let b = sql_server(&net, "10.0.1.9", "SQLB", "15.0.4312.2");
    let public = |i: &crate::lab::world::instance::Instance| {
        i.with(|s| s.database("master").unwrap().data.certificate("Cert_endpoint").unwrap().der.clone())
    };
    crate::lab::mirror::testing::add_certificate(&a, "B", public(&b), None, &[]);
    crate::lab::mirror::testing::add_certificate(&b, "A", public(&a), None, &[]);
    let endpoint = "CREATE ENDPOINT [ep] STATE = STARTED AS TCP (LISTENER_PORT = 5022) FOR DATABASE_MIRRORING (ROLE = ALL, \
                    AUTHENTICATION = CERTIFICATE [Cert_endpoint], ENCRYPTION = REQUIRED ALGORITHM AES)";
    run(&a, endpoint).await.unwrap();
    run(&b, endpoint).await.unwrap();
    let spec = DatabaseSpec { name: "Ledger".to_owned(), full_backup: true, ..DatabaseSpec::default() };
    a.with(|s| s.add_database(&a.config, &spec, a.clock.now()));
    let create = format!(
        "{AG}, N'SQLB' WITH (ENDPOINT_URL = 'TCP://10.0.1.9:5022', AVAILABILITY_MODE = SYNCHRONOUS_COMMIT, FAILOVER_MODE \
         = MANUAL, SEEDING_MODE = AUTOMATIC, SECONDARY_ROLE (ALLOW_CONNECTIONS = ALL))"
    );
    run(&a, &create).await.unwrap();
    assert_eq!(
        run(&b, "ALTER AVAILABILITY GROUP [x] JOIN WITH (CLUSTER_TYPE = NONE)").await.unwrap_err().number,
        47106
    );
    run(&b, "ALTER AVAILABILITY GROUP [g] JOIN WITH (CLUSTER_TYPE = NONE)").await.unwrap();
    run(&b, "ALTER AVAILABILITY GROUP [g] GRANT CREATE ANY DATABASE").await.unwrap();
    crate::lab::mirror::testing::eventually(&a, "SYNCHRONIZED", |s| {
        s.hadr.group("g").unwrap().progress.iter().any(|p| p.sync_state == 2)
    })
    .await;
    crate::lab::mirror::testing::commit(&a, "x").await.unwrap();
    crate::lab::mirror::testing::eventually(&b, "redone", |s| {
        s.database("Ledger").is_some_and(|d| d.data.database_property("x").is_some())
    })
    .await;
    assert_eq!(view(&b, "availability_replicas").len(), 2, "a copy of the whole configuration");
    assert_eq!(run(&b, "ALTER AVAILABILITY GROUP [g] REMOVE DATABASE [Ledger]").await.unwrap_err().number, 41140);
    run(&b, "DROP AVAILABILITY GROUP [g]").await.unwrap();
    let state = b.with(|s| s.database("Ledger").unwrap().state);
    assert_eq!(state, crate::lab::world::database::DatabaseState::Restoring);
}
