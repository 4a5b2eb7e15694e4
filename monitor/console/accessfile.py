"""The access file as it stands now: what is taken away in it is taken away at once."""

from __future__ import annotations

from contextlib import suppress

import structlog

from monitor.console.access import Access, load_access
from monitor.errors import ConfigurationError
from monitor.settings import Settings


class AccessFile:
    """The access file of a console, read again where it was changed. A file that is wrong changes nothing, and is told.

    Raises ConfigurationError, as `load_access` does, where it is wrong from the beginning.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stamp = self._stamped()
        self._access = load_access(settings)
        self._log = structlog.get_logger("settlement_monitor.console")

    def now(self) -> Access | None:
        """Who may come in now; None where nobody has to log in."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            self._read()
        return self._access

    def _read(self) -> None:
        try:
            self._access = load_access(self._settings)
        except ConfigurationError:
            # Nothing of the file: a name may be a number. A console that starts says what is wrong.
            self._log.error("the access file is wrong, what it said before counts")
        else:
            self._log.info("the access file was read again")

    def _stamped(self) -> tuple[int, ...]:
        """What changes with the file; empty where it cannot be looked at."""
        path = self._settings.console_access
        with suppress(OSError):
            if path is not None:
                found = path.stat()
                return found.st_mtime_ns, found.st_size, found.st_ino
        return ()
