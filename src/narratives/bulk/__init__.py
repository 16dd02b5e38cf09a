"""Tables of any size: read in a stream, scored in batches, written in parts that a run which was cut short can go on from."""
