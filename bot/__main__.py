"""`python -m bot` is the command `mitreden`."""

from bot.cli import main

if __name__ == "__main__":
    main()
