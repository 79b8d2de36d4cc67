#!/usr/bin/env bash
# FreeTDS `tsql` against a running lab: logs in on every server of lab.json with encryption required, the lab's
# authority trusted and the host name checked; is refused with a wrong password, a wrong authority and a wrong name.
#
# Usage: freetds.sh DIR CONF     (writes CONF, a freetds.conf with a section for each server, for others to use too)
set -euo pipefail
dir=$(realpath "$1")
conf=$2
failed=0

# id, host, port, name, user, password of each server
servers() {
  python3 - "$dir/lab.json" <<'PY'
import json, sys
for s in json.load(open(sys.argv[1]))["servers"]:
    login = next(x for x in s["logins"] if x["sysadmin"])
    print(s["id"], s["address"]["port"], s["server_name"], login["name"], login["password"])
PY
}

# host is `localhost`: the certificate carries the name
section() { # name host port ca
  printf '[%s]\n  host = %s\n  port = %s\n  tds version = 7.4\n  encryption = require\n  ca file = %s\n  check certificate hostname = yes\n  client charset = UTF-8\n\n' "$@"
}

fail() {
  printf 'FAIL freetds: %s\n' "$*"
  failed=$((failed + 1))
}

ask() { # server user password statement
  printf '%s\nGO\n' "$4" | FREETDSCONF=$conf timeout 30 tsql -S "$1" -U "$2" -P "$3" 2>&1 || true
}

list=$(servers)
: >"$conf"
while read -r id port _ _ _; do
  section "$id" localhost "$port" "$dir/ca.pem" >>"$conf"
  section "$id-stranger" localhost "$port" /etc/ssl/certs/ca-certificates.crt >>"$conf"
  section "$id-misnamed" 127.0.0.2 "$port" "$dir/ca.pem" >>"$conf"
done <<<"$list"

while read -r id _ name user password; do
  out=$(ask "$id" "$user" "$password" 'SELECT @@SERVERNAME AS n')
  grep -qF -- "$name" <<<"$out" || fail "$id: no answer from $name: $out"
  out=$(ask "$id" "$user" "$password" 'SELECT * FROM sys.nothing')
  grep -q 'Msg 208' <<<"$out" || fail "$id: 208 expected: $out"
  out=$(ask "$id" "$user" 'Wrong1!wrong' 'SELECT 1 AS one')
  grep -q 'Msg 18456' <<<"$out" || fail "$id: 18456 expected: $out"
  for wrong in stranger misnamed; do
    out=$(ask "$id-$wrong" "$user" "$password" "SELECT 40 + 2 AS answer")
    if grep -qw 42 <<<"$out"; then fail "$id: $wrong was trusted"; fi
  done
done <<<"$list"

[ "$failed" = 0 ] && echo "freetds: every check holds"
exit "$((failed > 0))"
