// tedious against a running lab, with the lab's certificate verified.
//
// Usage: node tds_node.js DIR     (with `tedious` in NODE_PATH)
//
// For each server: log in, read the link's rows over three views and compare the types in the column metadata with
// the published shapes, send typed parameters there and back, and be refused: wrong password 18456, no such view 208.

'use strict';
const fs = require('fs');
const path = require('path');
const { Connection, Request, TYPES } = require('tedious');

const dir = process.argv[2];
const lab = JSON.parse(fs.readFileSync(path.join(dir, 'lab.json'), 'utf8'));
const ca = fs.readFileSync(path.join(dir, 'ca.pem'), 'utf8');
const shapes = JSON.parse(fs.readFileSync(path.join(__dirname, '../../src/lab/catalog/catalog.json'), 'utf8'));

let ran = 0;
let failed = 0;
function that(what, found, expected) {
  ran += 1;
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) {
    failed += 1;
    console.log(`FAIL tedious: ${what}: expected ${b}, found ${a}`);
  }
}

function connect(server, password) {
  const login = server.logins.find((l) => l.sysadmin);
  return new Promise((resolve, reject) => {
    const connection = new Connection({
      server: server.address.host,
      authentication: { type: 'default', options: { userName: login.name, password: password || login.password } },
      options: {
        port: server.address.port,
        database: 'master',
        encrypt: true,
        trustServerCertificate: false,
        serverName: 'localhost',
        cryptoCredentialsDetails: { ca },
        connectTimeout: 15000,
        requestTimeout: 30000,
        // every error of a statement, not the first
        useUTC: true,
      },
    });
    connection.connect((e) => (e ? reject(e) : resolve(connection)));
  });
}

function query(connection, text, parameters = []) {
  return new Promise((resolve, reject) => {
    const rows = [];
    let columns = [];
    const request = new Request(text, (e) => (e ? reject(e) : resolve({ rows, columns })));
    for (const [name, type, value, options] of parameters) request.addParameter(name, type, value, options);
    request.on('columnMetadata', (c) => { columns = c; });
    request.on('row', (r) => rows.push(r.map((x) => x.value)));
    connection.execSql(request);
  });
}

// Type of a column as the wire tells it, in the spelling of the published shapes.
function spelled(c) {
  const name = c.type.name;
  const nullable = { IntN: { 1: 'tinyint', 2: 'smallint', 4: 'int', 8: 'bigint' }, FloatN: { 4: 'real', 8: 'float' },
    DateTimeN: { 4: 'smalldatetime', 8: 'datetime' }, BitN: { 1: 'bit' }, MoneyN: { 4: 'smallmoney', 8: 'money' } }[name];
  if (nullable) return nullable[c.dataLength];
  if (name === 'NumericN' || name === 'DecimalN') return `numeric(${c.precision},${c.scale})`;
  if (name === 'NVarChar' || name === 'NChar') return `${name.toLowerCase()}(${c.dataLength === 65535 ? 'max' : c.dataLength / 2})`;
  if (name === 'VarChar' || name === 'VarBinary') return `${name.toLowerCase()}(${c.dataLength === 65535 ? 'max' : c.dataLength})`;
  return { UniqueIdentifier: 'uniqueidentifier', Int: 'int', BigInt: 'bigint', SmallInt: 'smallint', TinyInt: 'tinyint', Bit: 'bit', DateTime: 'datetime' }[name] || name;
}

async function refused(what, number, promise) {
  try {
    await promise;
    that(what, 'no error', number);
  } catch (e) {
    that(what, e.number || (e.cause && e.cause.number) || e.message, number);
  }
}

async function one(server) {
  const connection = await connect(server);
  that('server name', (await query(connection, 'SELECT @@SERVERNAME')).rows[0][0], server.server_name);
  for (const view of ['sys.availability_groups', 'sys.availability_replicas', 'sys.dm_hadr_database_replica_states']) {
    const published = Object.fromEntries(shapes.find((v) => v.name === view).columns.map(([name, type, nullable]) => [name, { sql_type: type, nullable }]));
    const { columns } = await query(connection, `SELECT * FROM ${view}`);
    that(`${view} has columns`, columns.length > 5, true);
    for (const c of columns) {
      const expected = published[c.colName] || { sql_type: 'not published' };
      const type = expected.sql_type.replace(/ /g, '').replace(/^sysname$/, 'nvarchar(128)').replace(/^decimal/, 'numeric');
      that(`${view}.${c.colName}`, spelled(c), type);
      that(`${view}.${c.colName} nullable`, (c.flags & 1) === 1, expected.nullable);
    }
  }
  const joined = await query(connection, `SELECT ag.name, drs.is_local, drs.synchronization_state_desc
    FROM sys.availability_groups ag JOIN sys.availability_replicas ar ON ar.group_id = ag.group_id
    JOIN sys.dm_hadr_database_replica_states drs ON drs.replica_id = ar.replica_id AND drs.group_id = ag.group_id
    WHERE ag.is_distributed = 1 AND drs.is_local = 1`);
  that('local row of the link', joined.rows, [[lab.databases[0].link, true, 'SYNCHRONIZING']]);
  const text = 'Zażółć 数据库 🜂';
  const at = new Date('2026-02-28T23:59:59.123Z');
  const sent = await query(connection, 'SELECT @t AS t, @b AS b, @g AS g, @d AS d, @at AS at, @i AS i', [
    ['t', TYPES.NVarChar, text + 'x'.repeat(10000)],
    ['b', TYPES.VarBinary, Buffer.alloc(20000, 7)],
    ['g', TYPES.UniqueIdentifier, '6F9619FF-8B86-D011-B42D-00C04FC964FF'],
    ['d', TYPES.Decimal, '12345.0123456789', { precision: 38, scale: 10 }],
    ['at', TYPES.DateTime2, at, { scale: 7 }],
    ['i', TYPES.BigInt, '9007199254740993'],
  ]);
  const r = sent.rows[0];
  that('nvarchar(max) parameter', r[0] === text + 'x'.repeat(10000), true);
  that('varbinary(max) parameter', r[1].length, 20000);
  that('uniqueidentifier parameter', r[2], '6F9619FF-8B86-D011-B42D-00C04FC964FF');
  that('decimal parameter', r[3], 12345.0123456789);
  that('datetime2 parameter', r[4].toISOString(), at.toISOString());
  that('bigint parameter', r[5], '9007199254740993');
  await refused('no such view', 208, query(connection, 'SELECT * FROM sys.nothing'));
  that('the session goes on', (await query(connection, 'SELECT 1')).rows[0][0], 1);
  connection.close();
  // this client keeps the text of a refused login, not its number
  await refused('wrong password', `Login failed for user '${server.logins.find((l) => l.sysadmin).name}'.`, connect(server, 'Wrong1!wrong'));
}

(async () => {
  for (const kind of ['sql-server', 'managed-instance']) await one(lab.servers.find((s) => s.kind === kind));
  console.log(`tedious: ${ran - failed} of ${ran} checks hold`);
  process.exit(ran && !failed ? 0 : 1);
})().catch((e) => {
  console.log(`FAIL tedious: ${e.stack}`);
  process.exit(1);
});
