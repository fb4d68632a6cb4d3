"""docs/operating.md lists every metric, with its type and labels, and the dashboard asks for no other."""

import json
import re
from pathlib import Path

import pytest
from mlx_llm_server.frontend.crashes import CrashRegister, CrashStore
from mlx_llm_server.frontend.telemetry import Metrics, WorkerGauges
from prometheus_client.metrics_core import Metric

from ..driver import A, Driver
from .records import answered

DOCS = Path(__file__).parents[3] / "docs"
SHORT = {
    "operation": ("gen_ai_operation_name",),
    "model": ("gen_ai_response_model",),
    "worker": ("worker", "pid"),
}


@pytest.fixture
def families(tmp_path: Path) -> dict[str, Metric]:
    """Everything that there is to show, after something of everything has happened."""
    metrics = Metrics()
    record = answered()
    metrics.answered(record)
    record.error = "service_unavailable"
    metrics.answered(record)
    crashes = CrashRegister(CrashStore(tmp_path / "crashes", 1), "ipc:///tmp/x", lambda _: None)
    crashes.observe([1])
    crashes.close()
    driver = Driver()
    driver.join(A)
    metrics.registry.register(WorkerGauges(driver.dispatcher, crashes, lambda: driver.now))
    families = metrics.registry.collect()
    return {_shown(family): family for family in families if not family.name.startswith("process_")}


def _shown(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def _labels(family: Metric) -> set[str]:
    return {label for sample in family.samples for label in sample.labels} - {"le"}


def documented() -> dict[str, tuple[str, set[str]]]:
    """Return the type and the labels of each metric on the page."""
    page = (DOCS / "operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `((?:gen_ai|mlx_serve)_\w+)` \| (\w+) \| (.*?) ?\| .+\|$", page, flags=re.MULTILINE)
    assert len(rows) == len({name for name, _, _ in rows})
    return {
        name: (kind, {real for label in re.findall(r"\w+", labels) for real in SHORT.get(label, (label,))})
        for name, kind, labels in rows
    }


def test_the_page_lists_every_metric_as_it_is(families: dict[str, Metric]) -> None:
    assert documented() == {name: (family.type, _labels(family)) for name, family in families.items()}


def test_every_expression_of_the_dashboard_is_made_of_metrics_and_labels_that_there_are(
    families: dict[str, Metric],
) -> None:
    of_samples = {sample.name: _labels(family) for family in families.values() for sample in family.samples}
    expressions = _expressions()
    assert len(expressions) > 30

    for expression in expressions:
        names = re.findall(r"\b(?:gen_ai|mlx_serve)_\w+(?=\{)", expression)
        if not names:
            assert "process_" in expression
            continue
        assert set(names) <= of_samples.keys(), expression
        for by in re.findall(r"by \((.*?)\)", expression):
            labels = set(by.split(", ")) - {"le"}
            assert all(labels <= of_samples[name] for name in names), expression


def test_the_dashboards_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in _dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def _dashboard() -> dict[str, list[dict[str, dict[str, int]]]]:
    return json.loads((DOCS / "grafana-dashboard.json").read_text(encoding="utf-8"))


def _expressions() -> list[str]:
    found = re.findall(
        r'"expr": ("(?:[^"\\]|\\.)*")', (DOCS / "grafana-dashboard.json").read_text(encoding="utf-8")
    )
    return [json.loads(each) for each in found]
