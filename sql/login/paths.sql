-- id: login.paths
-- access: read
-- edition: 2016 and later
-- permission: EXECUTE on sys.xp_logininfo
-- params: account:string
-- columns: account name text?, type text?, privilege text?, mapped login name text?, permission path text?
-- why: by which logins a Windows account gets in; the path is NULL for a login of its own, else the name of a group
EXEC sys.xp_logininfo @acctname = {{account:string}}, @option = N'all';
