"""Recorded scenes of a telephone line, made anew by every run, and what a turn taker makes of them.

`scenes.all_scenes()` synthesises them from a seed; `measure.play` feeds one to a turn taker, frame by frame
in the time of the sound; `measure.figures` sums up. A peer that cannot be fed so reports `Happened`s itself.
"""
