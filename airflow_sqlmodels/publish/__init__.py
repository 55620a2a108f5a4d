"""How a finished candidate becomes what readers see: under their feet, without a gap."""
