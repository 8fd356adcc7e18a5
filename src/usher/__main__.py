"""The command `usher`: the same as `python -m usher`."""

import signal


def main() -> None:
    # A stop while modules are imported ends the process at once: nothing is open, and nothing is printed.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    from usher.cli import main as command
    from usher.cli.stopping import stops_in_order

    with stops_in_order():
        command(prog_name="usher")


if __name__ == "__main__":
    main()
