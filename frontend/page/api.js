// Asks the server this page came from. Addresses are relative, so that the page also works below a path of a proxy.

const KEY = 'mlx-llm-server key';

export class ApiError extends Error {
  constructor(status, message, code = null) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function setKey(key) {
  sessionStorage.setItem(KEY, key);
}

export async function request(path, options = {}) {
  const headers = {...options.headers};
  const key = sessionStorage.getItem(KEY);
  if (key) headers.Authorization = `Bearer ${key}`;
  const response = await fetch(new URL(path, document.baseURI), {...options, headers, cache: 'no-store'});
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function getJson(path) {
  return (await request(path)).json();
}

export function post(path, body, signal) {
  return request(path, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body), signal,
  });
}

async function errorOf(response) {
  try {
    const {error} = await response.json();
    return new ApiError(response.status, error.message, error.code);
  } catch {
    return new ApiError(response.status, `The server answered ${response.status} ${response.statusText}.`);
  }
}
