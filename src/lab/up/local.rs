//! Sessions that begin on the machine of an instance: the operating system vouches for who asks, no password is sent.

use crate::lab::tds::backend::Event;
use crate::lab::tds::backend::LoginRequest;
use crate::lab::tds::backend::Session;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::exec::column_value;
use crate::lab::tsql::session::EngineSession;
use crate::lab::world::backend::end_session;
use crate::lab::world::backend::open_trusted;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::Instance;
use std::sync::Arc;

/// Events that a batch may be ahead of its reader.
const EVENTS: usize = 64;
/// Below it a message is information.
const FIRST_ERROR: u8 = 11;

/// A session of a Windows account, or of the Agent on behalf of a job's owner.
pub struct Local {
    instance: Arc<Instance>,
    session: Box<dyn Session>,
    spid: i32,
}

impl Drop for Local {
    fn drop(&mut self) {
        end_session(&self.instance, self.spid);
    }
}

fn request(account: &str, database: &str, program: &str) -> LoginRequest {
    LoginRequest {
        user: account.to_owned(),
        password: String::new(),
        access_token: None,
        integrated: true,
        database: database.to_owned(),
        host_name: "local".to_owned(),
        program_name: program.to_owned(),
        client_interface: "ODBC".to_owned(),
        server_name: String::new(),
        client_pid: 1,
        read_only_intent: false,
        client_address: "<local machine>".to_owned(),
        encrypted: false,
        packet_size: 4096,
    }
}

fn gone() -> SqlError {
    SqlError::new(596, 21, "Cannot continue the execution because the session is in the kill state.")
}

impl Local {
    /// The first of the server's errors where it is not let in.
    pub fn open(instance: &Arc<Instance>, account: &str, database: &str, program: &str) -> Result<Self, SqlError> {
        let (cx, killed) = open_trusted(instance, &request(account, database, program))
            .map_err(|refused| refused.0.into_iter().next().unwrap_or_else(gone))?;
        let spid = cx.spid;
        let host = Arc::new(InstanceHost::new(instance.clone()));
        // Set once: a second one would be the same.
        let _ = host.evaluator.set(Arc::new(column_value));
        Ok(Self { instance: instance.clone(), session: Box::new(EngineSession::new(host, cx, killed)), spid })
    }

    /// Nobody has ended it.
    pub fn is_alive(&self) -> bool {
        !self.session.killed().is_cancelled()
    }

    /// Runs a batch to its end; its first error, or 596 when it was killed meanwhile.
    pub async fn batch(&mut self, text: &str) -> Result<(), SqlError> {
        let killed = self.session.killed();
        let (sink, mut events) = tokio::sync::mpsc::channel(EVENTS);
        let run = async {
            self.session.batch(text, &sink).await;
            drop(sink);
        };
        let heard = async {
            let mut first = None;
            while let Some(event) = events.recv().await {
                if let Event::Message(m) = event
                    && m.class >= FIRST_ERROR
                {
                    first.get_or_insert(m);
                }
            }
            first
        };
        tokio::select! {
            biased;
            () = killed.cancelled() => Err(gone()),
            ((), first) = async { tokio::join!(run, heard) } => first.map_or(Ok(()), Err),
        }
    }
}
