// The portal's own JavaScript. Every page works without it; it makes dialogs,
// focus, counters, uploads and live regions smooth. No eval, no inline handler.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const on = (name, f, capture) => document.addEventListener(name, f, capture);
  const say = (text) => { const p = document.createElement('p'); p.className = 'toast'; p.textContent = text; $('#toasts').append(p); setTimeout(() => p.remove(), 8000); };

  // What only stands in for JavaScript goes; what needs it appears.
  const enhance = (root = document) => {
    for (const e of root.querySelectorAll('[data-nojs]')) e.hidden = true;
    for (const e of root.querySelectorAll('[data-js]')) e.hidden = false;
  };
  enhance();

  // A dialog that came as a fragment opens as a modal one; closing it removes it and returns the focus.
  let opener;
  on('htmx:config:request', (e) => { 
    if (e.detail.ctx.sourceElement.closest('dialog')) return;
    const menu = document.activeElement.closest('[popover]');
    opener = menu ? $(`[popovertarget="${menu.id}"]`) : document.activeElement;
  });
  const open = (d) => {
    d.removeAttribute('open');
    d.showModal();
    d.addEventListener('close', () => {
      d.remove();
      (opener?.isConnected ? opener : (opener?.id && document.getElementById(opener.id)) || $('h1'))?.focus();
    }, { once: true });
  };
  on('click', (e) => { const b = e.target.closest?.('dialog [data-close]'); if (b) { e.preventDefault(); b.closest('dialog').close(); } });

  // After a swap: dialogs open, and a lost focus goes to what asks for it or to the heading.
  let focused = false;
  on('htmx:before:swap', () => { focused = document.activeElement !== document.body; });
  on('htmx:after:swap', (e) => {
    enhance();
    for (const d of document.querySelectorAll('#dialog > dialog:not(:modal), #signin > dialog:not(:modal)')) open(d);
    const at = document.activeElement;
    if (at?.disabled) { next(at)?.focus(); return; }
    if (at !== document.body || !focused) return;
    const dialog = $('dialog:modal');
    const target = e.detail.ctx?.target;
    ($('[autofocus]', dialog ?? document) || (target instanceof Element && target.isConnected && $('h1, h2', target)) || $('h1'))?.focus({ preventScroll: e.detail.ctx?.sourceElement?.matches('[data-poll]') });
  });
  const next = (e) => { const all = [...(e.form ?? document).querySelectorAll('input:not([type=hidden]), select, textarea, button')]; return all.slice(all.indexOf(e) + 1).find((x) => !x.disabled); };
  on('htmx:after:history:restore', () => $('h1')?.focus());

  // Characters remaining, counted as the server counts them.
  on('input', (e) => {
    const count = e.target.dataset?.count && document.getElementById(e.target.dataset.count);
    if (!count) return;
    const max = Number(e.target.dataset.max), left = max - [...e.target.value].length;
    count.textContent = `Characters Remaining: ${left} / ${max}`;
    count.classList.toggle('is-over', left < 0);
  });

  // A username suggested from the names, while none is typed.
  on('input', (e) => {
    const form = e.target.form, button = form && $('[data-suggest]', form);
    if (!button) return;
    const name = [form.elements.firstName, form.elements.lastName].map((x) => x.value.toLowerCase().normalize('NFD').replace(/[^a-z0-9]+/g, ' ').trim().replaceAll(' ', '.')).filter(Boolean).join('.').slice(0, 64);
    const username = form.elements.techPassUsername;
    button.hidden = !name || username.disabled || username.value !== '';
    button.textContent = `Use ${name}`;
    button.dataset.suggest = name;
  });
  on('click', (e) => {
    const button = e.target.closest?.('[data-suggest]');
    if (!button) return;
    const username = button.form.elements.techPassUsername;
    username.value = button.dataset.suggest;
    button.hidden = true;
    username.focus();
  });

  // A form that goes by the browser's own way goes once.
  on('submit', (e) => {
    const form = e.target;
    if (form.method !== 'post' || form.hasAttribute('hx-post')) return;
    if (form.dataset.sent) e.preventDefault(); else form.dataset.sent = '1';
  });
  window.addEventListener('pageshow', () => { for (const f of document.querySelectorAll('form[data-sent]')) delete f.dataset.sent; });

  // A chosen file goes up at once. fetch knows no upload progress, so this one request goes by XMLHttpRequest.
  on('change', (e) => { const form = e.target.closest?.('form[data-upload]'); if (form && e.target.type === 'file' && e.target.files.length) form.requestSubmit(); });
  on('htmx:config:request', (e) => {
    const ctx = e.detail.ctx, form = ctx.sourceElement;
    if (!form.matches('[data-upload]')) return;
    const bar = $('progress', form), text = $('[data-upload-text]', form);
    ctx.fetch = (url, req) => new Promise((done, fail) => {
      const x = new XMLHttpRequest();
      x.open(req.method, url);
      for (const [k, v] of Object.entries(req.headers)) x.setRequestHeader(k, v);
      bar.hidden = false;
      x.upload.onprogress = (p) => { if (p.lengthComputable) { bar.value = p.loaded / p.total * 100; text.textContent = bar.value < 100 ? `Uploading: ${Math.round(bar.value)} %` : 'Reading the file'; } };
      x.onload = () => done(new Response([204, 304].includes(x.status) ? null : x.responseText, { status: x.status, headers: x.getAllResponseHeaders().trim().split('\r\n').map((h) => [h.slice(0, h.indexOf(':')), h.slice(h.indexOf(':') + 2)]) }));
      x.onerror = () => { bar.hidden = true; text.textContent = ''; fail(new TypeError('network')); };
      x.onabort = () => fail(new DOMException('aborted', 'AbortError'));
      req.signal.addEventListener('abort', () => x.abort());
      x.send(req.body);
    });
  });

  // Signed in again: the dialog closes and the form that was refused goes once more.
  let refused;
  on('htmx:response:error', (e) => { if (e.detail.ctx.response.status === 401) refused = e.detail.ctx.sourceElement; });
  on('signed-in', () => { $('#signin dialog')?.close(); if (refused?.isConnected) (refused.form ?? refused.closest('form'))?.requestSubmit(); });

  // Live regions ask for news while the page is seen.
  setInterval(() => { if (!document.hidden) for (const e of document.querySelectorAll('[data-poll]')) htmx.trigger(e, 'poll'); }, 2500);

  // Select all on this page.
  on('change', (e) => { if (e.target.matches?.('[data-all]')) for (const box of e.target.form.querySelectorAll('input[name=ids]')) box.checked = e.target.checked; });

  // The row menu (role=menu in a popover): arrow keys, Home, End; Tab closes; Escape and the way back are the browser's.
  on('toggle', (e) => { if (e.newState === 'open' && e.target.role === 'menu') $('[role=menuitem]', e.target).focus(); }, true);
  on('keydown', (e) => {
    const menu = e.target.closest?.('[role=menu]');
    if (!menu) return;
    const all = [...menu.querySelectorAll('[role=menuitem]')], at = all.indexOf(e.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[e.key];
    if (to !== undefined) { e.preventDefault(); all.at(to % all.length).focus(); } else if (e.key === 'Tab') menu.hidePopover();
  });
  on('click', (e) => { e.target.closest?.('[role=menu] [role=menuitem]')?.closest('[popover]').hidePopover(); });

  // Errors that leave the page as it is.
  on('htmx:response:error', (e) => { const s = e.detail.ctx.response.status; if (s >= 500) say(`Something went wrong on our side (${s}). Nothing was lost. Try again.`); });
  on('htmx:error', (e) => {
    const ctx = e.detail.ctx;
    if (e.detail.error?.name === 'TypeError' && ctx && !ctx.response && !ctx.sourceElement?.matches('[data-poll]')) say('You seem to be offline. Try again.');
  });
})();
