"""Frontends and workers in any order of events: no generation is lost, ended twice, or keeps a credit."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from mlx_llm_server.frontend.dispatcher import (
    Action,
    Deliver,
    Drained,
    Event,
    Exited,
    Expecting,
    Failure,
    Limits,
    Retire,
    Started,
    Transmit,
    Unreachable,
    Why,
)
from mlx_llm_server.frontend.dispatcher.admission import MOST_OVERTAKING, Credit, with_memory
from mlx_llm_server.protocol.messages import (
    Accepted,
    Cancel,
    Cancelled,
    Dead,
    Delta,
    Failed,
    FromFrontend,
    FromWorker,
    Generate,
    Introduce,
    KvMemory,
    Leaving,
    Refused,
    Step,
    Welcome,
    WorkerBeat,
)

from .driver import Driver, hello, piece, ready

# Memory for one long answer or two short ones, and for twice and more that much.
MEMORY = [None, KvMemory(600, 1), KvMemory(1100, 1, 25), KvMemory(1600, 1, slack=40)]
LENGTHS = [10, 300, 700]

LIMITS = Limits(queue_length=6, queue_seconds=40, unready_seconds=20, step_seconds=25, model_memory_seconds=50)


@dataclass
class Process:
    """A worker as it really is; what the frontend takes it for may lag behind."""

    identity: bytes
    pid: int
    capacity: int
    model: str
    kv_memory: KvMemory | None
    alive: bool = True
    loaded: bool = False
    leaving: bool = False
    draining: bool = False
    refused: bool = False
    step: int = 0
    has: set[int] = field(default_factory=set)
    said: dict[int, int] = field(default_factory=dict)  # of each generation it has, how many tokens there are
    begun: set[int] = field(default_factory=set)
    cancelled: set[int] = field(default_factory=set)
    ended: list[int] = field(default_factory=list)

    def say(self, number: int, finish: str | None) -> Delta:
        """Return the next delta of a generation; its token is its position."""
        self.said[number] += 1
        return Delta(number, (self.said[number] - 1,), "text", finish)

    def forget(self) -> None:
        self.ended += self.has
        self.has, self.begun, self.cancelled = set(), set(), set()


class Traffic(RuleBasedStateMachine):
    """Each rule is one thing that can happen; the invariants hold after every one."""

    models: ClassVar[list[str]] = ["one", "two"]

    def __init__(self) -> None:
        super().__init__()
        self.driver = Driver(LIMITS)
        self.processes: dict[bytes, Process] = {}
        self.submitted = 0
        self.abandoned: set[int] = set()
        self.started: set[int] = set()
        self.over: set[int] = set()
        self.bounced: set[int] = set()
        self.given: set[int] = set()
        self.drained: list[int] = []
        self.heard: dict[int, int] = {}  # of each generation, how many tokens its client has

    # --- what the exchange does ---

    def handle(self, event: Event) -> None:
        self.perform(self.driver.handle(event))

    def hear(self, process: Process, message: FromWorker) -> None:
        self.perform(self.driver.hear(process.identity, message))

    def perform(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Deliver(number, item):
                    self.deliver(number, item)
                case Transmit(identity, message):
                    self.transmit(self.processes[identity], message)
                case Retire(pid=pid):
                    self.kill(next(process for process in self.processes.values() if process.pid == pid))
                case Drained(pid=pid):
                    self.drained.append(pid)
                    self.take_away(next(process for process in self.processes.values() if process.pid == pid))

    def deliver(self, number: int, item: object) -> None:
        assert 1 <= number <= self.submitted
        assert number not in self.over, "nothing comes after the end"
        assert number not in self.abandoned, "nothing comes for those who went away"
        if isinstance(item, Started):
            assert number not in self.started, "an answer begins once"
            self.started.add(number)
        elif isinstance(item, Failure):
            assert item.why is not Why.OVERLOADED or number not in self.started, "what has begun is not refused"
            self.over.add(number)
        else:
            assert isinstance(item, Delta)
            assert number in self.started
            assert item.tokens == (self.heard.get(number, 0),), "no token is lost or doubled"
            self.heard[number] = self.heard.get(number, 0) + 1
            if item.finish is not None:
                self.over.add(number)

    def transmit(self, process: Process, message: FromFrontend) -> None:
        if not process.alive:
            if isinstance(message, Generate):
                # It waits again, but what goes out beside it was decided before.
                self.bounced.add(message.generation)
            self.handle(Unreachable(process.identity, "its connection is gone"))
            return
        match message:
            case Generate(number):
                assert number not in process.has
                assert process.loaded
                assert not any((process.leaving, process.draining, process.refused))
                assert number == min(set(self.waiting_like(number)) - self.bounced | {number}), (
                    "the oldest goes first"
                )
                self.given.add(number)
                self.bounced.discard(number)
                assert message.resume == tuple(range(self.heard.get(number, 0))), "what the client has is resumed"
                process.has.add(number)
                process.said[number] = len(message.resume)
            case Cancel(number):
                assert number not in process.cancelled, "a cancel is sent once"
                assert number in self.abandoned or process.draining
                if number in process.has and number not in self.abandoned:
                    process.has.discard(number)  # it may say more of it, but nobody listens
                    process.ended.append(number)
                process.cancelled |= {number} & process.has
            case Refused():
                assert process.draining
                process.refused = True
                process.forget()
            case Welcome() if process.leaving:
                self.hear(process, Leaving("told to stop"))
            case Introduce() if not process.refused:
                process.forget()
                process.loaded = False
                self.hear(process, hello(process.pid))

    def take_away(self, process: Process) -> None:
        """Let a drained worker have nothing more; one that was lost still has what it had."""
        if process.identity in {worker.identity for worker in self.driver.dispatcher.workers}:
            assert not process.alive or process.has <= process.cancelled, "only what nobody waits for"
            process.forget()

    def waiting_like(self, number: int) -> list[int]:
        """Return who waits for the same as the one that just went out; suspects wait by themselves."""
        generations, queue = self.driver.dispatcher._state.generations, self.driver.dispatcher._state.queue

        def like(number: int) -> tuple[Any, ...]:
            g = generations[number]
            return g.model, g.suspect, g.key, g.priority, g.request.max_tokens

        resuming = [n for n in queue if n in queue._resuming and like(n) == like(number)]
        waiting = [n for n in queue if n not in queue._resuming and like(n) == like(number)]
        # Those that had a worker go before all that did not.
        return [*resuming, number] if number in self.given else [*resuming, *waiting, number]

    def kill(self, process: Process) -> None:
        process.alive = False
        process.forget()

    def begin(self, process: Process, number: int) -> None:
        process.begun.add(number)
        self.hear(process, Accepted(number, 10))

    def get_ready(self, process: Process) -> None:
        process.loaded = True
        self.hear(process, ready(process.capacity, process.model, process.kv_memory))

    # --- which process a rule is about ---

    def draw(
        self, data: st.DataObject, *, alive: bool | None = True, loaded: bool | None = None
    ) -> Process | None:
        able = [
            process
            for process in self.processes.values()
            if not process.refused and alive in (None, process.alive) and loaded in (None, process.loaded)
        ]
        return data.draw(st.sampled_from(able), label="worker") if able else None

    def number(self, data: st.DataObject) -> int:
        return data.draw(st.integers(1, self.submitted), label="generation")

    # --- what can happen ---

    @initialize(workers=st.integers(0, 2))
    def workers_are_expected(self, workers: int) -> None:
        self.handle(Expecting(workers))

    @initialize(capacity=st.integers(1, 3), names=st.lists(st.sampled_from(models), max_size=6))
    def there_are_two_workers_with_work(self, capacity: int, names: list[str | None]) -> None:
        for model in self.models:
            self.a_worker_comes(capacity, model, at_once=True)
        self.clients_ask(names)

    @rule(
        capacity=st.integers(1, 3),
        model=st.sampled_from(models),
        kv_memory=st.sampled_from(MEMORY),
        at_once=st.booleans(),
    )
    def a_worker_comes(
        self, capacity: int, model: str, at_once: bool, kv_memory: KvMemory | None = MEMORY[1]
    ) -> None:
        number = len(self.processes) + 1
        process = Process(f"worker.{number}".encode(), number, capacity, model, kv_memory)
        self.processes[process.identity] = process
        self.hear(process, hello(process.pid))
        if at_once:
            self.get_ready(process)

    @rule(data=st.data())
    def a_worker_gets_ready(self, data: st.DataObject) -> None:
        if (process := self.draw(data, loaded=False)) is not None:
            self.get_ready(process)

    @rule(
        names=st.lists(st.sampled_from([None, "three", *4 * models]), min_size=1, max_size=5),
        key=st.sampled_from(["", "one", "two"]),
        batch=st.booleans(),
        max_tokens=st.sampled_from(LENGTHS),
    )
    def clients_ask(
        self, names: list[str | None], key: str = "", *, batch: bool = False, max_tokens: int = LENGTHS[0]
    ) -> None:
        for model in names:
            self.submitted += 1
            self.perform(self.driver.submit(self.submitted, model, key=key, batch=batch, max_tokens=max_tokens))

    @precondition(lambda self: self.submitted)
    @rule(data=st.data())
    def a_client_goes_away(self, data: st.DataObject) -> None:
        number = self.number(data)
        if number not in self.over:
            self.abandoned.add(number)
            self.perform(self.driver.abandon(number))

    @rule(data=st.data())
    def a_worker_steps(self, data: st.DataObject) -> None:
        process = self.draw(data, loaded=True)
        if process is None or not process.has:
            return
        rows = data.draw(st.lists(st.sampled_from(sorted(process.has)), min_size=1, unique=True), label="rows")
        done = data.draw(st.sets(st.sampled_from(rows)), label="finished")
        for number in sorted(set(rows) - process.begun):
            self.begin(process, number)
        process.step += 1
        process.has -= done
        process.cancelled -= done
        process.ended += done
        deltas = tuple(process.say(number, "stop" if number in done else None) for number in rows)
        self.hear(process, Step(process.step, deltas))

    @rule(data=st.data(), failed=st.booleans())
    def a_worker_ends_a_generation_that_it_can_not_do_or_was_told_to_cancel(
        self, data: st.DataObject, failed: bool
    ) -> None:
        process = self.draw(data, loaded=True)
        ends = set() if process is None else process.has if failed else process.cancelled
        if process is None or not ends:
            return
        number = data.draw(st.sampled_from(sorted(ends)))
        process.has.discard(number)
        process.cancelled.discard(number)
        process.ended.append(number)
        self.hear(process, Failed(number, "invalid", "too long") if failed else Cancelled(number))

    @precondition(lambda self: self.submitted)
    @rule(data=st.data(), finish=st.sampled_from([None, "stop"]))
    def a_worker_speaks_of_what_it_does_not_have(self, data: st.DataObject, finish: str | None) -> None:
        process, number = self.draw(data, loaded=True), self.number(data)
        if process is None or number in process.has:
            return
        over, unfinished = set(self.over), self.driver.dispatcher.unfinished
        message = data.draw(
            st.sampled_from(
                [
                    Step(process.step, (piece(number, finish),)),
                    Failed(number, "internal", "late"),
                    Cancelled(number),
                ]
            )
        )
        if any(worker.identity == process.identity for worker in self.driver.dispatcher.workers):
            self.hear(process, message)
            assert (self.over, self.driver.dispatcher.unfinished) == (over, unfinished)

    @rule(data=st.data())
    def a_dead_worker_is_heard_late(self, data: st.DataObject) -> None:
        process = self.draw(data, alive=False)
        known = {worker.identity for worker in self.driver.dispatcher.workers}
        if process is None or process.identity in known or not process.ended:
            return
        number = data.draw(st.sampled_from(process.ended))
        over = set(self.over)
        self.hear(process, Step(process.step + 1, (piece(number, "stop"),)))
        assert self.over == over

    @rule(data=st.data())
    def a_worker_begins_a_generation(self, data: st.DataObject) -> None:
        process = self.draw(data, loaded=True)
        if process is not None and process.has - process.begun:
            self.begin(process, data.draw(st.sampled_from(sorted(process.has - process.begun))))

    @rule(data=st.data())
    def a_worker_leaves(self, data: st.DataObject) -> None:
        if (process := self.draw(data)) is not None:
            process.leaving = True
            self.hear(process, Leaving("told to stop"))

    @rule(data=st.data(), seconds=st.sampled_from([0, 5, 30]), successor=st.booleans())
    def a_worker_is_drained(self, data: st.DataObject, seconds: float, successor: bool) -> None:
        process = self.draw(data)
        if process is None or process.identity not in {w.identity for w in self.driver.dispatcher.workers}:
            return
        process.draining = True
        self.perform(self.driver.drain(process.identity, seconds=seconds, successor=successor))

    @rule(data=st.data())
    def a_worker_that_was_drained_is_ended(self, data: st.DataObject) -> None:
        able = [process for process in self.processes.values() if process.alive and process.pid in self.drained]
        if able:
            process = data.draw(st.sampled_from(able), label="drained")
            self.kill(process)
            self.handle(Exited(process.pid, "exit code 0"))

    @rule(tokens=st.sampled_from([1, 3, 20]))
    def all_answers_go_on(self, tokens: int) -> None:
        for process in [process for process in self.processes.values() if process.alive and process.has]:
            for number in sorted(process.has - process.begun):
                self.begin(process, number)
            for _ in range(tokens):
                process.step += 1
                self.hear(process, Step(process.step, tuple(process.say(n, None) for n in sorted(process.has))))

    @rule(data=st.data())
    def a_request_kills_every_worker_that_runs_it(self, data: st.DataObject) -> None:
        running = sorted(number for process in self.processes.values() if process.alive for number in process.has)
        if not running:
            return
        number = data.draw(st.sampled_from(running))
        for _ in range(4):
            for process in [p for p in self.processes.values() if p.alive and number in p.has]:
                self.a_worker_comes(process.capacity, process.model, at_once=True)
                self.kill(process)
                self.handle(Exited(process.pid, "killed by SIGSEGV"))

    @rule(
        data=st.data(),
        seen=st.sampled_from(["at once", "by its exit", "by its last words", "later"]),
        replaced=st.booleans(),
    )
    def a_worker_dies(self, data: st.DataObject, seen: str, replaced: bool) -> None:
        process = self.draw(data)
        if process is None:
            return
        self.kill(process)
        if replaced:
            self.a_worker_comes(process.capacity, process.model, at_once=True)
        if seen == "at once":
            self.handle(Unreachable(process.identity, "its connection is gone"))
        elif seen == "by its exit":
            self.handle(Exited(process.pid, "killed by SIGKILL"))
        elif seen == "by its last words":
            self.hear(process, Dead("out of memory"))

    @rule(data=st.data())
    def a_worker_that_lives_does_not_read(self, data: st.DataObject) -> None:
        if (process := self.draw(data)) is not None:
            self.handle(Unreachable(process.identity, "it does not read"))

    @rule(data=st.data(), still_seconds=st.sampled_from([0, 10, 30]))
    def a_worker_beats_and_is_asked_for_its_name_if_it_was_given_up(
        self, data: st.DataObject, still_seconds: int
    ) -> None:
        if (process := self.draw(data)) is not None:
            self.hear(process, WorkerBeat(process.step, len(process.has), still_seconds))

    @rule(data=st.data())
    def a_worker_starts_over_under_its_name(self, data: st.DataObject) -> None:
        if (process := self.draw(data)) is not None:
            process.forget()
            process.loaded = process.leaving = False
            self.hear(process, hello(process.pid))

    @rule(seconds=st.sampled_from([1, 10, 16, 45]), beating=st.booleans())
    def time_passes(self, seconds: int, beating: bool) -> None:
        self.driver.now += seconds
        if beating:
            for process in list(self.processes.values()):
                if process.alive and not process.refused:
                    self.hear(process, WorkerBeat(process.step, len(process.has)))
        self.perform(self.driver.tick(0))

    # --- what always holds ---

    @invariant()
    def a_drained_worker_has_nothing_and_is_told_once(self) -> None:
        assert len(self.drained) == len(set(self.drained))
        for worker in self.driver.dispatcher.workers:
            assert not (worker.running and worker.hello.pid in self.drained)

    @invariant()
    def a_credit_is_held_for_what_the_worker_has_and_nothing_else(self) -> None:
        for worker in self.driver.dispatcher.workers:
            process = self.processes[worker.identity]
            if process.alive:
                assert worker.running == process.has
            assert len(worker.running) <= process.capacity

    @invariant()
    def everybody_who_waits_is_known_and_all_others_were_told_the_end(self) -> None:
        waiting = set(range(1, self.submitted + 1)) - self.over - self.abandoned
        assert self.driver.dispatcher.unfinished == len(waiting)
        known = self.driver.dispatcher._state.generations
        assert waiting == {number for number, generation in known.items() if not generation.cancelled}

    @invariant()
    def a_suspect_runs_beside_nothing(self) -> None:
        dispatcher = self.driver.dispatcher
        for worker in dispatcher.workers:
            suspects = {number for number in worker.running if dispatcher._state.generations[number].suspect}
            assert not suspects or worker.running == suspects == {worker.kept_for}
        assert sum(worker.kept_for is not None for worker in dispatcher.workers) <= 1

    @invariant()
    def nobody_waits_while_a_worker_has_room_for_the_model(self) -> None:
        dispatcher = self.driver.dispatcher
        generations, queue = dispatcher._state.generations, list(dispatcher._state.queue)
        assert len(queue) == len(set(queue)) <= LIMITS.queue_length + len(self.given)
        kept = any(worker.kept_for is not None for worker in dispatcher.workers)
        held_up = any(generations[number].passed_by >= MOST_OVERTAKING for number in queue)
        for number in queue:
            generation = generations[number]
            able = [w for w in dispatcher.workers if w.room > 0 and w.serves(generation.model)]
            takes = [w for w in dispatcher.workers if w.takes(generation.model)]
            able = with_memory(able, {w.identity: Credit(w, generations) for w in takes}, generation)
            assert not able or (generation.suspect and kept) or held_up, "one suspect runs at a time"

    @invariant()
    def no_worker_has_more_than_its_memory_holds_but_for_one_alone(self) -> None:
        for worker in self.driver.dispatcher.workers:
            kv, generations = self.processes[worker.identity].kv_memory, self.driver.dispatcher._state.generations
            if kv is not None and worker.ready is not None and len(worker.running) > 1:
                lengths = [generations[number].length(worker.ready.model) for number in worker.running]
                assert kv.needed(lengths) <= kv.budget

    def teardown(self) -> None:
        """Let every worker finish what it has, and the queue run out: nothing is left, no credit and no client."""
        draining = {process.pid for process in self.processes.values() if process.draining}
        assert set(self.drained) <= draining
        self.finish_all()
        for _ in range(2):  # what a worker had that died unseen waits from then on
            self.driver.now += 1000
            self.perform(self.driver.tick(0))
            self.finish_all()
        assert self.driver.dispatcher.unfinished == 0
        assert self.over | self.abandoned == set(range(1, self.submitted + 1))
        assert not any(worker.running for worker in self.driver.dispatcher.workers)
        assert not self.driver.dispatcher._state.generations

    def finish_all(self) -> None:
        while busy := [process for process in self.processes.values() if process.alive and process.has]:
            for process in busy:
                for number in sorted(process.has - process.begun):
                    self.begin(process, number)
                numbers, process.has = sorted(process.has), set()
                self.hear(process, Step(process.step, tuple(process.say(number, "stop") for number in numbers)))


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(
    deadline=None,
    max_examples=200,
    stateful_step_count=50,
    # A history of fifty steps can take minutes to shrink; leave this out to see a short one.
    phases=[Phase.reuse, Phase.generate],
)
