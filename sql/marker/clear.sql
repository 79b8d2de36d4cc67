-- id: marker.clear
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER on the database
-- params: database:ident
-- columns: -
IF EXISTS (SELECT 1 FROM {{database:ident}}.sys.extended_properties WHERE class = 0 AND name = N'milink_marker')
    EXEC {{database:ident}}.sys.sp_dropextendedproperty @name = N'milink_marker';
