import type { Catalogue } from '../messages.js';
import { ask } from './api.js';
import { startApp } from './app.js';
import { h } from './dom.js';
import './styles/main.css';

// The cookie holds the token now, so it is removed from the address bar, where others could read it.
if (new URLSearchParams(location.search).has('token')) history.replaceState(null, '', location.pathname + location.hash);

ask<Catalogue>('catalogue')
  .then(startApp)
  .catch((error: Error) => document.body.replaceChildren(h('p', { class: 'message', role: 'alert' }, error.message)));
