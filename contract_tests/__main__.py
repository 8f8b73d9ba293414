"""`python -m contract_tests` is `mock-tavus-contract`."""

from contract_tests.cli import main

if __name__ == "__main__":
    main(prog_name="mock-tavus-contract")
