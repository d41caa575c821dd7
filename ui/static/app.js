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
  const session = $('#session');

  // What was just done is said, where a page without a script shows it.
  const announce = () => { for (const e of document.querySelectorAll('[data-toast]')) { say(e.textContent.trim()); e.remove(); } };
  announce();

  // A dialog that came as a fragment opens as a modal one; closing it removes it and returns the focus.
  let opener;
  on('htmx:config:request', () => {
    if ($('dialog:modal')) return;
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
  let focused = false, modal = false;
  on('htmx:before:swap', () => { focused = document.activeElement !== document.body; modal = Boolean($('dialog:modal')); });
  on('htmx:after:swap', (e) => {
    enhance();
    announce();
    for (const d of document.querySelectorAll('#dialog > dialog:not(:modal), #signin > dialog:not(:modal)')) {
      if (d.closest('#signin')) session?.close();
      open(d);
    }
    const at = document.activeElement;
    if (at?.disabled) { next(at)?.focus(); return; }
    if (at !== document.body || !focused) return;
    const dialog = $('dialog:modal'), target = e.detail.ctx?.target, preventScroll = e.detail.ctx?.sourceElement?.matches('[data-poll]');
    for (const to of [$('[autofocus]', dialog ?? document), modal && !dialog && opener?.id && document.getElementById(opener.id), target instanceof Element && target.isConnected && $('h1, h2', target), $('h1')]) {
      if (to) to.focus({ preventScroll });
      if (to && document.activeElement === to) return;
    }
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

  // Usernames suggested from the names, family name first and last, while none is typed.
  const suggest = (form) => {
    const offers = form ? [...form.querySelectorAll('[data-suggest]')] : [], username = form?.elements.techPassUsername, told = [];
    for (const b of offers) {
      const name = b.dataset.suggest.split(' ').map((x) => form.elements[x].value.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/[^a-z0-9]+/g, ' ').trim().replaceAll(' ', '.')).filter(Boolean).join('.').slice(0, 64).replace(/\.$/, '');
      b.textContent = `Use ${name}`;
      b.value = name;
      b.hidden = !name || told.includes(name) || username.disabled || username.value !== '';
      told.push(name);
    }
  };
  on('input', (e) => suggest(e.target.form));
  on('click', (e) => {
    const button = e.target.closest?.('[data-suggest]');
    if (!button) return;
    const username = button.form.elements.techPassUsername;
    username.value = button.value;
    username.focus();
    username.dispatchEvent(new Event('change', { bubbles: true }));
    suggest(button.form);
  });

  // What is shown once is copied by a click; where the browser does not let us, it is selected.
  on('click', async (e) => {
    const button = e.target.closest?.('[data-copy]'), from = button && document.getElementById(button.dataset.copy);
    if (!from) return;
    from.select();
    try { await navigator.clipboard.writeText(from.value); say('Copied.'); } catch { say('Press Ctrl+C to copy it.'); }
  });

  // A form that goes by the browser's own way goes once.
  on('submit', (e) => {
    const form = e.target;
    if (form.method !== 'post' || form.hasAttribute('hx-post')) return;
    if (form.dataset.sent) e.preventDefault(); else form.dataset.sent = '1';
  });
  window.addEventListener('pageshow', () => { for (const f of document.querySelectorAll('form[data-sent]')) delete f.dataset.sent; });

  // A file that is dragged over its zone.
  for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) on(name, (e) => e.target.closest?.('.upload')?.classList.toggle('is-over', name === 'dragenter' || name === 'dragover'));

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

  // Signed out here: the form that signs out at the provider goes by itself.
  $('form[data-away]')?.requestSubmit();

  // Signed in in another tab.
  on('click', (e) => { if (e.target.closest?.('[data-signed-in]')) document.dispatchEvent(new Event('signed-in')); });

  // Signed in again: the dialog closes and the form that was refused goes once more, for the same officer.
  let refused, ask = async () => {};
  on('htmx:response:error', (e) => { if (e.detail.ctx.response.status === 401) refused = e.detail.ctx.sourceElement; });
  on('signed-in', async () => {
    $('#signin dialog')?.close();
    await ask();
    if (refused?.isConnected && session?.dataset.shown !== 'other') (refused.form ?? refused.closest('form'))?.requestSubmit();
  });

  // Live regions ask for news while the page is seen and no stream gets through: one that does speaks every 15 seconds.
  let spoke = -Infinity;
  on('htmx:sse:after:message', () => { spoke = Date.now(); });
  for (const name of ['htmx:sse:error', 'htmx:sse:close']) on(name, () => { spoke = -Infinity; });
  // What answers in a stream's place, such as a proxy's refusal, is no part of the page.
  on('htmx:before:response', (e) => { const ctx = e.detail.ctx; if (ctx.sourceElement.hasAttribute('hx-sse:connect') && !ctx.response.headers.get('Content-Type')?.includes('event-stream')) e.preventDefault(); });
  on('htmx:sse:before:connection', (e) => { if (e.detail.connection.status === 204) e.preventDefault(); });
  setInterval(() => { if (!document.hidden && Date.now() - spoke > 20000) for (const e of document.querySelectorAll('[data-poll]')) htmx.trigger(e, 'poll'); }, 2500);

  // What changes often is said aloud every five seconds at most.
  setInterval(() => {
    for (const e of document.querySelectorAll('[data-say]')) {
      const region = document.getElementById(e.dataset.say), text = e.textContent.replace(/\s+/g, ' ').trim();
      if (region && region.textContent !== text) region.textContent = text;
    }
  }, 5000);

  // A time that runs out, in words; the server says it anew with each answer.
  const inWords = (s) => s > 90 ? `${Math.round(s / 60)} minutes` : s === 1 ? '1 second' : `${s} seconds`;
  setInterval(() => { for (const e of document.querySelectorAll('[data-countdown]')) { e.dataset.countdown = Math.max(0, e.dataset.countdown - 1); e.textContent = inWords(Number(e.dataset.countdown)); } }, 1000);

  // The session: a warning before it ends, that can be answered. Only the server knows what other tabs did to it.
  if (session) {
    let timer, ends, warned = false;
    const show = (part) => {
      if (session.open && session.dataset.shown === part) return;
      session.dataset.shown = part;
      for (const e of session.querySelectorAll('[data-part]')) e.hidden = e.dataset.part !== part;
      session.setAttribute('aria-labelledby', `session-${part}`);
      session.setAttribute('aria-describedby', `session-${part}-text`);
      if (!session.open) { opener = document.activeElement; session.showModal(); }
      $('button.btn:not([hidden], .btn--2), a.btn:not([hidden])', session)?.focus();
    };
    const tick = () => {
      const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
      for (const e of session.querySelectorAll('[data-left]')) e.textContent = inWords(left);
      if ([60, 30, 10].includes(left)) $('[data-said]', session).textContent = `${left} seconds left.`;
      timer = setTimeout(left ? tick : ask, left ? 1000 : 1500);
    };
    const learn = (s) => {
      clearTimeout(timer);
      ends = Date.now() + s.left * 1000;
      if (s.officer !== session.dataset.officer) show('other');
      else if (s.left > s.warn) { session.close(); timer = setTimeout(ask, (s.left - s.warn) * 1000); }
      else { tick(); if (!s.last) show('ending'); else if (!warned) { warned = true; show('last'); } }
    };
    ask = () => {
      clearTimeout(timer);
      return fetch('/session/live').then(async (r) => {
        if (r.status === 200) learn(await r.json()); else if (r.status === 204) { if (!$('#signin dialog')) show('ended'); } else throw r;
      }).catch(() => { timer = setTimeout(ask, 10000); });
    };
    on('session-kept', ask);
    on('visibilitychange', () => { if (!document.hidden) ask(); });
    window.addEventListener('focus', ask);
    on('submit', (e) => { if (e.target.matches('[data-keep]') && session.dataset.shown === 'ended') session.close(); });
    learn({ officer: session.dataset.officer, left: Number(session.dataset.left), warn: Number(session.dataset.warn), last: 'last' in session.dataset });
  }

  // Select all on this page, and how many are selected.
  const count = (form) => {
    const boxes = [...form.querySelectorAll('input[name=ids]')], n = boxes.filter((b) => b.checked).length, all = $('[data-all]', form), text = $('[data-selected]', form);
    all.checked = n === boxes.length;
    all.indeterminate = n > 0 && n < boxes.length;
    text.dataset.none ??= text.textContent;
    text.textContent = n ? `${n} selected` : text.dataset.none;
  };
  on('change', (e) => {
    if (!e.target.matches?.('[data-all], input[name=ids]')) return;
    if (e.target.matches('[data-all]')) for (const box of e.target.form.querySelectorAll('input[name=ids]')) box.checked = e.target.checked;
    count(e.target.form);
  });
  const recount = () => { const all = $('[data-all]'); if (all) count(all.form); };
  on('htmx:after:swap', recount);
  recount();

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
  window.addEventListener('offline', () => say('You are offline. What you have filled in is kept; go on when the connection is back.'));
  on('htmx:response:error', (e) => { const s = e.detail.ctx.response.status; if (s >= 500) say(`Something went wrong on our side (${s}). Nothing was lost. Try again.`); });
  on('htmx:error', (e) => {
    const ctx = e.detail.ctx;
    if (e.detail.error?.name === 'TypeError' && ctx && !ctx.response && !ctx.sourceElement?.matches('[data-poll], [hidden]')) say('You seem to be offline. Try again.');
  });
})();
