"""Who runs what: a pure state machine, `handle(event, now) -> actions`.

It knows nothing of sockets, HTTP, processes or clocks; `now` is seconds on any steady clock.

A worker, known by its socket identity, is

    loading    Hello -> Welcome; its generations, had it any, are lost
    ready      Ready; takes at most `capacity` generations, and no more than its memory holds (`admission.py`)
    draining   Drain; gets nothing new, and may finish what it has for a while. What is left then is queued again,
               with nobody to blame. Empty, it is ended by those who started it, or refused for good
    leaving    Leaving; finishes what it has, gets nothing new
    (gone)     Dead, Exited, Unreachable, silence, or a wedge: beats arrive, work is there, no step is done

A generation, known by its number, is

    queued     no worker has room for it; `queue.py` tells who comes first, and `routing.py` where it goes
    running    a worker has it, and one unit of that worker's credit, until a terminal message comes;
               *started* once the worker has accepted it. If the worker is lost it is queued again, and the next
               one resumes it behind the tokens that its client has
    cancelled  running, but nobody waits for it; the credit is held until the worker says that it is gone
    (gone)     it ended exactly once: a finished delta, or a failure

A generation that two workers died with, one after the other and without progress in between, is a *suspect*: it
runs alone, on a worker that is kept for it, one suspect at a time. If that worker dies too, again without
progress, it is convicted: it ends in an error, and is refused for a while if it comes again. A worker that was
told to leave, or that starts over, convicts nobody.

What comes from an identity that is not known is late or lost, and is answered with `Introduce`, but nothing of a
worker that was given up is heard for some seconds: if its process is ours, it is being killed. What comes for a
generation from another worker than its own is dropped.
"""

from .events import (
    Abandoned,
    Action,
    Asked,
    BecameReady,
    Cause,
    Deliver,
    Drain,
    Drained,
    Event,
    Exited,
    Expecting,
    Failure,
    Forgetting,
    Interrupted,
    Lost,
    Pardoned,
    ProcessNews,
    Received,
    Retire,
    Started,
    Submitted,
    Tick,
    Transmit,
    Unreachable,
    Why,
)
from .machine import Dispatcher
from .queue import Priority
from .state import Limits, Worker, WorkerState

__all__ = [
    "Abandoned",
    "Action",
    "Asked",
    "BecameReady",
    "Cause",
    "Deliver",
    "Dispatcher",
    "Drain",
    "Drained",
    "Event",
    "Exited",
    "Expecting",
    "Failure",
    "Forgetting",
    "Interrupted",
    "Limits",
    "Lost",
    "Pardoned",
    "Priority",
    "ProcessNews",
    "Received",
    "Retire",
    "Started",
    "Submitted",
    "Tick",
    "Transmit",
    "Unreachable",
    "Why",
    "Worker",
    "WorkerState",
]
