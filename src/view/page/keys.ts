/** What keys do, by the key that a browser tells; false where it is of no use now, and means what it does elsewhere. */
export type KeyTable = Readonly<Record<string, () => unknown>>;

/** Listens to keys, but where one writes, and where a button or a field has a use for the key itself. */
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
