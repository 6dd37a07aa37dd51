"""Entities of Russian messages with normalised values: dates, times, money, numbers of documents, names.

`Entities` finds them all in a message; the functions `read` of the modules read the answer to one question,
where more counts: «20» is a day when a day was asked for.
"""

from bot.nlu.entities import dates, day_of_month, money, numbers, phones, times
from bot.nlu.entities.finder import Entities
from bot.nlu.entities.gazetteers import Gazetteers

__all__ = ["Entities", "Gazetteers", "dates", "day_of_month", "money", "numbers", "phones", "times"]
