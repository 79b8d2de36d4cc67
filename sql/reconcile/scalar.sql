-- id: reconcile.scalar
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: what the user's own query needs
-- params: database:ident, query:bind
-- columns: -
-- why: the text is the user's, sent as a parameter; whatever it writes is rolled back
SET XACT_ABORT ON;
BEGIN TRANSACTION;
EXEC {{database:ident}}.sys.sp_executesql {{query:bind}};
ROLLBACK TRANSACTION;
