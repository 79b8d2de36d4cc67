//! A logged-in session: runs rendered statements and tells apart "refused", "lost" and "too late".

use super::dial::BoxStream;
use super::error::from_server;
use super::query::Query;
use super::query::Statement;
use super::row::ResultSet;
use super::row::Value;
use super::row::from_datetime;
use super::row::from_datetime2;
use super::script::Access;
use super::script::Param;
use super::script::Rendered;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::ExposeSecret;
use crate::base::text;
use futures_util::TryStreamExt;
use std::time::Duration;
use tiberius::Client;
use tiberius::ColumnData;
use tiberius::QueryItem;
use tiberius::ToSql;
use tokio_util::compat::Compat;

/// Sent once after login. A lock wait must end before the statement limit, so that the server's answer
/// (1222) is heard instead of a lost one.
const SETTINGS: &str = "SET NOCOUNT ON; SET XACT_ABORT ON; SET ANSI_NULLS ON; SET ANSI_PADDING ON; \
    SET ANSI_WARNINGS ON; SET ARITHABORT ON; SET CONCAT_NULL_YIELDS_NULL ON; SET QUOTED_IDENTIFIER ON; \
    SET IMPLICIT_TRANSACTIONS OFF; SET LOCK_TIMEOUT 10000; SELECT CAST(@@SPID AS int) AS spid;";

/// A session on one server.
pub struct Session {
    client: Client<Compat<BoxStream>>,
    place: String,
    limit: Duration,
    spid: i32,
    broken: bool,
}

impl Session {
    pub(super) async fn start(client: Client<Compat<BoxStream>>, place: String, limit: Duration) -> Result<Self> {
        let mut session = Self { client, place, limit, spid: 0, broken: false };
        let settings = Rendered {
            id: "session.settings",
            access: Access::Read,
            text: SETTINGS.into(),
            shown: SETTINGS.to_owned(),
            params: Vec::new(),
        };
        let sets = session.run(&settings).await?;
        session.spid = sets
            .first()
            .and_then(|set| set.rows.first())
            .ok_or_else(|| Error::bug("session.settings: no answer"))?
            .get("spid")?;
        Ok(session)
    }

    /// The server's id of this session; `KILL` takes it.
    pub fn spid(&self) -> i32 {
        self.spid
    }
    /// No further statement can run here: connect again.
    pub fn is_broken(&self) -> bool {
        self.broken
    }
    /// `sql-a (source)`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Runs a statement within the server's statement limit. A batch may answer several result sets.
    pub async fn run(&mut self, statement: &Rendered) -> Result<Vec<ResultSet>> {
        self.run_within(statement, self.limit).await
    }

    /// Runs a statement within a limit of its own.
    pub async fn run_within(&mut self, statement: &Rendered, limit: Duration) -> Result<Vec<ResultSet>> {
        let during = format!("{} on {}", statement.id, self.place);
        if self.broken {
            return Err(Error::new(Kind::Unreachable, "the session is broken").during(during));
        }
        // Broken until proven whole: a dropped future leaves half an answer in the stream.
        self.broken = true;
        let Some(result) = within(limit, exchange(&mut self.client, statement)).await else {
            return Err(too_late(statement, limit).during(during));
        };
        match result {
            Ok(sets) => {
                self.broken = false;
                Ok(sets)
            }
            Err(tiberius::error::Error::Server(token)) => {
                // Severity 20 and above closes the connection.
                self.broken = token.class() >= 20;
                Err(from_server(statement.id, statement.access == Access::Change, &token).during(during))
            }
            Err(error) => Err(lost(statement, error).during(during)),
        }
    }

    /// Runs a read and decodes its answer.
    pub async fn read<T>(&mut self, query: &Query<T>) -> Result<T> {
        let sets = self.run(&query.rendered).await?;
        query.decode(&sets)
    }

    /// Runs a statement whose answer holds nothing.
    pub async fn execute(&mut self, statement: &Statement) -> Result<()> {
        self.run(&statement.rendered).await.map(drop)
    }

    /// Ends the session politely. Failure to do so is of no interest.
    pub async fn close(self) {
        let _ = within(Duration::from_secs(2), self.client.close()).await;
    }
}

fn too_late(statement: &Rendered, limit: Duration) -> Error {
    let limit = text::duration(limit);
    match statement.access {
        Access::Read => Error::new(Kind::TimedOut, format!("no answer within {limit}")),
        Access::Change => {
            Error::new(Kind::AnswerLost, format!("no answer within {limit}: it may or may not have been carried out"))
        }
    }
}

fn lost(statement: &Rendered, cause: tiberius::error::Error) -> Error {
    match statement.access {
        Access::Read => Error::new(Kind::Unreachable, "the connection was lost").caused_by(cause),
        Access::Change => {
            Error::new(Kind::AnswerLost, "the connection was lost: the statement may or may not have been carried out")
                .caused_by(cause)
        }
    }
}

async fn exchange(client: &mut Client<Compat<BoxStream>>, statement: &Rendered) -> tiberius::Result<Vec<ResultSet>> {
    let sql = statement.text.expose_secret();
    let mut stream = if statement.params.is_empty() {
        client.simple_query(sql).await?
    } else {
        let values: Vec<&dyn ToSql> = statement
            .params
            .iter()
            .map(|p| match p {
                Param::Text(text) => text as &dyn ToSql,
                Param::Int(number) => number as &dyn ToSql,
            })
            .collect();
        client.query(sql, &values).await?
    };
    let mut sets: Vec<ResultSet> = Vec::new();
    while let Some(item) = stream.try_next().await? {
        match item {
            QueryItem::Metadata(meta) => {
                let columns = meta.columns().iter().map(|c| c.name().to_owned()).collect();
                sets.push(ResultSet::new(statement.id, columns));
            }
            QueryItem::Row(row) => {
                let values = row.into_iter().map(value).collect::<tiberius::Result<Vec<_>>>()?;
                if let Some(set) = sets.last_mut() {
                    set.push(values);
                }
            }
        }
    }
    Ok(sets)
}

fn value(data: ColumnData<'static>) -> tiberius::Result<Value> {
    let unreadable = || tiberius::error::Error::Conversion("a time outside the calendar".into());
    let some = match data {
        ColumnData::U8(v) => v.map(|v| Value::Int(i64::from(v))),
        ColumnData::I16(v) => v.map(|v| Value::Int(i64::from(v))),
        ColumnData::I32(v) => v.map(|v| Value::Int(i64::from(v))),
        ColumnData::I64(v) => v.map(Value::Int),
        ColumnData::F32(v) => v.map(|v| Value::Float(f64::from(v))),
        ColumnData::F64(v) => v.map(Value::Float),
        ColumnData::Bit(v) => v.map(Value::Bit),
        ColumnData::String(v) => v.map(|v| Value::Text(v.into_owned())),
        ColumnData::Guid(v) => v.map(Value::Guid),
        ColumnData::Binary(v) => v.map(|v| Value::Bytes(v.into_owned())),
        ColumnData::Numeric(v) => v.map(|v| Value::Numeric(v.value(), v.scale())),
        ColumnData::Xml(v) => v.map(|v| Value::Text(v.to_string())),
        ColumnData::DateTime(v) => v
            .map(|v| from_datetime(v.days(), v.seconds_fragments()).map(Value::Time).ok_or_else(unreadable))
            .transpose()?,
        ColumnData::SmallDateTime(v) => v
            .map(|v| {
                from_datetime(i32::from(v.days()), u32::from(v.seconds_fragments()) * 300 * 60)
                    .map(Value::Time)
                    .ok_or_else(unreadable)
            })
            .transpose()?,
        ColumnData::DateTime2(v) => v
            .map(|v| {
                from_datetime2(v.date().days(), v.time().increments(), v.time().scale())
                    .map(Value::Time)
                    .ok_or_else(unreadable)
            })
            .transpose()?,
        ColumnData::DateTimeOffset(v) => v
            .map(|v| {
                // The wire carries UTC; the offset is only for display.
                let utc = v.datetime2();
                from_datetime2(utc.date().days(), utc.time().increments(), utc.time().scale())
                    .map(|t| Value::TimeWithOffset(t.assume_utc()))
                    .ok_or_else(unreadable)
            })
            .transpose()?,
        ColumnData::Date(v) => {
            v.map(|v| from_datetime2(v.days(), 0, 0).map(Value::Time).ok_or_else(unreadable)).transpose()?
        }
        ColumnData::Time(_) => {
            return Err(tiberius::error::Error::Conversion("a time of day is not expected here".into()));
        }
    };
    Ok(some.unwrap_or(Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(access: Access) -> Rendered {
        Rendered { id: "a.b", access, text: "SELECT 1".into(), shown: "SELECT 1".into(), params: Vec::new() }
    }

    #[test]
    fn a_lost_answer_of_a_change_is_never_a_plain_failure() {
        let limit = Duration::from_secs(5);
        assert_eq!(too_late(&rendered(Access::Read), limit).kind(), Kind::TimedOut);
        assert_eq!(too_late(&rendered(Access::Change), limit).kind(), Kind::AnswerLost);
        let cut = || tiberius::error::Error::Io { kind: std::io::ErrorKind::BrokenPipe, message: "cut".into() };
        assert_eq!(lost(&rendered(Access::Read), cut()).kind(), Kind::Unreachable);
        assert_eq!(lost(&rendered(Access::Change), cut()).kind(), Kind::AnswerLost);
    }
}
