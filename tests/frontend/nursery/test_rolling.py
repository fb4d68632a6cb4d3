"""All workers are replaced one after the other, as far as that goes."""

import asyncio

from mlx_llm_server.frontend.nursery.children import Child
from mlx_llm_server.frontend.nursery.replacer import Slot
from mlx_llm_server.frontend.nursery.restarts import Restarts
from mlx_llm_server.frontend.nursery.rolling import Rolling
from mlx_llm_server.frontend.nursery.upkeep import Upkeep


async def slots(count: int) -> list[Slot]:
    """Return slots with a process each, which has ended; that is nothing to `Rolling`."""
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    names = [f"worker-{number}" for number in range(1, count + 1)]
    return [Slot(name, Restarts(name), Upkeep(0, 0), Child(name, process)) for name in names]


class Replacements:
    """Replaces each slot's process; that of `failing` can't be."""

    def __init__(self, failing: str | None = None) -> None:
        self.names: list[str] = []
        self._failing = failing

    async def __call__(self, slot: Slot) -> str | None:
        self.names.append(slot.name)
        await asyncio.sleep(0)
        return "there is no memory" if slot.name == self._failing else None


async def finished(rolling: Rolling) -> None:
    assert rolling._task is not None
    await rolling._task
    assert not rolling.under_way


def test_they_are_replaced_in_their_order() -> None:
    async def run() -> None:
        replacements = Replacements()
        rolling = Rolling(replacements)
        assert rolling.describe() == {"under_way": False, "replaced": [], "waiting": [], "error": None}
        rolling.begin(await slots(2))
        assert rolling.describe()["waiting"] == ["worker-1", "worker-2"]
        await finished(rolling)
        assert replacements.names == ["worker-1", "worker-2"]
        assert rolling.describe()["replaced"] == ["worker-1", "worker-2"]

    asyncio.run(run())


def test_the_first_that_can_not_be_replaced_ends_it() -> None:
    async def run() -> None:
        replacements = Replacements(failing="worker-2")
        rolling = Rolling(replacements)
        rolling.begin(await slots(3))
        await finished(rolling)
        assert replacements.names == ["worker-1", "worker-2"]
        assert rolling.describe() == {
            "under_way": False,
            "replaced": ["worker-1"],
            "waiting": ["worker-2", "worker-3"],
            "error": "there is no memory",
        }

    asyncio.run(run())


def test_what_is_new_anyway_is_left_alone() -> None:
    """One that is being started at the beginning, and one that another change has replaced meanwhile."""

    async def run() -> None:
        first, second, third, other = await slots(4)
        first.child = None
        replacements = Replacements()
        rolling = Rolling(replacements)
        rolling.begin([first, second, third])
        assert other.child is not None
        second.child = Child("worker-2", other.child.process)
        await finished(rolling)
        assert replacements.names == ["worker-3"]

    asyncio.run(run())
