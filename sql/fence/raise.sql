-- id: fence.raise
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER on the database
-- params: database:ident, name:string, number:int, value:string
-- columns: -
-- why: it only ever grows, whoever writes it; written under the lease; after the number and a blank stands the run that raised it
IF EXISTS (SELECT 1 FROM {{database:ident}}.sys.extended_properties
           WHERE class = 0 AND name = {{name:string}}
             AND TRY_CAST(LEFT(CAST(value AS nvarchar(400)), CHARINDEX(N' ', CAST(value AS nvarchar(400)) + N' ') - 1) AS bigint) >= {{number:int}})
    RAISERROR (N'The stored fencing number is not lower.', 16, 1);
ELSE IF EXISTS (SELECT 1 FROM {{database:ident}}.sys.extended_properties WHERE class = 0 AND name = {{name:string}})
    EXEC {{database:ident}}.sys.sp_updateextendedproperty @name = {{name:string}}, @value = {{value:string}};
ELSE
    EXEC {{database:ident}}.sys.sp_addextendedproperty @name = {{name:string}}, @value = {{value:string}};
