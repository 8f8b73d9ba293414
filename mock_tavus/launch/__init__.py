"""`mock-tavus run`: an unchanged program, whose calls to the vendor's API reach an emulator."""
