"""`mock-tavus run`: a program as it is, whose calls to the vendor's API reach an emulator."""
