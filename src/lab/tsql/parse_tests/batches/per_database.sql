-- savepoints, identity insert, output
SET XACT_ABORT ON
CREATE TABLE dbo.audit (id bigint IDENTITY(1,1) NOT NULL CONSTRAINT PK_audit PRIMARY KEY CLUSTERED (id ASC) WITH (PAD_INDEX = OFF, FILLFACTOR = 90) ON [PRIMARY], at datetime2(7) NOT NULL CONSTRAINT DF_at DEFAULT (sysutcdatetime()), who sysname NOT NULL DEFAULT SUSER_SNAME(), note nvarchar(max) NULL) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
CREATE UNIQUE NONCLUSTERED INDEX ix_audit ON dbo.audit (at DESC, id) INCLUDE (who) WITH (ONLINE = OFF, SORT_IN_TEMPDB = ON) ON [PRIMARY]
ALTER TABLE dbo.audit ADD host nvarchar(128) NULL, tries int NOT NULL DEFAULT 0
SET IDENTITY_INSERT dbo.audit ON
BEGIN TRY
  BEGIN TRANSACTION outer_work WITH MARK 'm'
    SAVE TRANSACTION before_insert
    INSERT INTO dbo.audit (id, note) OUTPUT inserted.id, inserted.at VALUES (1, N'a'), (2, DEFAULT)
    UPDATE TOP (1) dbo.audit SET tries += 1, note = ISNULL(note, N'') + N'x' OUTPUT deleted.tries, inserted.tries WHERE id = 1
    IF XACT_STATE() = 1 ROLLBACK TRANSACTION before_insert
  COMMIT TRANSACTION outer_work
END TRY
BEGIN CATCH
  IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
  THROW;
END CATCH;
SET IDENTITY_INSERT dbo.audit OFF
DROP TABLE dbo.audit
