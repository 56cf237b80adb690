/**
 * Whether the page is a copy in files. Its data then come as scripts, because browsers let a page on a disk read no
 * other files.
 */
const isFileCopy: boolean = document.documentElement.hasAttribute('data-copy');

const waiting = new Map<string, (value: unknown) => void>();

// The scripts with data call this.
Object.defineProperty(window, 'segtileData', {
  value: (path: string, value: unknown) => waiting.get(path)?.(value),
});

/** Loads the data of a copy that a server would send for an address. */
function fromCopy(path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    waiting.set(path, resolve);
    const end = (): void => {
      script.remove();
      waiting.delete(path);
    };
    script.onload = end;
    script.onerror = () => {
      end();
      reject(new Error('a copy in files does not hold this: segtile view shows it'));
    };
    script.src = `data/${path}.js`;
    document.head.append(script);
  });
}

/** The bytes at an address, such as those of a tile. */
export async function tileBytes(path: string, signal: AbortSignal): Promise<ArrayBuffer> {
  if (isFileCopy) return Uint8Array.from(atob((await fromCopy(path)) as string), (char) => char.charCodeAt(0)).buffer;
  const response = await fetch(path, { signal });
  if (!response.ok) throw new Error(`a tile could not be loaded: ${response.status} ${await response.text()}`);
  return response.arrayBuffer();
}

/**
 * Gets JSON from the server.
 *
 * @throws {Error} with the server's message, if it refuses the request
 */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  if (isFileCopy) return (await fromCopy(path)) as T;
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
