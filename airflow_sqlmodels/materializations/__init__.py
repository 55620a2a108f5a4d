"""One function per way in which a query becomes something in the warehouse."""
