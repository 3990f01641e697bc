"""What Quillhaven's people know: one table of facts per topic, with the ways they are asked and
answered."""
