"""The command line of perovdb."""
