"""``python -m perovdb`` is the command line; no other module of the library imports it."""

from perovdb_cli.main import main

if __name__ == "__main__":
    main()
