import Cryptography

/// The page that shows the OpenAPI document. It comes whole from the server: no other host is asked for anything.
enum DocumentationPage {
    /// What the page may load and run (Content Security Policy Level 3): its own style and script, known by their
    /// digests, and the document.
    static let policy =
        "default-src 'none'; connect-src 'self'; style-src '\(source(style))'; script-src '\(source(script))'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static func source(_ text: String) -> String {
        "sha256-" + Base64.standard.text(SHA256.digest(Array(text.utf8)))
    }

    /// The page.
    static let html = head + style + "</style></head>" + body + "<script>" + script + "</script></body></html>\n"

    private static let head = """
        <!doctype html><html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1"><title>Covey API</title><style>
        """

    private static let style = """
        :root { color-scheme: light dark; --line: #8884; --soft: #8881; --link: #3578c8; }
        * { box-sizing: border-box; }
        body { margin: 0; font: 15px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 17rem 1fr; }
        nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem;
        border-right: 1px solid var(--line); }
        nav input { width: 100%; padding: .4rem; margin-bottom: .6rem; font: inherit; }
        nav a { display: block; color: inherit; text-decoration: none; padding: .1rem 0; overflow-wrap: anywhere; }
        nav a:hover, a { color: var(--link); }
        main { padding: 1rem 2rem; min-width: 0; max-width: 70rem; }
        h2 { border-bottom: 1px solid var(--line); margin-top: 2.5rem; }
        details.op { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; }
        details.op > summary { padding: .5rem .75rem; cursor: pointer; overflow-wrap: anywhere; }
        details.op > div { padding: 0 .9rem .9rem; }
        .method { font: 600 12px ui-monospace, monospace; display: inline-block; width: 4rem; }
        .get { color: #2c8a4b; } .post { color: #3578c8; } .put, .patch { color: #b07a12; } .delete { color: #c0392b; }
        code, .path { font: 13px ui-monospace, monospace; }
        .note { opacity: .7; margin-left: .6rem; }
        table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .6rem .25rem 0;
        border-bottom: 1px solid var(--soft); vertical-align: top; } th { font-weight: 600; font-size: 13px; }
        .schema { font: 13px/1.6 ui-monospace, monospace; background: var(--soft); border-radius: 6px;
        padding: .6rem .8rem; overflow-x: auto; } .schema details { margin-left: 1rem; }
        .schema .leaf { margin-left: 1rem; }
        .required { color: #c0392b; } .help { font-family: system-ui, sans-serif; opacity: .75; }
        @media (max-width: 45rem) { body { display: block; } nav { position: static; height: auto; max-height: 40vh; } }
        """

    private static let body = """
        <body><nav><strong id="title">API</strong><p><a href="/openapi.json">openapi.json</a></p>
        <input id="filter" type="search" placeholder="Filter operations" aria-label="Filter operations">
        <div id="menu"></div></nav><main id="main"><p>Loading…</p></main>
        """

    /// Everything from the document goes in as text nodes, never as markup.
    private static let script = """
        'use strict';
        const make = (name, attributes, ...children) => {
          const node = document.createElement(name);
          for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
          const isThere = child => child !== null && child !== undefined && child !== '';
          node.append(...children.flat().filter(isThere));
          return node;
        };
        let api = {};
        const resolve = schema => {
          const name = schema && schema.$ref && schema.$ref.split('/').pop();
          return name ? { name, schema: (api.components.schemas || {})[name] || {} } : { schema: schema || {} };
        };
        const typeText = schema => {
          const { name, schema: at } = resolve(schema);
          if (name) return name;
          if (at.type === undefined && at.const !== undefined) return JSON.stringify(at.const);
          if (at.enum) return at.enum.map(v => JSON.stringify(v)).join(' | ');
          for (const key of ['oneOf', 'anyOf', 'allOf']) {
            if (at[key]) return at[key].map(typeText).join(key === 'allOf' ? ' & ' : ' | ');
          }
          const type = Array.isArray(at.type) ? at.type.join(' | ') : at.type || 'any';
          return at.items ? typeText(at.items) + '[]' : type;
        };
        const ruleNames = ['format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems',
          'default', 'const', 'not', 'propertyNames', 'example'];
        const rules = at => ruleNames.filter(key => at[key] !== undefined)
          .map(key => key + ': ' + JSON.stringify(at[key])).join(', ');
        const label = (key, schema, required, at) => [make('span', {}, key),
          required ? make('span', { class: 'required', title: 'required' }, '*') : '', ': ' + typeText(schema) + ' ',
          make('span', { class: 'help' }, [at.description || '', rules(at)].filter(Boolean).join(' · '))];
        const member = (key, schema, required, depth) => {
          const { schema: at } = resolve(schema);
          const inner = at.items ? resolve(at.items).schema : at;
          const nests = inner.properties || (inner.additionalProperties && inner.additionalProperties !== true)
            || inner.oneOf || inner.anyOf;
          if (!nests || depth > 8) return make('div', { class: 'leaf' }, label(key, schema, required, at));
          const box = make('details', {}, make('summary', {}, label(key, schema, required, at)));
          box.addEventListener('toggle', () => box.append(...members(inner, depth + 1)), { once: true });
          return box;
        };
        const members = (at, depth) => {
          const rows = Object.entries(at.properties || {}).map(([key, schema]) =>
            member(key, schema, (at.required || []).includes(key), depth));
          if (at.additionalProperties && at.additionalProperties !== true) {
            rows.push(member('[name]', at.additionalProperties, false, depth));
          }
          (at.oneOf || at.anyOf || at.allOf || []).forEach((schema, index) =>
            rows.push(member('form ' + (index + 1), schema, false, depth)));
          return rows;
        };
        const schemaBox = schema => {
          const { schema: at } = resolve(schema);
          const rows = members(at.items ? resolve(at.items).schema : at, 0);
          return make('div', { class: 'schema' }, make('div', {}, typeText(schema)), rows);
        };
        const contents = content => Object.entries(content || {}).map(([type, media]) =>
          make('div', {}, make('code', {}, type), schemaBox(media.schema)));
        const parameterAt = p => p.$ref ? api.components.parameters[p.$ref.split('/').pop()] : p;
        const parameters = list => !list || !list.length ? '' : make('div', {}, make('h4', {}, 'Parameters'),
          make('table', {}, make('tr', {}, ['Name', 'In', 'Type', ''].map(text => make('th', {}, text))),
            list.map(parameterAt).map(p => make('tr', {}, make('td', {}, make('code', {}, p.name), p.required
              ? make('span', { class: 'required' }, '*') : ''), make('td', {}, p.in),
              make('td', {}, typeText(p.schema)), make('td', {}, p.description || '', ' ',
              make('span', { class: 'help' }, rules(p.schema || {})))))));
        const headers = list => !list ? '' : make('p', { class: 'help' }, 'Headers: ' + Object.entries(list)
          .map(([name, header]) => name + ' (' + (header.description || '') + ')').join(', '));
        const answer = ([status, response]) => {
          const line = [make('code', {}, status), ' ' + (response.description || '')];
          const more = [headers(response.headers), contents(response.content)].flat().filter(node => node !== '');
          if (+status < 300) return make('div', {}, make('p', {}, line), more);
          if (!more.length) return make('p', {}, line);
          return make('details', {}, make('summary', {}, line), more);
        };
        const access = (op, authz) => authz ? 'Needs ' + authz.permission + ' on the ' + authz.resource + '.'
          : op.security && !op.security.length ? 'Open to anybody.' : 'Needs a credential for running agents.';
        const fill = (box, op) => {
          const authz = op['x-authz'];
          box.append(parameters(op.parameters),
            op.requestBody ? make('div', {}, make('h4', {}, 'Body'), contents(op.requestBody.content)) : '',
            make('h4', {}, 'Answers'), ...Object.entries(op.responses || {}).map(answer),
            make('p', { class: 'note' }, access(op, authz)),
            op['x-aliases'] ? make('p', { class: 'note' }, 'Also as ' + op['x-aliases'].join(', ') + '.') : '');
        };
        const operation = (path, method, op) => {
          const inner = make('div');
          const box = make('details', { class: 'op', id: op.operationId || method + path }, make('summary', {},
            make('span', { class: 'method ' + method }, method.toUpperCase()), make('span', { class: 'path' }, path),
            make('span', { class: 'note' }, op.summary || '')), inner);
          box.addEventListener('toggle', () => fill(inner, op), { once: true });
          box.dataset.text = [method, path, op.operationId, op.summary, ...(op.tags || [])].join(' ').toLowerCase();
          return box;
        };
        const show = document_ => {
          api = document_;
          const byTag = new Map();
          for (const [path, item] of Object.entries(api.paths)) for (const [method, op] of Object.entries(item)) {
            const tag = (op.tags || ['Other'])[0];
            byTag.set(tag, [...(byTag.get(tag) || []), operation(path, method, op)]);
          }
          document.title = api.info.title;
          document.getElementById('title').textContent = api.info.title + ' ' + api.info.version;
          const main = document.getElementById('main');
          const schemes = Object.entries(api.components.securitySchemes || {}).map(([name, scheme]) =>
            make('li', {}, make('code', {}, name), ': ' + scheme.type + ', ' + (scheme.scheme || scheme.in + ' '
              + scheme.name)));
          main.replaceChildren(make('section', { class: 'about' },
            ...(api.info.description || '').split('\\n\\n').map(text => make('p', {}, text)),
            make('p', {}, 'Credentials:'), make('ul', {}, schemes)),
            ...[...byTag].map(([tag, boxes]) => make('section', {}, make('h2', { id: 'tag-' + tag }, tag), boxes)));
          document.getElementById('menu').replaceChildren(...[...byTag.keys()].map(tag =>
            make('a', { href: '#tag-' + tag }, tag)));
          document.getElementById('filter').addEventListener('input', event => {
            const wanted = event.target.value.toLowerCase().split(' ').filter(Boolean);
            for (const section of main.querySelectorAll('section:not(.about)')) {
              let shown = 0;
              for (const box of section.querySelectorAll('.op')) {
                box.hidden = !wanted.every(word => box.dataset.text.includes(word));
                if (!box.hidden) shown += 1;
              }
              section.hidden = !shown;
            }
          });
        };
        fetch('/openapi.json').then(reply => reply.json()).then(show).catch(error => {
          document.getElementById('main').textContent = 'The description cannot be loaded: ' + error;
        });
        """
}
