import os
import pymssql

for level in ("require", "request", "off"):
    c = pymssql.connect(server=level, user="sa", password="Pässw0rd!", port=os.environ["PORT"], database="app", autocommit=True)
    cur = c.cursor(as_dict=False)
    cur.execute("rows 3")
    assert len(cur.fetchall()) == 3
    cur.execute("types")
    row = cur.fetchone()
    names = [d[0] for d in cur.description]
    seen = dict(zip(names, row))
    assert seen["nvarchar"] == "naïve 漢字 🙂", seen["nvarchar"]
    assert seen["varchar"] == "€ née", seen["varchar"]
    assert len(seen["nvarchar_max"]) == 9000
    assert str(seen["guid"]) == "00112233-4455-6677-8899-aabbccddeeff"
    assert str(seen["numeric"]) == "1234567890123456789012345", seen["numeric"]
    assert str(seen["decimal"]) == "-12.345" and str(seen["money"]) == "-1.2345"
    assert all(seen["null_" + n] is None for n in names if not n.startswith("null_"))
    cur.execute("rows 100000")
    cur.fetchone()
    cur.execute("rows 1")
    assert len(cur.fetchall()) == 1
    try:
        cur.execute("fail Invalid object name")
        raise SystemExit("no error")
    except pymssql.Error as e:
        assert "208" in str(e), e
    cur.execute("rows 1")
    cur.fetchall()
    c.close()
    c = pymssql.connect(server=level, user="sa", password="Pässw0rd!", port=os.environ["PORT"], database="app")
    cur = c.cursor()
    cur.execute("rows 1")
    cur.fetchall()
    c.commit()
    c.rollback()
    c.close()
    print("ok", level)
try:
    pymssql.connect(server="require", user="sa", password="wrong", port=os.environ["PORT"])
    raise SystemExit("logged in")
except pymssql.OperationalError as e:
    assert "18456" in str(e), e
    print("ok", e)
