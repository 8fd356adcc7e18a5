"""SIGTERM and Ctrl-C end a command at any moment, in order and within its time, and no stop is lost.

The handler raises Stopped, so that everything that was opened is closed. An exception that is raised while a finalizer
runs is swallowed by Python, and one in a library's `except:` by the library; so a thread sends the signal again until
the command has begun to close what it opened, and ends the process when that takes too long.
"""

import _thread
import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOP_WITHIN_SECONDS = 12
AGAIN_AFTER_SECONDS = 1.0


class Stopped(SystemExit):
    """Somebody asked this process to end."""


@dataclass
class _State:
    asked_by: int | None = None
    """The number of the signal."""
    on_stop: Callable[[], object] | None = None
    """What is called instead of raising."""
    within_seconds: float = STOP_WITHIN_SECONDS
    is_deferred: bool = False
    is_closing: bool = False
    has_cut_off: bool = False
    """Stopped was raised, wherever it came to."""


_state = _State()


@contextmanager
def stops_in_order() -> Iterator[None]:
    """Around a whole command, once its modules are imported. After it, a signal ends the process at once.

    What was cut off may end by another error, such as that of a connection to the server that stops with it. The
    command has been stopped all the same, and its exit code says so.
    """
    for number in SIGNALS:
        signal.signal(number, _stop)
    try:
        yield
    except BaseException as error:
        if not _state.has_cut_off or (isinstance(error, SystemExit) and not error.code):
            raise
        if _state.asked_by == signal.SIGINT:
            sys.stderr.write("\nStopped.\n")
        raise Stopped(128 + (_state.asked_by or 0)) from None
    finally:
        _state.is_closing = True
        end_at_once()


def has_been_cut_off() -> bool:
    """Somebody asked this command to end while it was at work: what fails now fails because of that."""
    return _state.has_cut_off


def end_at_once() -> None:
    """For the time in which nothing is open that has to be closed: while modules are imported, and at the end."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def closing_in_order() -> Iterator[None]:
    """Around what has to be closed in order: its closing is not interrupted by the same stop."""
    try:
        yield
    finally:
        _state.is_closing = _state.asked_by is not None


@contextmanager
def stop_deferred() -> Iterator[None]:
    """For what must not be left half done, such as the start of a server. Stops afterwards."""
    _state.is_deferred = True
    try:
        yield
    finally:
        _state.is_deferred = False
    if _state.asked_by is not None and _state.on_stop is None:
        _cut_off(_state.asked_by)


@contextmanager
def calling_on_stop(on_stop: Callable[[], object], within_seconds: float) -> Iterator[None]:
    """A stop calls this in the main thread and raises nothing; the process ends in order within these seconds."""
    before = {number: signal.signal(number, _stop) for number in SIGNALS}
    _state.on_stop, _state.within_seconds = on_stop, within_seconds
    if _state.asked_by is not None:
        on_stop()
    try:
        yield
    finally:
        _state.is_closing = _state.asked_by is not None
        _state.on_stop = None
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    if _state.asked_by is None:
        _state.asked_by = number
        # Not `threading.Thread`: the signal may have come while that module holds its lock.
        _thread.start_new_thread(_see_to_the_end, (number,))
    if _state.on_stop is not None:
        _state.on_stop()
    elif not _state.is_closing and not _state.is_deferred:
        _say_nothing_more()
        _cut_off(number)


def _cut_off(number: int) -> NoReturn:
    _state.has_cut_off = True
    raise Stopped(128 + number)


def _see_to_the_end(number: int) -> None:
    began = time.monotonic()
    while time.monotonic() - began < _state.within_seconds:
        time.sleep(AGAIN_AFTER_SECONDS)
        if _state.on_stop is None and not _state.is_closing and not _state.is_deferred:
            signal.pthread_kill(threading.main_thread().ident or 0, number)
    os._exit(128 + number)


def _say_nothing_more() -> None:
    """What is cut off would complain; whoever asked for the stop needs no traceback."""
    logging.disable()
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
