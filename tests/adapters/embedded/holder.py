"""A program that holds the servers of a data directory until its standard input ends, or it is killed."""

import argparse
import json
import sys
from pathlib import Path

from rag.adapters.embedded import EmbeddedServers, EmbeddedServersError, SupervisorOptions


def main() -> None:
    """Hold, tell in one line of JSON how that went, and wait."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("root_home")
    parser.add_argument("--engine", action="store_true")
    arguments = parser.parse_args()
    options = SupervisorOptions(
        grace_seconds=0.3,
        root_home=arguments.root_home,
        engine_command=(sys.executable, str(Path(__file__).with_name("tiny_engine.py"))),
    )
    try:
        with EmbeddedServers.hold(
            arguments.data_dir, engine=arguments.engine, timeout_seconds=30, options=options
        ) as held:
            told = {"url": held.database_url, "engine_url": held.engine_url, "pids": held.pids}
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
            sys.stdin.read()
    except EmbeddedServersError as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")


if __name__ == "__main__":
    main()
