"""What is kept of a worker's death: one dossier each, a JSON file without any text of a prompt.

A death is often seen twice: first the dispatcher loses the worker (its last words, a failed send, silence, a
wedge), then its process ends, which only the parent of a worker of our own hears. `CrashRegister` joins the two,
`CrashStore` keeps the files. Nothing here may hurt serving: what can't be written is said in the log, and gone.
"""

from .dossier import Dossier
from .register import CrashRegister
from .stderr import LastLines, StderrTail
from .store import CrashStore

__all__ = ["CrashRegister", "CrashStore", "Dossier", "LastLines", "StderrTail"]
