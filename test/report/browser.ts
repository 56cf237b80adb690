import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, chromium, firefox, type Page } from 'playwright-core';
import { expect } from 'vitest';

/** Where Debian puts Chromium, or where the environment says that one is. */
const executablePath = process.env.SEGTILE_CHROMIUM ?? '/usr/bin/chromium';

/** Whether there is a browser to look with. */
export const hasBrowser: boolean = existsSync(executablePath);

/** Said in the name of tests that need one. */
export const browserNote: string = hasBrowser ? '' : ' (skipped: no Chromium here)';

const quietly = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Starts a browser without a window. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quietly] });
}

/** Where Debian puts Firefox, or where the environment says that one is. */
const firefoxPath = process.env.SEGTILE_FIREFOX ?? '/usr/bin/firefox-esr';

/** Whether there is a Firefox to look with. */
export const hasFirefox: boolean = existsSync(firefoxPath);

/** Said in the name of tests that need one. */
export const firefoxNote: string = hasFirefox ? '' : ' (skipped: no Firefox here)';

/** What Playwright has inside for a browser that it talks to by WebDriver BiDi. */
interface BidiBrowser {
  readonly _browserSession: { send(method: string, params: object): Promise<object> };
}

/**
 * Starts Firefox as it comes from its makers or from Debian, without a window. Playwright asks it for light or dark
 * pages by a command of WebDriver BiDi that Firefox does not know yet. That one is left out.
 */
export async function startFirefox(): Promise<Browser> {
  // This channel stands for a Firefox that Playwright did not build.
  const browser = await firefox.launch({ channel: 'moz-firefox', executablePath: firefoxPath });
  const { _connection: connection } = browser as unknown as { _connection: { toImpl(of: Browser): BidiBrowser } };
  const session = connection.toImpl(browser)._browserSession;
  const send = session.send.bind(session);
  session.send = async (method, params) => (method === 'emulation.setMediaFeaturesOverride' ? {} : send(method, params));
  return browser;
}

/** A page that was opened from a disk, and everything that it complained about or asked the network for. */
export interface OpenPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** Opens a file as a reader does. */
export async function openPage(browser: Browser, path: string, colorScheme: 'light' | 'dark' = 'light'): Promise<OpenPage> {
  // The page forbids scripts from elsewhere; the checks for accessibility are one.
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme, bypassCSP: true });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`file://${path}`);
  return { page, complaints };
}

/** Expects a page to be as every report has to be: silent, whole, and usable by everybody. */
export async function expectSound({ page, complaints }: OpenPage): Promise<void> {
  expect(complaints).toEqual([]);
  const broken = await page.$$eval('img', (images) =>
    images
      .filter((image) => !image.complete || image.naturalWidth === 0 || !image.src.startsWith('data:') || !image.alt)
      .map(({ alt }) => alt),
  );
  expect(broken).toEqual([]);
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html.slice(0, 120)) }));
  });
  expect(found.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
}
