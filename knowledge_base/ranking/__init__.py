"""Ranking learnt from the articles' own example questions; `docs/decisions/0003-ranking.md` tells why."""
