use crate::support::lab::Lab;
use crate::support::process::MILINK;
use crate::support::process::Running;
use crate::support::sql;
use async_trait::async_trait;
use milink::base::clock::TokioClock;
use milink::base::error::Result;
use milink::config::load::Environment;
use milink::effects::fault::Faults;
use milink::effects::fault::Point;
use milink::engine::cancel::Cancel;
use milink::engine::event::Silent;
use milink::engine::run::RunEnd;
use milink::model::ids::StepId;
use milink::sim::demo;
use milink::sim::demo::DemoOptions;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

const FQDN: &str = "mi-a.a1b2c3d4e5f6.database.windows.net";
const GROUPS: &str = "SELECT COUNT_BIG(*) FROM sys.availability_groups";

/// The lab's root is never imported: the instance's certificate leads nowhere.
#[test]
fn without_the_roots_the_cause_is_named_and_nothing_stays() {
    let lab = Lab::up("migrate-2019", "--writers 1");
    let estate = lab.estate_with("rootless.toml", &[("mirroring_roots = [\"mirroring-root.pem\"]\n", "\n")]);
    let done = lab.start(lab.command("link create").env("MILINK_ESTATE", estate)).wait().exits(3);
    let done = done.says("41974").says(&format!("[{FQDN}]")).says("roots");
    assert!(!done.stderr.contains("resume"), "{}", done.stderr);
    assert_eq!(lab.last_run()["status"], "rolled_back");
    assert_eq!(lab.number("sql-a", "master", GROUPS), 0);
    assert_eq!(lab.milink("link list --output json").exits(0).json()[0]["milestone"], "none");
    // With the roots the same command goes through.
    lab.milink("link create").exits(0);
    assert_eq!(lab.number("sql-a", "master", GROUPS), 2);
    lab.until_written(20);
}

/// Somebody gives the instance's certificate another name just before the link is made.
struct Renamed {
    dir: PathBuf,
}

async fn at_source(dir: &Path, text: &str) -> Vec<tiberius::Row> {
    let record: Value = serde_json::from_str(&std::fs::read_to_string(dir.join("lab.json")).unwrap()).unwrap();
    sql::rows(&record, &dir.join("ca.pem"), "sql-a", "master", text).await.unwrap()
}

#[async_trait]
impl Faults for Renamed {
    async fn at(&self, point: Point, step: &StepId) -> Result<()> {
        if point == Point::StepStarted && step.kind() == "create.link" {
            let found = at_source(
                &self.dir,
                &format!("SELECT CERTENCODED(certificate_id) FROM sys.certificates WHERE name = N'{FQDN}'"),
            )
            .await;
            let der: &[u8] = found[0].get(0).unwrap();
            let der = milink::base::hex::encode(der);
            let text = format!("DROP CERTIFICATE [{FQDN}]; CREATE CERTIFICATE [MI_Cert] FROM BINARY = 0x{der};");
            at_source(&self.dir, &text).await;
        }
        Ok(())
    }
}

/// The link finds the certificate by its name alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_certificate_under_another_name_is_named_as_the_cause() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().canonicalize().unwrap();
    let options = DemoOptions {
        scenario: "migrate-2019".to_owned(),
        databases: None,
        writers: Some(0),
        size_mib: Some(9),
        odd_name: false,
        dir: place.clone(),
        milink: MILINK.into(),
        env: Environment::default(),
        faults: Arc::new(Renamed { dir: place.clone() }),
        sabotage: Vec::new(),
        commits_before: 0,
        commits_after: 0,
    };
    let clock = TokioClock::system();
    let lab = demo::lab_up(&options, &clock).await.unwrap();
    let app = demo::app(&place, &options, &clock).await.unwrap();
    let plan = app.plan_create(&[]).await.unwrap();
    let ended = app.start(&plan, Arc::new(Silent), Cancel::new()).await.unwrap();
    let RunEnd::RolledBack(cause) = ended.end else { panic!("the link was created") };
    assert_eq!(cause.server_number(), Some(41974), "{}", cause.chain());
    assert!(cause.get_hint().unwrap().contains(&format!("[{FQDN}]")), "{:?}", cause.get_hint());
    assert_eq!(at_source(&place, GROUPS).await[0].get::<i64, _>(0), Some(0));

    // The next attempt sees it before anything is made, and says how to mend it.
    let create = |place: PathBuf| {
        let mut command = Command::new(MILINK);
        command.env_clear().env("MILINK_STATE_DIR", place.join("next")).current_dir(&place).args(["link", "create"]);
        tokio::task::spawn_blocking(move || Running::start(&mut command, &place).wait())
    };
    let refused = create(place.clone()).await.unwrap().exits(3);
    refused.says("DROP CERTIFICATE [MI_Cert]").says(&format!("[{FQDN}]"));
    assert_eq!(at_source(&place, GROUPS).await[0].get::<i64, _>(0), Some(0));
    at_source(&place, "DROP CERTIFICATE [MI_Cert]").await;
    create(place).await.unwrap().exits(0);
    drop(lab);
}
