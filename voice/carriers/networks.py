"""Addresses that may connect, as the setting `voice.pbx` names them."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from bot.core.errors import FrontlineError


class Networks:
    """Comma separated addresses and networks, IPv4 and IPv6."""

    def __init__(self, text: str, setting: str = "voice.pbx") -> None:
        try:
            self._networks = [ip_network(part.strip()) for part in text.split(",") if part.strip()]
        except ValueError as error:
            raise FrontlineError("invalid_configuration", f"{setting}: {error}") from error

    def __contains__(self, address: object) -> bool:
        """Whether an address, as the socket writes it, is among them; what is no address is not."""
        try:
            ip = ip_address(str(address).partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._networks)
