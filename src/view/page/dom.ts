/** Attributes of an element by name, and listeners as `on…` functions. Values that are undefined or false are left out. */
export type Props = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>;

type Child = Node | string | undefined | false;

/** Makes an element. Strings become text and never markup, so names of files and classes are safe. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as (event: Event) => void);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

/** Makes a section of a side panel. It can be folded. */
export function section(title: string, ...children: readonly Child[]): HTMLElement {
  return h('details', { open: true, class: 'section' }, h('summary', {}, h('h2', {}, title)), ...children);
}

/** Replaces the children of an element. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => child !== undefined && child !== false));
}
