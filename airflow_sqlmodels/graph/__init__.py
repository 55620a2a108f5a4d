"""The order of nodes and the choice among them. Reads a Manifest, changes nothing, touches no warehouse."""
