#!/usr/bin/env python3
"""`milink serve` beside Debian's prometheus-sql-exporter (0.4.5) on one running lab.

    milink lab up --scenario estate-500 --dir /tmp/lab &
    tests/bench/compare.py --dir /tmp/lab --milink target/release/milink [--minutes 10]

Prints for each: series per link, bytes of the page, time of a scrape, resident memory, processor time per minute, and how long it
takes until a suspended database shows. Both look every five seconds. `--minutes` goes on watching the memory of `milink serve`.
Standard library only; Linux (/proc).
"""

import argparse
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

LINK = "ledger001"
QUERY = """
SELECT g.name AS link, r.replica_server_name AS replica, CASE WHEN s.is_local = 1 THEN N'yes' ELSE N'no' END AS is_local,
  CAST(COALESCE(b.synchronization_state, -1) AS float) AS sync_state,
  CAST(COALESCE(b.synchronization_health, -1) AS float) AS health,
  CAST(COALESCE(b.is_suspended, 0) AS float) AS suspended,
  CAST(COALESCE(b.secondary_lag_seconds, -1) AS float) AS lag_seconds,
  CAST(COALESCE(b.log_send_queue_size, -1) AS float) AS send_queue_kb,
  CAST(COALESCE(b.redo_queue_size, -1) AS float) AS redo_queue_kb,
  CAST(COALESCE(s.connected_state, -1) AS float) AS connected,
  CAST(COALESCE(s.role, -1) AS float) AS role
FROM sys.availability_groups AS g
JOIN sys.availability_replicas AS r ON r.group_id = g.group_id
JOIN sys.dm_hadr_availability_replica_states AS s ON s.replica_id = r.replica_id AND s.group_id = g.group_id
LEFT JOIN sys.dm_hadr_database_replica_states AS b ON b.replica_id = r.replica_id AND b.group_id = g.group_id
WHERE g.is_distributed = 1
"""
VALUES = ["sync_state", "health", "suspended", "lag_seconds", "send_queue_kb", "redo_queue_kb", "connected", "role"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def exporter_config(lab, folder):
    connections = []
    for server in lab["servers"]:
        admin = next(l for l in server["logins"] if l["sysadmin"])
        user, word = urllib.parse.quote(admin["name"]), urllib.parse.quote(admin["password"], safe="")
        a = server["address"]
        connections.append(f"sqlserver://{user}:{word}@{a['host']}:{a['port']}?database=master&encrypt=true&TrustServerCertificate=true")
    lines = ["jobs:", "- name: dag", "  interval: '5s'", "  connections:"]
    lines += [f"  - '{c}'" for c in connections]
    lines += ["  queries:", "  - name: dag", "    help: State of distributed groups", "    labels: [link, replica, is_local]"]
    lines += [f"    values: [{', '.join(VALUES)}]", "    query: |"]
    lines += ["      " + l for l in QUERY.strip().splitlines()]
    path = pathlib.Path(folder) / "exporter.yml"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


def get(url):
    began = time.monotonic()
    with urllib.request.urlopen(url, timeout=30) as answer:
        text = answer.read()
    return text.decode(), time.monotonic() - began


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def processor_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until(what, test, limit=120.0):
    began = time.monotonic()
    while time.monotonic() - began < limit:
        try:
            if (found := test()) is not None:
                return found, time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit(f"never: {what}")


def measure(name, process, url, shows, minute):
    text, _ = get(url)
    lines = [l for l in text.splitlines() if l and not l.startswith("#")]
    series = [l for l in lines if f'link="{LINK}"' in l]
    took = sorted(get(url)[1] * 1000 for _ in range(50))
    before = processor_s(process.pid)
    time.sleep(minute)
    spent = (processor_s(process.pid) - before) * 60 / minute
    print(f"{name}: {len(series)} series a link, {len(lines)} in all, {len(text.encode())} bytes, "
          f"scrape p50 {took[25]:.1f} ms p99 {took[49]:.1f} ms, {resident_mib(process.pid):.1f} MiB resident, "
          f"{spent:.2f} s of processor a minute", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--milink", default="target/release/milink")
    parser.add_argument("--exporter", default="prometheus-sql-exporter")
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seconds", type=float, default=30, help="of processor time")
    args = parser.parse_args()
    lab = json.loads((pathlib.Path(args.dir) / "lab.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        ours = subprocess.Popen(
            [args.milink, "--estate", f"{args.dir}/milink.toml", "--state-dir", f"{folder}/state", "serve", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = free_port()
        theirs = subprocess.Popen(
            [args.exporter, "-config.file", str(exporter_config(lab, folder)), "-web.listen-address", f"127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            line = ours.stdout.readline()
            ours_url = re.search(r"http://[^ /]+", line).group(0) + "/metrics"
            theirs_url = f"http://127.0.0.1:{port}/metrics"
            health = re.compile(rf'^milink_link_health_state{{link="{LINK}"}} (\S+)$', re.M)
            halted = re.compile(rf'^sql_dag\{{[^}}]*col="suspended"[^}}]*link="{LINK}"[^}}]*\}} (\S+)$', re.M)

            def ours_says(value):
                found = health.search(get(ours_url)[0])
                return True if found and found.group(1) == value else None

            def theirs_says(value):
                return True if any(float(v) == value for v in halted.findall(get(theirs_url)[0])) else None

            until("a healthy link in milink", lambda: ours_says("0"))
            until("the link in the exporter", lambda: theirs_says(0.0))
            time.sleep(10)
            measure("milink serve", ours, ours_url, ours_says, args.seconds)
            measure("prometheus-sql-exporter", theirs, theirs_url, theirs_says, args.seconds)

            def fault(value):
                subprocess.run([args.milink, "lab", "fault", "--dir", args.dir, "set", "sql-a", "suspended", value, LINK],
                               check=True, stdout=subprocess.DEVNULL)

            for name, broken in [("milink serve", lambda: ours_says("2")), ("prometheus-sql-exporter", lambda: theirs_says(1.0))]:
                fault("user")
                _, after = until(f"the fault in {name}", broken)
                print(f"{name}: a suspended database shows after {after:.1f} s", flush=True)
                fault("none")
                until("healthy again", lambda: ours_says("0"))
            end = time.monotonic() + args.minutes * 60
            while time.monotonic() < end:
                get(ours_url)
                print(f"milink serve: {resident_mib(ours.pid):.1f} MiB resident", flush=True)
                time.sleep(min(30, max(0.1, end - time.monotonic())))
        finally:
            for process in (ours, theirs):
                process.terminate()
                process.wait(timeout=20)


main()
