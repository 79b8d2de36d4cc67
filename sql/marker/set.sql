-- id: marker.set
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER on the database
-- params: database:ident, value:string
-- columns: -
IF EXISTS (SELECT 1 FROM {{database:ident}}.sys.extended_properties WHERE class = 0 AND name = N'milink_marker')
    EXEC {{database:ident}}.sys.sp_updateextendedproperty @name = N'milink_marker', @value = {{value:string}};
ELSE
    EXEC {{database:ident}}.sys.sp_addextendedproperty @name = N'milink_marker', @value = {{value:string}};
