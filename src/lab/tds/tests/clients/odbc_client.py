import os
import mssql_python

port = os.environ["PORT"]
for encrypt in ("yes", "no", "strict"):
    c = mssql_python.connect(f"Server=localhost,{port};UID=sa;PWD=Pässw0rd!;Encrypt={encrypt};Database=app")
    cur = c.cursor()
    cur.execute("rows 3")
    assert len(cur.fetchall()) == 3
    cur.execute("fixed")
    print("  ", cur.fetchall())
    cur.execute("types")
    names = [d[0] for d in cur.description]
    row = cur.fetchone()
    for name, value in zip(names, row):
        if not name.startswith("null_"):
            print("  ", name, repr(value)[:70])
    cur.execute("echo ?, ?, ?, ?", (5, "text é", 2.5, None))
    print("  ", cur.fetchall())
    c.commit()
    c.rollback()
    try:
        cur.execute("fail Invalid object name")
        raise SystemExit("no error")
    except mssql_python.Error as e:
        print("  ", e)
    c.close()
    print("ok", encrypt)
