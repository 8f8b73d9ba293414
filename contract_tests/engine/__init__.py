"""How checks are run, whatever it is that they judge."""
