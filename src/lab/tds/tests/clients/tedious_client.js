const { Connection, Request, TYPES } = require('tedious');
const fs = require('fs');
const ca = fs.readFileSync(process.env.CA);

function connect(encrypt) {
  return new Promise((resolve, reject) => {
    const c = new Connection({
      server: 'localhost',
      authentication: { type: 'default', options: { userName: 'sa', password: 'Pässw0rd!' } },
      options: { port: +process.env.PORT, encrypt, serverName: 'localhost', database: 'app',
        cryptoCredentialsDetails: { ca } },
    });
    c.connect((e) => (e ? reject(e) : resolve(c)));
  });
}
function run(c, start, params) {
  return new Promise((resolve, reject) => {
    const rows = [];
    const r = new Request(start.text, (e) => (e ? reject(e) : resolve(rows)));
    r.on('row', (cols) => rows.push(cols.map((x) => x.value)));
    for (const [n, t, v] of params || []) r.addParameter(n, t, v);
    if (start.cancelAfter !== undefined) setTimeout(() => c.cancel(), start.cancelAfter);
    c[start.how](r);
  });
}
const call = (c, m) => new Promise((resolve, reject) => c[m]((e) => (e ? reject(e) : resolve())));
const fail = (why) => { console.log('FAILED', why); process.exit(1); };

(async () => {
  for (const encrypt of [true, false, 'strict']) {
    const c = await connect(encrypt);
    let rows = await run(c, { text: 'rows 3', how: 'execSqlBatch' });
    if (rows.length !== 3) fail('rows');
    rows = await run(c, { text: 'types', how: 'execSqlBatch' });
    rows[0].slice(0, rows[0].length / 2).forEach((v) => console.log('   ', String(v).slice(0, 60)));
    if (rows[0].slice(rows[0].length / 2).some((v) => v !== null)) fail('nulls');
    rows = await run(c, { text: 'fixed', how: 'execSqlBatch' });
    rows = await run(c, { text: 'echo', how: 'execSql' },
      [['a', TYPES.Int, 5], ['b', TYPES.NVarChar, 'é'], ['c', TYPES.DateTime2, new Date(0)], ['d', TYPES.Int, null]]);
    console.log('   ', JSON.stringify(rows));
    if (rows[0][0] !== 5 || rows[0][1] !== 'é' || rows[0][3] !== null) fail('parameters');
    await new Promise((resolve, reject) => {
      let step = 'prepare';
      const r = new Request('echo', (e) => {
        if (e) return reject(e);
        if (step === 'execute') { step = 'unprepare'; c.unprepare(r); } else if (step === 'unprepare') resolve();
      });
      r.addParameter('a', TYPES.Int);
      r.on('prepared', () => { step = 'execute'; c.execute(r, { a: 42 }); });
      r.on('row', (cols) => { if (cols[0].value !== 42) fail('prepared'); });
      c.prepare(r);
    });
    await call(c, 'beginTransaction');
    await call(c, 'commitTransaction');
    await call(c, 'beginTransaction');
    await call(c, 'rollbackTransaction');
    for (const text of ['wait', 'rows 1; wait', 'rows 2000000']) {
      const begun = Date.now();
      const e = await run(c, { text, how: 'execSqlBatch', cancelAfter: 100 }).then(() => fail('not canceled'), (e) => e);
      if (e.code !== 'ECANCEL' || Date.now() - begun > 4000) fail(text + ' ' + e.message);
      rows = await run(c, { text: 'rows 1', how: 'execSqlBatch' });
      if (rows.length !== 1) fail('after cancel');
    }
    await call(c, 'reset');
    const e = await run(c, { text: 'fail Invalid object name', how: 'execSqlBatch' }).then(() => fail('no error'), (e) => e);
    if (e.number !== 208) fail(e.message);
    c.close();
    console.log('ok', encrypt);
  }
})().catch((e) => fail(e.stack));
