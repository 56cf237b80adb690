import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** A node of a network and the provider that ran it, as onnxruntime names it, such as `CPUExecutionProvider`. */
export interface PlacedNode {
  readonly name: string;
  readonly op: string;
  readonly provider: string;
}

/** A new path to use as `profileFilePrefix`. onnxruntime appends the time to it. */
export function profilePrefix(): string {
  return join(tmpdir(), `segtile-profile-${randomUUID()}`);
}

/**
 * Reads from onnxruntime's profile which provider ran each node. Deletes the files of the profile.
 *
 * @param prefix the path that was given as `profileFilePrefix`
 */
export async function nodesOfProfile(prefix: string): Promise<readonly PlacedNode[]> {
  const folder = dirname(prefix);
  const files = (await readdir(folder)).filter((name) => name.startsWith(basename(prefix)));
  const nodes = new Map<string, PlacedNode>();
  for (const file of files) {
    const path = join(folder, file);
    for (const node of placedNodes(await readFile(path, 'utf8'))) nodes.set(node.name, node);
    await rm(path, { force: true });
  }
  return [...nodes.values()];
}

interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/** The nodes in the text of a profile: events of category `Node` with a provider. */
export function placedNodes(text: string): readonly PlacedNode[] {
  return (JSON.parse(text) as readonly ProfileEvent[]).flatMap(({ cat, name = '', args }) =>
    cat === 'Node' && args?.provider
      ? [{ name: name.replace(/_kernel_time$/, ''), op: args.op_name ?? '', provider: args.provider }]
      : [],
  );
}
