"""`users` and `keys`: who may sign in, which partners may call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from bot.cli.console import JsonOut, run, settings, write_json
from bot.core.types import Role
from bot.store.engine import Store

T = TypeVar("T")
AUTHOR = "command line"

users = typer.Typer(help="People who sign in.", no_args_is_help=True)
keys = typer.Typer(help="API keys of partners.", no_args_is_help=True)


def _with_store(work: Callable[[Store], Awaitable[T]]) -> T:
    async def opened() -> T:
        store = await Store.open(settings().database)
        try:
            return await work(store)
        finally:
            await store.close()

    return run(opened())


@users.command("list")
def list_users(json_out: JsonOut = None) -> None:
    """Everyone with their role and skills."""
    people = _with_store(lambda store: store.operators.list())
    write_json(
        json_out,
        [
            {
                "id": p.id,
                "login": p.login,
                "name": p.name,
                "role": p.role,
                "active": p.active,
                "skills": p.skills,
            }
            for p in people
        ],
    )
    for person in people:
        state = "" if person.active else "  (deactivated)"
        skills = f"  [{', '.join(person.skills)}]" if person.skills else ""
        typer.echo(f"{person.login:24} {person.role:14} {person.name}{skills}{state}")


@users.command("invite")
def invite(
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.OPERATOR,
    name: Annotated[str, typer.Option(help="Shown on the invitation.")] = "",
    json_out: JsonOut = None,
) -> None:
    """Print a one-time link with which a person joins the team. Also for who has lost the password."""
    token = _with_store(lambda store: store.operators.invite(role, name, AUTHOR))
    url = f"{settings().base_url}/invite/{token}"
    write_json(json_out, {"url": url, "role": role})
    typer.echo(url)


@keys.command("list")
def list_keys(json_out: JsonOut = None) -> None:
    """Every key by its first characters; the key itself is not kept."""
    records = _with_store(lambda store: store.keys.list())
    write_json(
        json_out,
        [{"id": k.id, "name": k.name, "prefix": k.prefix, "revoked": k.revoked} for k in records],
    )
    for record in records:
        typer.echo(f"{record.id}  {record.prefix}…  {record.name}{'  (revoked)' if record.revoked else ''}")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    webhook: Annotated[str | None, typer.Option(help="URL that receives operators' messages.")] = None,
    json_out: JsonOut = None,
) -> None:
    """Make a key and print it once."""
    record, key = _with_store(lambda store: store.keys.create(name, AUTHOR, webhook))
    write_json(json_out, {"id": record.id, "key": key, "webhook_secret": record.secret})
    typer.echo(key)
    if webhook:
        typer.echo(f"webhook secret: {record.secret}")


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="The id that `keys list` prints.")]) -> None:
    """Make a key useless."""
    _with_store(lambda store: store.keys.revoke(key_id))
    typer.echo("revoked")
