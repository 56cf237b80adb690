"""Runs a command and prints, as one line of JSON, what it took with all of its processes.

    python measure.py --limit-mb 20000 --limit-s 3600 -- command ...

CPU seconds are the kernel's own count, user and system, of the process and of every descendant that was waited for. The peak is the kernel's
figure for a process that stays alone; of several at once it is the largest sum of their proportional set sizes, looked at five times a
second, so that pages they share count once. What goes over a limit is killed, and `end` says which limit it was. Linux alone.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import time


def descendants(root):
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def kilobytes(pid, file, key):
    try:
        with open(f"/proc/{pid}/{file}") as lines:
            return next((int(line.split()[1]) for line in lines if line.startswith(key)), 0)
    except OSError:
        return 0


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--limit-mb", type=float, default=20000)
    options.add_argument("--limit-s", type=float, default=3600)
    options.add_argument("command", nargs=argparse.REMAINDER)
    given = options.parse_args()
    command = given.command[1:] if given.command[:1] == ["--"] else given.command
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    os.set_blocking(child.stdout.fileno(), False)
    said, most, end = b"", 0, "done"
    while child.poll() is None:
        pids = descendants(child.pid)
        field = ("status", "VmRSS:") if len(pids) == 1 else ("smaps_rollup", "Pss:")
        most = max(most, sum(kilobytes(pid, *field) for pid in pids))
        said = (said + (child.stdout.read() or b""))[-4000:]
        spent = time.perf_counter() - began
        if end == "done" and (most * 1024 > given.limit_mb * 1e6 or spent > given.limit_s):
            end = "memory" if most * 1024 > given.limit_mb * 1e6 else "time"
            os.killpg(child.pid, signal.SIGKILL)
        time.sleep(0.2)
    said = (said + (child.stdout.read() or b""))[-4000:]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - began,
                "cpu": used.ru_utime + used.ru_stime,
                "peakMb": max(most, used.ru_maxrss) * 1024 / 1e6,
                "code": child.returncode,
                "end": end,
                "said": said.decode(errors="replace"),
            }
        )
    )


if __name__ == "__main__":
    sys.exit(main())
