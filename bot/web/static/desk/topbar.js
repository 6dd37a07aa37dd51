// The bar over every staff page: where one can go, who one is.
import { html, Icon, t } from "../lib.js";
import { api, may } from "./account.js";

async function signOut() {
  await api("POST", "/api/auth/logout").catch(() => null);
  location.assign("/login");
}

// The language lives in the address, so that a link opens the page as its sender sees it.
const english = () => document.documentElement.lang === "en";
const inLocale = (href) => (english() ? `${href}?locale=en` : href);
const switchLocale = () => { location.search = english() ? "" : "?locale=en"; };

export function TopBar({ operator, page, children }) {
  const pages = [["desk", "/desk", may(operator, "watch")], ["team", "/team", may(operator, "audit")], ["help", "/help", true]];
  return html`<header class="topbar">
    <a class="brand" href=${inLocale("/desk")}><svg width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M2 17h20M5 17c0-5 3-8 7-8s7 3 7 8M12 9v8" /></svg>frontline</a>
    <nav aria-label=${t("pages")}>${pages.filter(([, , allowed]) => allowed).map(([name, href]) => html`
      <a key=${name} href=${inLocale(href)} aria-current=${name === page ? "page" : undefined}>${t(`page_${name}`)}</a>`)}</nav>
    <div class="topbar-tools">${children}
      <button type="button" class="icon-button locale" aria-label=${t("other_locale_label")} onClick=${switchLocale}>${t("other_locale")}</button>
      <span class="who"><b>${operator.name}</b><small>${t(`role_${operator.role}`)}</small></span>
      <button type="button" class="icon-button" aria-label=${t("sign_out")} title=${t("sign_out")} onClick=${signOut}><${Icon} name="exit" /></button>
    </div></header>`;
}

export function Modal({ title, onClose, children }) {
  const onKeyDown = (event) => { if (event.key === "Escape") { event.stopPropagation(); onClose(); } };
  return html`<dialog class="modal" aria-label=${title} onKeyDown=${onKeyDown} onCancel=${onClose}
    ref=${(node) => { if (node && !node.open) node.showModal(); }}>
    <header><h2>${title}</h2><button type="button" class="icon-button" aria-label=${t("close_window")} onClick=${onClose}><${Icon} name="close" /></button></header>
    ${children}</dialog>`;
}
