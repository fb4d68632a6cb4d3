"""What an operator sees: the state of all workers, what happened lately, and the last minutes second by second.

Everything is read off the dispatcher and the crash register once a second; nothing here decides anything.
"""

from .history import HISTORY_SECONDS, History, Sample
from .monitor import Happening, Monitor

__all__ = ["HISTORY_SECONDS", "Happening", "History", "Monitor", "Sample"]
