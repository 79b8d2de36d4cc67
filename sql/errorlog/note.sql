-- id: errorlog.note
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER TRACE
-- params: text:string
-- columns: -
-- why: as an argument, a percent sign in the text stays a percent sign
RAISERROR (N'%s', 10, 1, {{text:string}}) WITH LOG;
