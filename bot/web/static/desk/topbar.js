// The bar over every staff page: where one can go, who one is, and what one may do about it.
import { html, Icon, t, useState } from "../lib.js";
import { Menu } from "../menu.js";
import { api, may } from "./account.js";
import { Password } from "./password.js";

async function signOut() {
  await api("POST", "/api/auth/logout").catch(() => null);
  location.assign("/login");
}

// The language lives in the address, so that a link opens the page as its sender sees it.
const english = () => document.documentElement.lang === "en";
const inLocale = (href) => (english() ? `${href}?locale=en` : href);
const switchLocale = () => { location.search = english() ? "" : "?locale=en"; };

export function TopBar({ operator, page, children }) {
  const [changing, setChanging] = useState(false);
  const pages = [["desk", "/desk", may(operator, "watch")], ["team", "/team", may(operator, "audit")], ["help", "/help", true]];
  return html`<header class="topbar">
    <a class="brand" href=${inLocale("/desk")} aria-label="frontline"><svg width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M2 17h20M5 17c0-5 3-8 7-8s7 3 7 8M12 9v8" /></svg><span class="wide-only">frontline</span></a>
    <nav aria-label=${t("pages")}>${pages.filter(([, , allowed]) => allowed).map(([name, href]) => html`
      <a key=${name} href=${inLocale(href)} aria-current=${name === page ? "page" : undefined}>${t(`page_${name}`)}</a>`)}</nav>
    <div class="topbar-tools">${children}
      <${Menu} label=${t("account_of", { name: operator.name })} look="account" items=${[
        { text: t("password_change"), run: () => setChanging(true) },
        { text: t("other_locale_label"), run: switchLocale, lang: english() ? "ru" : "en" },
        { text: t("sign_out"), run: signOut },
      ]}><span class="account-face"><${Icon} name="person" size=${18} /></span>
        <span class="who"><b>${operator.name}</b><small>${t(`role_${operator.role}`)}</small></span><${Icon} name="down" size=${16} /></${Menu}>
    </div></header>
    ${changing && html`<${Password} operator=${operator} onClose=${() => setChanging(false)} />`}`;
}
