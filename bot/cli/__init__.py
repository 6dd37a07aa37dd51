"""The command `frontline`: the map of the product.

Exit codes, the same for every command: 0 done; 1 the thing was done and something is wrong (a check
failed, files were refused); 2 the command line is wrong; 3 the configuration is wrong; 4 a part that
is needed (database, file, port) is not available.
"""

from __future__ import annotations

import typer

from bot.cli import content, evaluate, people
from bot.cli.ask import ask
from bot.cli.check import check
from bot.cli.serve import serve

app = typer.Typer(
    name="frontline",
    help="The first line of a contact centre: answers from the knowledge base, hands over to humans.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("serve")(serve)
app.command("check")(check)
app.command("ask")(ask)
app.command("import")(content.import_)
app.command("export")(content.export)
app.command("reindex")(content.reindex)
app.add_typer(people.users, name="users")
app.add_typer(people.keys, name="keys")
app.add_typer(evaluate.app, name="eval")
