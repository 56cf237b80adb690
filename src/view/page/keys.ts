/**
 * What each key does, by the name that browsers give it. A function returns false if the key has no use now; then the
 * browser handles it as usual.
 */
export type KeyTable = Readonly<Record<string, () => unknown>>;

/** Listens to keys, except in text fields, in open dialogs, and where a button or another control uses the key itself. */
export function listenToKeys(table: KeyTable): void {
  addEventListener('keydown', (event) => {
    if (event.altKey || document.querySelector('dialog[open]')) return;
    const target = event.target as HTMLElement;
    if (target.closest('input:not([type=range], [type=checkbox]), textarea, select')) return;
    if (event.key === ' ' && target.closest('button, summary, a, input')) return;
    const act = table[event.ctrlKey || event.metaKey ? `ctrl+${event.key}` : event.key];
    if (act !== undefined && act() !== false) event.preventDefault();
  });
}
