//! What builders hide: cases whose results were worked out by moby's own code.
