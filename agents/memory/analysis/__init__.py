"""The precondition checks that rules share. A check that says yes must be right when the program runs."""
