//! Writers that come back in a tight loop all night, past every kind of bar, and never learn that the database has moved. What
//! they were told was written counts as any commit: one that gets in after the fence is a lost one.

use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Result;
use crate::effects::fault::Point;
use crate::engine::cancel::Cancel;
use crate::lab::tsql::value::Value;
use crate::lab::up::agent;
use crate::lab::up::local::Local;
use crate::lab::workload::alias::Address;
use crate::lab::workload::client;
use crate::lab::workload::client::Access;
use crate::lab::workload::ledger::Outcome;
use crate::lab::workload::ledger::Record;
use crate::lab::world::server::DomainAccount;
use crate::lab::world::storage::integer;
use crate::sim::play::catalogue;
use crate::sim::play::estate::Estate;
use crate::sim::play::estate::small;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Blows;
use crate::sim::play::faults::Place;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

const PASSWORD: &str = "Long#enough1";
/// A try every so often: tight, and still time passes.
const TRY_EVERY: Duration = Duration::from_millis(25);
/// Longest virtual time of a cutover under such a siege.
const CUTOVER_MAX: Duration = Duration::from_secs(60);

fn access(estate: &Estate, user: &str, password: &str) -> Access {
    let mut access = estate.lab.application().unwrap();
    user.clone_into(&mut access.user);
    password.clone_into(&mut access.password);
    access.program = "tight";
    access
}

fn place(estate: &Estate, server: &str) -> Address {
    estate.lab.record.addresses()[server].clone()
}

/// As the administrator of a server.
pub(super) async fn admin(estate: &Estate, server: &str, database: &str, text: &str) {
    let record = estate.lab.record.server(server).unwrap();
    let login = record.logins.iter().find(|l| l.sysadmin).unwrap();
    let who = access(estate, &login.name, &login.password);
    let mut sql = client::connect(&who, &place(estate, server), database).await.unwrap();
    if let Err(e) = client::batch(&mut sql, who.timeout, text).await {
        panic!("{server}: {text}: {e}");
    }
}

/// How somebody writes.
enum By {
    /// Over the network.
    Client {
        who: Access,
        /// Where its session sits.
        database: &'static str,
        /// A session of its own for every try, or one as long as it lives.
        again: bool,
    },
    /// A Windows account, whom only its group lets in; its session sits in another database.
    Windows(&'static str),
    /// An Agent job: the Agent starts it again and again.
    Job,
}

/// One way to get in.
struct Way {
    writer: u32,
    by: By,
}

/// Rows of a writer in a copy, as the server has them.
fn rows_of(estate: &Estate, server: &str, writer: u32) -> i64 {
    estate.lab.instances[server].with(|s| {
        let Some(table) = s.database("ledger").and_then(|d| d.data.table("dbo", "entry").cloned()) else { return 0 };
        let at = table.def.columns.iter().position(|c| c.name == "writer").unwrap();
        let mine = |row: &[Value]| integer(&row[at]) == Some(i64::from(writer));
        table.rows.values().filter(|row| mine(row)).count() as i64
    })
}

impl Way {
    fn insert(&self, seq: i64) -> String {
        format!(
            "INSERT INTO ledger.dbo.entry (entry_id, writer, seq, amount, note) VALUES (NEWID(), {}, {seq}, 0, N'tight')",
            self.writer
        )
    }

    fn wrote(&self, estate: &Estate, done: &AtomicI64, seq: i64) {
        done.fetch_add(1, Ordering::SeqCst);
        let record = Record {
            writer: self.writer,
            seq,
            database: "ledger".to_owned(),
            server: "sql-a".to_owned(),
            listener: None,
            outcome: Outcome::Acknowledged,
            at_us: estate.lab.elapsed_us(),
            wall: String::new(),
        };
        estate.lab.ledger.record(record).unwrap();
    }

    /// Writes on the source for ever.
    async fn go(&self, estate: &Estate, done: &AtomicI64) {
        match &self.by {
            By::Client { who, database, again } => self.as_client(estate, done, who, database, *again).await,
            By::Windows(account) => self.as_windows(estate, done, account).await,
            By::Job => loop {
                pause(TRY_EVERY).await;
                done.store(rows_of(estate, "sql-a", self.writer), Ordering::SeqCst);
            },
        }
    }

    async fn as_client(&self, estate: &Estate, done: &AtomicI64, who: &Access, database: &str, again: bool) {
        let (address, mut session, mut seq) = (place(estate, "sql-a"), None, 0_i64);
        loop {
            pause(TRY_EVERY).await;
            let mut sql = match session.take() {
                Some(open) => open,
                None => match client::connect(who, &address, database).await {
                    Ok(sql) => sql,
                    Err(_) => continue,
                },
            };
            seq += 1;
            if client::batch(&mut sql, who.timeout, &self.insert(seq)).await.is_ok() {
                self.wrote(estate, done, seq);
                if !again {
                    session = Some(sql);
                }
            }
        }
    }

    async fn as_windows(&self, estate: &Estate, done: &AtomicI64, account: &str) {
        let (mut session, mut seq) = (None, 0_i64);
        loop {
            pause(TRY_EVERY).await;
            let mut local = match session.take() {
                Some(open) => open,
                None => match Local::open(&estate.lab.instances["sql-a"], account, "master", "report") {
                    Ok(local) => local,
                    Err(_) => continue,
                },
            };
            seq += 1;
            if local.batch(&self.insert(seq)).await.is_ok() {
                self.wrote(estate, done, seq);
                session = Some(local);
            }
        }
    }
}

struct Night {
    estate: Estate,
    operator: Operator,
    ways: Vec<Way>,
    /// Commits of each way.
    done: Vec<AtomicI64>,
}

/// Users that need no login: one with a grant, one whose right to connect comes with its role alone.
async fn users(estate: &Estate) {
    for server in ["sql-a", "mi-a"] {
        admin(estate, server, "master", "EXEC sp_configure N'contained database authentication', 1; RECONFIGURE").await;
    }
    admin(estate, "sql-a", "master", "ALTER DATABASE ledger SET CONTAINMENT = PARTIAL WITH NO_WAIT").await;
    for user in ["inside", "by_role"] {
        admin(estate, "sql-a", "ledger", &format!("CREATE USER {user} WITH PASSWORD = N'{PASSWORD}'")).await;
        admin(estate, "sql-a", "ledger", &format!("ALTER ROLE db_owner ADD MEMBER {user}")).await;
    }
    admin(estate, "sql-a", "ledger", "REVOKE CONNECT FROM by_role").await;
    // A login that has no user: guest is its way in.
    admin(estate, "sql-a", "master", &format!("CREATE LOGIN passer_by WITH PASSWORD = N'{PASSWORD}'")).await;
    admin(estate, "sql-a", "ledger", "GRANT CONNECT TO guest").await;
    admin(estate, "sql-a", "ledger", "GRANT INSERT ON dbo.entry TO guest").await;
}

/// What a linked server of another machine logs in with.
async fn linked(estate: &Estate) {
    let login = format!("CREATE LOGIN far WITH PASSWORD = N'{PASSWORD}', SID = 0x{}", "0A".repeat(16));
    for server in ["sql-a", "mi-a"] {
        admin(estate, server, "master", &login).await;
    }
    admin(estate, "sql-a", "ledger", "CREATE USER far FOR LOGIN far").await;
    admin(estate, "sql-a", "ledger", "ALTER ROLE db_datawriter ADD MEMBER far").await;
}

const GROUP: &str = "CORP\\Ledger Group";
const OTHER_GROUP: &str = "CORP\\Print Group";
const MEMBER: &str = "CORP\\ann";
const BYSTANDER: &str = "CORP\\bob";

/// Two groups of a domain: one writes here, the other has nothing to do with it.
async fn groups(estate: &Estate) {
    estate.lab.instances["sql-a"].with(|s| {
        for (name, group, n) in [(MEMBER, GROUP, 1_u8), (BYSTANDER, OTHER_GROUP, 2)] {
            let account = DomainAccount { name: name.to_owned(), sid: vec![n; 28], groups: vec![group.to_owned()] };
            s.server.domain.push(account);
        }
    });
    for group in [GROUP, OTHER_GROUP] {
        admin(estate, "sql-a", "master", &format!("CREATE LOGIN [{group}] FROM WINDOWS")).await;
    }
    admin(estate, "sql-a", "ledger", &format!("CREATE USER [{GROUP}] FOR LOGIN [{GROUP}]")).await;
    admin(estate, "sql-a", "ledger", &format!("ALTER ROLE db_datawriter ADD MEMBER [{GROUP}]")).await;
}

/// A job that its schedule starts again as soon as it ends. Its owner is a sysadmin, whom no bar on logins stops.
async fn job(estate: &Estate, way: &Way) {
    let writer = way.writer;
    let text = format!(
        "INSERT INTO ledger.dbo.entry (entry_id, writer, seq, amount, note) \
         SELECT NEWID(), {writer}, ISNULL(MAX(e.seq), 0) + 1, 0, N''tight'' FROM ledger.dbo.entry AS e WHERE e.writer = {writer}"
    );
    let job = format!(
        "EXEC msdb.dbo.sp_add_job @job_name = N'feed'; \
         EXEC msdb.dbo.sp_add_jobstep @job_name = N'feed', @step_name = N'one', @subsystem = N'TSQL', \
            @database_name = N'ledger', @command = N'WHILE 1 = 1 BEGIN {text}; WAITFOR DELAY ''00:00:00.050''; END'; \
         EXEC msdb.dbo.sp_add_schedule @schedule_name = N'often', @freq_type = 4, @freq_interval = 1, \
            @freq_subday_type = 2, @freq_subday_interval = 1; \
         EXEC msdb.dbo.sp_attach_schedule @job_name = N'feed', @schedule_name = N'often';"
    );
    admin(estate, "sql-a", "msdb", &job).await;
}

async fn evening(scenario: &str, clock: SharedClock) -> Result<Night> {
    let mut estate = Estate::up(small(scenario, 1)?, clock).await?;
    users(&estate).await;
    linked(&estate).await;
    groups(&estate).await;
    let login = estate.lab.application().unwrap();
    let (app, named) = (|| login.clone(), |user: &str| access(&estate, user, PASSWORD));
    let linked = Access { program: "Microsoft SQL Server", ..named("far") };
    let client = |who, database, again| By::Client { who, database, again };
    let ways = [
        client(named("inside"), "ledger", true),
        client(app(), "ledger", true),
        // As a report does: its session is at rest in another database.
        client(app(), "master", false),
        client(named("passer_by"), "master", false),
        client(named("by_role"), "ledger", true),
        // A linked server keeps its session, in whatever database the login begins.
        client(linked.clone(), "master", false),
        client(linked, "master", true),
        By::Windows(MEMBER),
        By::Job,
    ];
    let ways: Vec<Way> = ways.into_iter().zip(9101..).map(|(by, writer)| Way { writer, by }).collect();
    for way in ways.iter().filter(|w| matches!(w.by, By::Job)) {
        job(&estate, way).await;
    }
    let operator = Operator::new("laptop-a", &estate);
    estate.start_writers()?;
    operator.create(&estate).await?;
    let done = ways.iter().map(|_| AtomicI64::new(0)).collect();
    Ok(Night { estate, operator, ways, done })
}

impl Night {
    fn written(&self) -> Vec<i64> {
        self.done.iter().map(|n| n.load(Ordering::SeqCst)).collect()
    }

    /// Every way gets commits in.
    async fn all_write(&self) {
        let before = self.written();
        for _ in 0..2_000 {
            if self.written().iter().zip(&before).all(|(now, then)| now > then) {
                return;
            }
            pause(Duration::from_millis(20)).await;
        }
        panic!("not all write: {before:?}, then {:?}", self.written());
    }

    /// Does `work` while all of them write.
    async fn beset<T>(&self, work: impl Future<Output = T>) -> T {
        let ways = async {
            let loops = self.ways.iter().zip(&self.done).map(|(way, done)| way.go(&self.estate, done));
            futures_util::future::join_all(loops).await
        };
        let agent = agent::serve(self.estate.lab.instances["sql-a"].clone());
        // Somebody of another group prints all night, and is none of the run's business.
        let bystander = Local::open(&self.estate.lab.instances["sql-a"], BYSTANDER, "master", "print").unwrap();
        let done = tokio::select! {
            biased;
            done = work => done,
            _ = ways => unreachable!("they never end"),
            () = agent => unreachable!("it never ends"),
        };
        assert!(bystander.is_alive(), "a member of another group was thrown out");
        done
    }

    /// What stands on the old copy stands on the new one: the oracle knows no writer that nobody told of its commits.
    fn nothing_left_behind(&self) {
        for way in &self.ways {
            let (old, new) = (rows_of(&self.estate, "sql-a", way.writer), rows_of(&self.estate, "mi-a", way.writer));
            assert_eq!(old, new, "rows of writer {}", way.writer);
        }
    }
}

async fn moves(scenario: &str, clock: SharedClock) -> Result<()> {
    let mut night = evening(scenario, clock).await?;
    night
        .beset(async {
            night.all_write().await;
            let calm = Blows::none() as Arc<dyn Mortal>;
            let gate = Gate::default();
            let run = night.operator.cutover(&night.estate, &calm, &gate, Cancel::new());
            let Some(fate) = within(CUTOVER_MAX, run).await else {
                panic!("it does not end\n{}", night.estate.trace.lines().join("\n"));
            };
            assert!(matches!(fate, Fate::Committed), "{}\n{}", fate.word(), night.estate.trace.lines().join("\n"));
            let end = night.written();
            pause(Duration::from_secs(20)).await;
            assert_eq!(night.written(), end, "somebody still writes on the old copy");
        })
        .await;
    night.nothing_left_behind();
    // On the target they are let in as they were on the source.
    let insert = "INSERT INTO dbo.entry (entry_id, writer, seq, amount, note) VALUES (NEWID(), 9201, 1, 0, N'home')";
    let inside = access(&night.estate, "inside", PASSWORD);
    let mut sql = client::connect(&inside, &place(&night.estate, "mi-a"), "ledger").await.unwrap();
    client::batch(&mut sql, inside.timeout, insert).await.unwrap();
    night.estate.until_written(4).await?;
    night.estate.lab.stop_writers().await;
    let report = night.estate.judge().await?;
    assert!(report.ok, "{:#?}", report.reasons);
    assert_eq!((report.lost, report.max_writable_copies), (Some(0), 1));
    Ok(())
}

async fn goes_back(scenario: &str, clock: SharedClock) -> Result<()> {
    let mut night = evening(scenario, clock).await?;
    let before = catalogue::picture(&night.estate);
    night
        .beset(async {
            night.all_write().await;
            let place = Place { step: "cutover.switch/ledger".to_owned(), point: Point::BeforeIntent, nth: 0 };
            let blow = Blows::new(vec![(place, Blow::Fail)]) as Arc<dyn Mortal>;
            let gate = Gate::default();
            let run = night.operator.cutover(&night.estate, &blow, &gate, Cancel::new());
            let Some(fate) = within(CUTOVER_MAX, run).await else {
                panic!("it does not end\n{}", night.estate.trace.lines().join("\n"));
            };
            assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
            night.all_write().await;
        })
        .await;
    catalogue::as_before(&night.estate, &before).await?;
    night.estate.lab.stop_writers().await;
    let report = night.estate.judge().await?;
    assert!(report.ok, "{:#?}", report.reasons);
    Ok(())
}

#[test]
fn get_no_commit_in_behind_a_one_way_fence() {
    play(31, |clock| moves("migrate-2019", clock)).unwrap();
}

#[test]
fn get_no_commit_in_behind_a_two_way_fence() {
    play(32, |clock| moves("two-way-2022", clock)).unwrap();
}

#[test]
fn write_again_when_the_run_goes_back() {
    play(33, |clock| goes_back("migrate-2019", clock)).unwrap();
}
