"""Selection -> steps -> results."""
