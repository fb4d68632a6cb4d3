"""An answer is the same, token for token, whatever of its prompt came from disk; and a bad file is only a miss.

Each engine stands for a worker of its own: what the former one has left on disk is all that it knows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from mlx_llm_server.worker.engine import Engine
from mlx_llm_server.worker.prefix_cache.disk import fingerprint, open_disk, tier
from mlx_llm_server.worker.prefix_cache.disk.chain import BLOCK
from mlx_llm_server.worker.scheduler import Insert

from ...tiny_models import CONFIGS, tiny
from ..test_answers import AMPLE, Answers, Bench, order, run, words

MODEL = "f" * 32
LONG = 2 * BLOCK + 40


class Workers(Bench):
    """A model, a disk, and the workers that come and go."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.root = Path()
        self.by_snapshot = kind != "llama"

    def start(self, budget: int = AMPLE, ram: int = AMPLE, backlog: int = AMPLE) -> Engine:
        disk = open_disk(self.root, MODEL, budget, backlog)
        assert disk is not None
        self.engines.append(Engine(self.model, set(), 4, prefill_chunk=256, prefix_cache=ram, disk=disk))
        return self.engines[-1]

    def start_and_run(self, prompt: list[int]) -> Engine:
        """Return a worker that has answered a prompt."""
        engine = self.start()
        run(engine, order(0, prompt))
        return engine

    def start_after(self, prompt: list[int]) -> Engine:
        """Return a worker that finds on disk what another one has computed of a prompt."""
        written(self.start_and_run(prompt))
        return self.start()

    def files(self) -> list[Path]:
        return sorted(self.root.glob("*/*.safetensors"))

    def found(self, prompt: list[int], known: int) -> int:
        """Return how much of a prompt is found, if so much of what it begins with is on disk."""
        return min(known, len(prompt) - 1) if self.by_snapshot else min(known, len(prompt) - 1) // BLOCK * BLOCK


def fetch(engine: Engine, *orders: Insert) -> None:
    """Do what the prompt thread does before it hands prompts over."""
    for each in orders:
        fetched = threading.Event()
        engine.fetch_prefix(each.cache_scope, each.prompt, fetched.set)
        assert fetched.wait(60)


def ask(engine: Engine, *orders: Insert) -> Answers:
    fetch(engine, *orders)
    return run(engine, *orders)


def written(engine: Engine) -> None:
    """Let an idle worker write what it has to write; it may be killed then."""
    disk = engine._prefixes._disk
    assert disk is not None
    while engine.tend_prefix_cache(idle=True) or disk._backlog.nbytes:
        time.sleep(0.001)


@pytest.fixture(scope="module", params=list(CONFIGS))
def every_kind(request: pytest.FixtureRequest) -> Iterator[Workers]:
    yield from opened(request.param)


@pytest.fixture(scope="module")
def one_kind() -> Iterator[Workers]:
    yield from opened("qwen3_next")


@pytest.fixture(scope="module")
def cuttable_kind() -> Iterator[Workers]:
    yield from opened("llama")


def opened(kind: str) -> Iterator[Workers]:
    workers = Workers(kind)
    yield workers
    for engine in workers.engines:
        engine.close()


@pytest.fixture
def workers(every_kind: Workers, tmp_path: Path) -> Workers:
    """Every kind of caches; a disk without files."""
    every_kind.root = tmp_path / "prefixes"
    return every_kind


@pytest.fixture
def hybrid(one_kind: Workers, tmp_path: Path) -> Workers:
    """Layers of keys and values and layers of states."""
    one_kind.root = tmp_path / "prefixes"
    return one_kind


@pytest.fixture
def plain(cuttable_kind: Workers, tmp_path: Path) -> Workers:
    """Keys and values alone."""
    cuttable_kind.root = tmp_path / "prefixes"
    return cuttable_kind


def test_a_conversation_over_restarts_computes_only_what_is_new(workers: Workers) -> None:
    conversation, known = words(1, BLOCK + 20), 0
    for turn in range(3):
        engine, asked = workers.start(), order(3 * turn, conversation, length=30)
        answers = ask(engine, asked)
        answer = answers.tokens[3 * turn]
        assert answer == workers.alone(asked)
        assert answers.cached[3 * turn] == workers.found(conversation, known)
        known = len(conversation) + len(answer) - 1  # nothing was computed behind the last token
        conversation = [*conversation, *answer, *words(100 + turn, BLOCK)]
        written(engine)


def test_prompts_that_come_together_take_from_disk_what_each_of_them_can_use(hybrid: Workers) -> None:
    """The same prompt, one that goes on behind the answer, and one that only begins alike."""
    first = hybrid.start()
    asked = order(0, words(1, LONG), length=20)
    answer = run(first, asked).tokens[0]
    written(first)
    longer = order(3, [*asked.prompt, *answer, *words(2, 30)])
    parted = order(6, [*asked.prompt[: BLOCK + 9], *words(3, 50)])

    answers = ask(hybrid.start(), asked, longer, parted)

    assert answers.tokens == {each.key.generation: hybrid.alone(each) for each in (asked, longer, parted)}
    assert answers.cached == {0: LONG - 1, 3: LONG + 19, 6: 0}


def test_of_keys_and_values_what_is_shared_is_taken_in_whole_blocks(plain: Workers) -> None:
    first, asked = plain.start(), order(0, words(1, LONG))
    run(first, asked)
    written(first)
    parted = order(3, [*asked.prompt[: BLOCK + 9], *words(3, 50)])

    answers = ask(plain.start(), parted)

    assert answers.cached == {3: BLOCK}
    assert answers.tokens == {3: plain.alone(parted)}


def test_a_shared_beginning_is_written_once(plain: Workers) -> None:
    engine, shared = plain.start(), words(1, 2 * BLOCK)
    for number in range(3):
        run(engine, order(number, shared + words(10 + number, BLOCK + 10)))
    written(engine)

    assert len(plain.files()) == 2 + 3


def test_a_worker_that_decodes_all_the_time_writes_too(plain: Workers) -> None:
    engine, asked = plain.start(), order(0, words(1, LONG), length=40)
    engine.insert(asked)
    while engine.busy:
        engine.step()
        engine.tend_prefix_cache()

    disk = engine._prefixes._disk
    assert disk is not None
    while disk._backlog.nbytes:
        time.sleep(0.001)
    assert len(plain.files()) == 2


def test_what_memory_forgets_comes_back_from_disk(hybrid: Workers) -> None:
    asked, others = order(0, words(1, LONG)), [order(n, words(n, LONG)) for n in (1, 2)]
    measure = hybrid.start()
    run(measure, asked)
    ram = int(1.5 * measure._prefixes.nbytes)
    engine = hybrid.start(ram=ram)
    for each in (asked, *others):
        run(engine, each)
        written(engine)
        assert engine._prefixes.nbytes <= ram
    assert engine._prefixes.usable("", asked.prompt) == 0

    answers = ask(engine, asked)

    assert answers.cached == {0: LONG - 1}
    assert answers.tokens == {0: hybrid.alone(asked)}


def test_what_memory_still_has_is_not_read(plain: Workers) -> None:
    engine, asked = plain.start(), order(0, words(1, LONG))
    run(engine, asked)
    written(engine)
    for file in plain.files():
        file.write_bytes(b"")

    assert ask(engine, asked).cached == {0: LONG - 1}
    assert len(plain.files()) == 2, "a file that is read, and is none, is removed"


def test_what_memory_has_no_room_for_is_not_read(plain: Workers) -> None:
    engine, asked = plain.start(), order(0, words(1, LONG))
    run(engine, asked)
    written(engine)
    for file in plain.files():
        file.write_bytes(b"x" * file.stat().st_size)

    assert ask(plain.start(ram=1000), asked).cached == {0: 0}
    assert len(plain.files()) == 2, "a file that is read, and is none, is removed"


def test_who_ends_in_order_writes_what_is_left(hybrid: Workers) -> None:
    engine, asked = hybrid.start(), order(0, words(1, LONG))
    run(engine, asked)

    engine.close()

    assert ask(hybrid.start(), asked).cached == {0: LONG - 1}


def test_other_scopes_find_nothing_after_a_restart_either(hybrid: Workers) -> None:
    engine, asked = hybrid.start(), order(0, words(1, LONG), scope="mine")
    run(engine, asked, order(1, words(2, LONG), scope=None))
    written(engine)
    files = hybrid.files()
    second = hybrid.start()

    cached = [ask(second, replace(asked, cache_scope=scope)).cached[0] for scope in ("", "other", None, "mine")]

    assert cached == [0, 0, 0, LONG - 1]
    assert len(files) == 2 + 1, "two blocks and the end of the prompt; and nothing of no scope"


@pytest.mark.parametrize("harm", ["cut off", "flipped", "version", "gone"])
def test_a_bad_file_is_a_miss_and_is_removed_and_the_answer_is_right(hybrid: Workers, harm: str) -> None:
    engine, asked = hybrid.start(), order(0, words(1, LONG))
    run(engine, asked)
    written(engine)
    second, file = hybrid.start(), next(path for path in hybrid.files() if "-" not in path.name)
    data = file.read_bytes()
    match harm:
        case "cut off":
            file.write_bytes(data[:-1])
        case "flipped":
            file.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
        case "version":
            file.write_bytes(data.replace(b'"version":"1"', b'"version":"0"'))
        case _:
            file.unlink()

    answers = ask(second, asked)

    assert answers.cached[0] < LONG - 1
    assert answers.tokens == {0: hybrid.alone(asked)}
    assert not file.exists()
    written(second)
    assert file.read_bytes() == data, "it was computed and written anew"


def test_after_clearing_nothing_is_found_on_disk_either(hybrid: Workers) -> None:
    engine, asked = hybrid.start(), order(0, words(1, LONG))
    run(engine, asked)
    written(engine)
    fetch(second := hybrid.start(), asked)  # under way while it is cleared

    second.clear_prefix_cache()

    assert run(second, asked).cached == {0: 0}
    engine.clear_prefix_cache()
    assert ask(engine, asked).cached == {0: 0}
    assert ask(hybrid.start(), asked).cached == {0: 0}


def test_a_full_backlog_delays_and_loses_nothing_that_memory_keeps(plain: Workers) -> None:
    engine, asked = plain.start(backlog=1), order(0, words(1, LONG))
    run(engine, asked)

    written(engine)

    assert len(plain.files()) == 2


def test_the_budget_of_the_disk_is_kept_and_what_is_left_is_right(hybrid: Workers) -> None:
    probe = hybrid.start()
    run(probe, order(0, words(1, LONG)))
    written(probe)
    budget = int(1.5 * sum(file.stat().st_size for file in hybrid.files()))
    probe.clear_prefix_cache()
    engine = hybrid.start(budget)
    orders = [order(number, words(number, LONG)) for number in range(3)]
    for each in orders:
        run(engine, each)
        written(engine)
        assert sum(file.stat().st_size for file in hybrid.files()) <= budget

    last = hybrid.start(budget)

    assert [ask(last, each).tokens[each.key.generation] for each in orders] == list(map(hybrid.alone, orders))
    assert ask(hybrid.start(budget), orders[-1]).cached[2] == LONG - 1


def test_a_directory_that_can_not_be_used_is_said_and_nothing_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()

    assert open_disk(tmp_path / "file", MODEL, AMPLE, AMPLE) is None

    assert "no prefix cache on disk" in caplog.text


# --- which model computed it ---


def test_a_fingerprint_is_that_of_what_is_computed() -> None:
    model, config = tiny("llama"), {"rope_theta": 10000.0}
    known = fingerprint(model, config, "cpu")

    assert fingerprint(tiny("llama"), config, "cpu") == known
    assert fingerprint(model, {"rope_theta": 20000.0}, "cpu") != known
    assert fingerprint(model, config, "gpu") != known
    assert fingerprint(tiny("gemma3_text"), config, "cpu") != known

    weight = model.model.norm.weight
    weight[3] += 0.001
    model.model.norm.weight = weight
    assert fingerprint(model, config, "cpu") != known


def test_weights_whose_rows_have_changed_places_are_others() -> None:
    model, other = tiny("llama"), tiny("llama")
    other.lm_head.weight = other.lm_head.weight[::-1]

    assert fingerprint(model, {}, "cpu") != fingerprint(other, {}, "cpu")


@pytest.mark.parametrize(
    ("speed", "found"), [(None, LONG // BLOCK * BLOCK), (1.0, LONG // BLOCK * BLOCK), (1e15, 0)]
)
def test_what_is_computed_sooner_than_read_is_not_read(
    plain: Workers, monkeypatch: pytest.MonkeyPatch, speed: float | None, found: int
) -> None:
    monkeypatch.setattr(tier, "_LARGE_READ", 1)
    prompt = words(1, LONG)
    engine = plain.start_after(prompt)
    engine._prefixes.tokens_per_second = speed
    assert ask(engine, order(0, prompt)).cached == {0: found}


def test_small_files_are_read_however_fast_a_model_is(plain: Workers) -> None:
    prompt = words(1, LONG)
    engine = plain.start_after(prompt)
    engine._prefixes.tokens_per_second = 1e15
    assert ask(engine, order(0, prompt)).cached == {0: LONG // BLOCK * BLOCK}


def test_a_disk_that_was_slow_is_tried_again(plain: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tier, "_LARGE_READ", 1)
    prompt = words(1, LONG)
    engine = plain.start_after(prompt)
    disk = engine._prefixes._disk
    assert disk is not None
    size = sum(path.stat().st_size for path in plain.files())
    disk._bytes_per_second = 0.8 * size  # 1.25 s
    engine._prefixes.tokens_per_second = LONG / BLOCK * BLOCK
    arrivals = []
    for number in range(12):
        fetch(engine, order(number, prompt))
        arrivals.append(not disk._arrived.empty())
    assert not arrivals[0]
    assert arrivals[-1]


def test_the_speed_of_a_read_is_its_bytes_by_its_time(plain: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tier, "_LARGE_READ", 1)
    prompt = words(1, LONG)
    engine = plain.start_after(prompt)
    disk = engine._prefixes._disk
    assert disk is not None
    disk._bytes_per_second = 0.0
    begin = time.perf_counter()
    fetch(engine, order(0, prompt))
    longest = time.perf_counter() - begin
    size = sum(path.stat().st_size for path in plain.files())
    # Half of what was measured; the whole call took longer than the read.
    assert 2 * disk._bytes_per_second >= size / longest
