import os
import subprocess
import sys

import pytest
from mlx_llm_server.frontend.crashes.memory import resident_bytes

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it without a library")


@linux
def test_it_is_some_megabytes_for_an_interpreter() -> None:
    assert 1_000_000 < (resident_bytes(os.getpid()) or 0) < 100_000_000_000


@linux
def test_a_process_that_has_ended_holds_none() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert resident_bytes(process.pid) is None
    process.wait()


def test_of_a_process_that_is_not_there_nothing_is_known() -> None:
    assert resident_bytes(2**22 + 1) is None
