"""The streaming clients in a process of their own.

A child of the benchmark: HOST and PORT are its arguments, a job is a line of JSON on stdin, a measurement a line
on stdout; it ends with stdin.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

from ...commands.bench.streams import Target, measure
from ...commands.bench.workload import Job
from ...open_files import allow_many_open_files


def main() -> None:
    allow_many_open_files()
    target = Target(sys.argv[1], int(sys.argv[2]))
    for line in sys.stdin:
        print(json.dumps(asdict(asyncio.run(measure(target, Job(**json.loads(line)))))), flush=True)


if __name__ == "__main__":
    main()
