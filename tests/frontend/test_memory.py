import os
import subprocess

import pytest
from mlx_llm_server.frontend.memory import CAN_TELL, footprint_bytes

known = pytest.mark.skipif(not CAN_TELL, reason="this system does not tell")


@known
def test_it_is_some_megabytes_for_an_interpreter() -> None:
    assert 1_000_000 < (footprint_bytes(os.getpid()) or 0) < 100_000_000_000


@known
def test_a_process_that_has_ended_holds_none() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert footprint_bytes(process.pid) is None
    process.wait()


def test_of_a_process_that_is_not_there_nothing_is_known() -> None:
    assert footprint_bytes(2**22 + 1) is None
