// Who is signed in, and requests on their behalf. Without a session the page goes to sign-in.
import { client, ApiError } from "../lib.js";

let csrf = "";
const request = client(() => (csrf ? { "X-CSRF-Token": csrf } : {}));

function toLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.hash)}`);
}

export async function api(method, path, body) {
  try {
    return await request(method, path, body);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) toLogin();
    throw error;
  }
}

export async function signedIn() {
  const { operator, csrf_token } = await api("GET", "/api/auth/me");
  csrf = csrf_token;
  return operator;
}

const MAY = {
  serve: ["operator", "administrator"],
  watch: ["operator", "supervisor", "administrator"],
  search: ["supervisor", "administrator"],
  audit: ["supervisor", "administrator"],
  manage: ["administrator"],
  appoint: ["supervisor", "administrator"], // says who knows what
};
export const may = (operator, what) => MAY[what].includes(operator.role);
