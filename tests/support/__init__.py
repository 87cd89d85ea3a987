"""What the tests stand on: the real programs, a certificate authority to drive, checks of the source."""
