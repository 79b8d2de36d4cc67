import datetime, decimal, os, uuid
import pytds

common = dict(dsn="localhost", port=int(os.environ["PORT"]), user="sa", password="Pässw0rd!")
for tls in (dict(cafile=os.environ["CA"]), {}):
    with pytds.connect(**common, **tls, autocommit=True) as c:
        cur = c.cursor()
        cur.execute("types")
        names = [d[0] for d in cur.description]
        seen = dict(zip(names, cur.fetchone()))
        for name in names:
            if not name.startswith("null_"):
                print("  ", name, repr(seen[name])[:70])
                assert seen["null_" + name] is None
        assert seen["numeric"] == decimal.Decimal("1234567890123456789012345")
        assert seen["nvarchar"] == "naïve 漢字 🙂"
        cur.execute("fixed")
        print("  ", cur.fetchone())
        values = (1, 2**40, True, "é", "x" * 5000, pytds.Binary(b"\x01\x02"), uuid.UUID(int=5), decimal.Decimal("1.50"), 2.5,
                  datetime.datetime(2026, 11, 21, 10, 0, 0, 123456), datetime.date(2026, 1, 2))
        cur.execute("echo" + " %s" * len(values), values)
        back = cur.fetchone()
        print("  ", [repr(b)[:40] for b in back])
        assert list(back) == list(values), back
        cur.execute("rows 100000")
        cur.fetchone()
        cur.execute("rows 2")
        assert len(cur.fetchall()) == 2
    with pytds.connect(**common, **tls) as c:
        cur = c.cursor()
        cur.execute("rows 1")
        cur.fetchall()
        c.commit()
        c.rollback()
    print("ok", tls)
with pytds.connect(dsn="localhost", port=common["port"], cafile=os.environ["CA"],
                   access_token_callable=lambda: "token") as c:
    print("ok token")
