"""`python -m mock_tavus` is `mock-tavus`."""

from mock_tavus.cli import main

if __name__ == "__main__":
    main()
