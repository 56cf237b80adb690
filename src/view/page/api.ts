/**
 * Gets JSON from the server.
 *
 * @throws {Error} with the server's message, if it refuses the request
 */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, signal ? { signal } : {});
  if (response.ok) return (await response.json()) as T;
  const text = await response.text();
  throw new Error(messageOf(text) ?? `${path}: ${response.status} ${text}`);
}

function messageOf(text: string): string | undefined {
  try {
    const { message, hint } = JSON.parse(text) as { readonly message?: string; readonly hint?: string };
    return message === undefined ? undefined : [message, hint].filter(Boolean).join('; ');
  } catch {
    return undefined;
  }
}

/**
 * Sends JSON to the server, and returns the JSON of its answer.
 *
 * @throws {Error} with the server's message, if it refuses the request
 */
export async function put<T>(path: string, value: unknown): Promise<T> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(path, { method: 'PUT', headers, body: JSON.stringify(value) });
  if (response.ok) return (await response.json()) as T;
  const text = await response.text();
  throw new Error(messageOf(text) ?? `${path}: ${response.status} ${text}`);
}
