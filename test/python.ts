import { spawnSync } from 'node:child_process';

/**
 * The Python that the variable PYTHON names, if it can import these modules; else undefined. Tests that compare with other programs are
 * skipped without it.
 */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const python = process.env.PYTHON;
  if (python === undefined) return undefined;
  return spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0 ? python : undefined;
}
