"""The words and rules of question answering: pure, without I/O, clock, randomness or vendor."""
