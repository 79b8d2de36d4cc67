//! The tables of the SQLite store, and how an older file becomes a newer one.

use super::record::FORMAT;
use rusqlite::Connection;

/// One entry per format: applied in order to a file of the format before it. Entries are never changed once released.
const MIGRATIONS: [&str; FORMAT as usize] = ["
    CREATE TABLE record (
        run          TEXT    NOT NULL,
        seq          INTEGER NOT NULL CHECK (seq > 0),
        at           TEXT    NOT NULL,
        monotonic_ms INTEGER NOT NULL,
        body         TEXT    NOT NULL,
        hash         TEXT    NOT NULL,
        PRIMARY KEY (run, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER record_is_final BEFORE UPDATE ON record
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER record_stays BEFORE DELETE ON record
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER record_follows BEFORE INSERT ON record
        WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM record WHERE run = NEW.run), 0)
        BEGIN SELECT RAISE(ABORT, 'the journal has no gaps'); END;
"];

/// Format of the file; 0: new.
pub(super) fn format(db: &Connection) -> rusqlite::Result<u32> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings the file up to [`FORMAT`], all or nothing; safe when two processes open a new file at once.
pub(super) fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    if format(db)? >= FORMAT {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Read again: another process may have migrated while we waited for the lock.
    let from = format(&tx)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(from as usize) {
        tx.execute_batch(migration)?;
        tx.pragma_update(None, "user_version", index as u32 + 1)?;
    }
    tx.commit()
}
