"""`mock-tavus-contract`, and `python -m contract_tests`."""

from __future__ import annotations

import sys

from contract_tests.extra import missing_message


def main() -> None:
    """Run the command line, if all is there that the kit needs."""
    message = missing_message()
    if message:
        print(f"Error: {message}", file=sys.stderr)
        sys.exit(2)
    try:
        from contract_tests.cli import main as run

        run(prog_name="mock-tavus-contract")
    except KeyboardInterrupt:  # before the command itself looks out for it
        sys.exit(130)


if __name__ == "__main__":
    main()
