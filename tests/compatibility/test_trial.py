from __future__ import annotations

from mlx_llm_server.scripts.compatibility.trial import Result, read

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest">
<testcase classname="tests.clients.llm.test_chat" name="test_it_answers_well[twice]" time="1"/>
<testcase classname="tests.clients.llm.test_tools" name="test_a"><failure message="no">E</failure></testcase>
<testcase classname="tests.clients.llm.test_tools" name="test_b"><error message="no">E</error></testcase>
<testcase classname="tests.clients.llm.test_tools" name="test_c"><skipped message="no">E</skipped></testcase>
</testsuite></testsuites>"""

NODE = """<?xml version="1.0" encoding="utf-8"?>
<testsuites>
<testcase name="it answers: &quot;42&quot;" time="0.1" classname="test" file="/x/node/chat.test.mjs"/>
<testcase name="it fails" classname="test" file="/x/node/errors.test.mjs"><failure type="t">E</failure></testcase>
</testsuites>"""


def test_what_pytest_tells_is_read() -> None:
    assert read(PYTEST) == (
        Result("chat", "it answers well (twice)", passed=True),
        Result("tools", "a", passed=False),
        Result("tools", "b", passed=False),
        Result("tools", "c", passed=False),
    )


def test_what_node_tells_is_read() -> None:
    assert read(NODE) == (
        Result("chat", 'it answers: "42"', passed=True),
        Result("errors", "it fails", passed=False),
    )
