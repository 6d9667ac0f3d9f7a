/// The program that each call of a function runs in, in JavaScript: what a function finds around it (console, timers,
/// `fetch`, `require`), and how it is called. It shares its context with the function and trusts it with nothing: a
/// function that breaks it breaks its own call alone.
enum Program {
    /// Together, an expression for `Script`.
    static let source =
        "(function (host, evaluate) {\n\"use strict\";\n" + core + encodings + network + modules + calls + "})"

    private static let core = #"""
        const { parse, stringify } = JSON;
        const limits = parse(host("limits", ""));
        const now = () => +host("now", "");
        for (const name of ["WebAssembly", "SharedArrayBuffer", "Atomics"]) delete globalThis[name];
        const define = (members) => {
            for (const name of Object.keys(members)) {
                Object.defineProperty(globalThis, name, {
                    value: members[name], writable: true, configurable: true, enumerable: false });
            }
        };

        const shown = (value) => {
            if (typeof value === "string") return value;
            if (typeof value === "function") return `[function ${value.name}]`;
            if (value instanceof Error) return `${value}`;
            if (typeof value !== "object" || value === null) return String(value);
            try { return stringify(value) ?? String(value); } catch { return "[object]"; }
        };
        const say = (level) => (...values) => void host("console", `${level}: ${values.map(shown).join(" ")}`);
        const console = {};
        for (const level of ["log", "info", "warn", "error", "debug", "trace", "dir", "table"]) {
            console[level] = say(level);
        }

        const timers = new Map();
        let lastTimer = 0;
        const timer = (repeats) => (callback, delay, ...values) => {
            if (typeof callback !== "function") throw new TypeError("The callback of a timer must be a function");
            if (timers.size >= limits.timers) throw new RangeError(`At most ${limits.timers} timers may wait`);
            const wait = Math.max(1, Math.min(+delay || 0, 2147483647));
            timers.set(++lastTimer, { due: now() + wait, wait, repeats, callback, values });
            return lastTimer;
        };
        const clear = (id) => void timers.delete(id);
        const nextTimer = () => {
            let next;
            for (const entry of timers) if (!next || entry[1].due < next[1].due) next = entry;
            return next;
        };
        // One timer a call: what it puts off is done before the next.
        const tick = () => {
            const next = nextTimer();
            if (next && next[1].due <= now()) {
                const [id, timer] = next;
                if (timer.repeats) timer.due = now() + timer.wait; else timers.delete(id);
                try { timer.callback(...timer.values); } catch (error) { fail(error); }
            }
        };
        // Asked in a call of its own: what a call puts off is done at its end, and may set timers.
        const wait = () => {
            const next = nextTimer();
            return next ? String(Math.max(0, Math.ceil(next[1].due - now()))) : "";
        };
        define({
            console, setTimeout: timer(false), setInterval: timer(true), clearTimeout: clear, clearInterval: clear,
            setImmediate: (callback, ...values) => setTimeout(callback, 0, ...values), clearImmediate: clear,
            queueMicrotask: (callback) => void Promise.resolve().then(callback).catch(fail),
        });

        """#

    private static let encodings = #"""
        const encode = (text) => {
            const units = unescape(encodeURIComponent(String(text).toWellFormed()));
            const bytes = new Uint8Array(units.length);
            for (let i = 0; i < units.length; i++) bytes[i] = units.charCodeAt(i);
            return bytes;
        };
        const bytesOf = (data) => ArrayBuffer.isView(data)
            ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
        const units = (bytes) => {
            let text = "";
            for (let i = 0; i < bytes.length; i += 8192) {
                text += String.fromCharCode.apply(null, bytes.subarray(i, i + 8192));
            }
            return text;
        };
        const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const btoa = (text) => {
            text = String(text);
            let out = "";
            for (let i = 0; i < text.length; i += 3) {
                const [a, b, c] = [text.charCodeAt(i), text.charCodeAt(i + 1), text.charCodeAt(i + 2)];
                if (a > 255 || b > 255 || c > 255) throw new RangeError("btoa takes characters up to U+00FF");
                out += letters[a >> 2] + letters[((a & 3) << 4) | (b >> 4)]
                    + (i + 1 < text.length ? letters[((b & 15) << 2) | (c >> 6)] : "=")
                    + (i + 2 < text.length ? letters[c & 63] : "=");
            }
            return out;
        };
        const atob = (text) => {
            text = String(text).replace(/[\t\n\f\r ]/g, "").replace(/={1,2}$/, "");
            let out = "", bits = 0, count = 0;
            for (const letter of text) {
                const value = letters.indexOf(letter);
                if (value < 0) throw new RangeError("atob takes base64 alone");
                bits = ((bits << 6) | value) & 0xffffff;
                count += 6;
                if (count >= 8) { count -= 8; out += String.fromCharCode((bits >> count) & 255); }
            }
            return out;
        };
        const decodeBytes = (bytes, fatal) => {
            const text = host("utf8", btoa(units(bytes)));
            if (fatal && text.includes("\ufffd")) throw new TypeError("The data is not valid UTF-8");
            return text;
        };
        class TextEncoder {
            get encoding() { return "utf-8"; }
            encode(text = "") { return encode(text); }
        }
        class TextDecoder {
            #fatal;
            constructor(label = "utf-8", options = {}) {
                if (!/^utf-?8$/i.test(label)) throw new RangeError("Only utf-8 is decoded");
                this.#fatal = !!options.fatal;
            }
            get encoding() { return "utf-8"; }
            decode(data) { return data === undefined ? "" : decodeBytes(bytesOf(data), this.#fatal); }
        }
        const randomBytes = (count) => Uint8Array.from(atob(host("random", String(count))), (c) => c.charCodeAt(0));
        const crypto = {
            getRandomValues(view) {
                if (view.byteLength > 65536) throw new RangeError("At most 65536 bytes at a time");
                bytesOf(view).set(randomBytes(view.byteLength));
                return view;
            },
            randomUUID() {
                const bytes = randomBytes(16);
                bytes[6] = (bytes[6] & 15) | 64;
                bytes[8] = (bytes[8] & 63) | 128;
                const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
                return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
            },
        };
        define({ TextEncoder, TextDecoder, atob, btoa, crypto });

        """#

    private static let network = #"""
        class Headers {
            #fields = new Map();
            constructor(init = {}) {
                const fields = init === null || typeof init !== "object" ? []
                    : typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
                for (const [name, value] of fields) this.append(name, value);
            }
            append(name, value) {
                const key = String(name).toLowerCase();
                this.#fields.set(key, this.has(key) ? `${this.get(key)}, ${value}` : String(value));
            }
            set(name, value) { this.#fields.set(String(name).toLowerCase(), String(value)); }
            get(name) { return this.#fields.get(String(name).toLowerCase()) ?? null; }
            has(name) { return this.#fields.has(String(name).toLowerCase()); }
            delete(name) { this.#fields.delete(String(name).toLowerCase()); }
            forEach(callback) { this.#fields.forEach((value, name) => callback(value, name, this)); }
            entries() { return this.#fields.entries(); }
            keys() { return this.#fields.keys(); }
            values() { return this.#fields.values(); }
            [Symbol.iterator]() { return this.#fields.entries(); }
        }
        class Response {
            #text;
            #body;
            #isUsed = false;
            constructor(answer) {
                this.#text = answer.text;
                this.#body = answer.body;
                this.status = answer.status;
                this.ok = answer.status >= 200 && answer.status < 300;
                this.statusText = "";
                this.url = answer.url;
                this.redirected = answer.redirected;
                this.headers = new Headers(answer.headers);
            }
            get bodyUsed() { return this.#isUsed; }
            #use() {
                if (this.#isUsed) throw new TypeError("The body has been read already");
                this.#isUsed = true;
            }
            async bytes() {
                this.#use();
                if (this.#text !== undefined) return encode(this.#text);
                return Uint8Array.from(atob(this.#body), (c) => c.charCodeAt(0));
            }
            async arrayBuffer() { return (await this.bytes()).buffer; }
            async text() {
                this.#use();
                return this.#text ?? host("utf8", this.#body);
            }
            async json() { return parse(await this.text()); }
        }
        const requests = new Map();
        let lastRequest = 0;
        const fetch = async (address, options = {}) => {
            const headers = new Headers(options.headers);
            const { body } = options;
            let bytes = null;
            if (typeof body === "string") {
                bytes = encode(body);
                if (!headers.has("content-type")) headers.set("content-type", "text/plain;charset=UTF-8");
            } else if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
                bytes = bytesOf(body);
            } else if (body !== undefined && body !== null) {
                throw new TypeError("The body of a request must be a string or bytes");
            }
            const id = ++lastRequest;
            return new Promise((resolve, reject) => {
                requests.set(id, { resolve, reject });
                host("fetch", stringify({
                    id, url: String(address), method: String(options.method ?? "GET").toUpperCase(),
                    headers: [...headers], body: bytes && btoa(units(bytes)),
                    redirect: String(options.redirect ?? "follow"),
                }));
            });
        };
        const fetched = (text) => {
            const answer = parse(text);
            const request = requests.get(answer.id);
            requests.delete(answer.id);
            if (!request) return;
            if (answer.error) request.reject(new TypeError(`fetch failed: ${answer.error}`));
            else request.resolve(new Response(answer));
        };
        define({ fetch, Headers, Response });

        """#

    private static let modules = #"""
        const loaded = new Map();
        const load = (from, name, form) => {
            const found = parse(host("module", stringify([from, String(name), form])));
            if (found.error) throw Object.assign(new Error(found.error), { code: "MODULE_NOT_FOUND" });
            let module = loaded.get(found.id);
            if (module) return module;
            module = { id: found.id, exports: {}, loaded: false, isModule: found.form === "module" };
            loaded.set(found.id, module);
            try {
                if (found.form === "json") {
                    module.exports = parse(found.source);
                } else {
                    const folder = found.id.replace(/\/[^/]*$/, "");
                    const made = evaluate("(function (exports, require, module, __filename, __dirname, importModule) {"
                        + found.source + "\n})", found.id);
                    made.call(module.exports, module.exports, requiring(found.id, module.isModule), module, found.id,
                        folder, importing(found.id));
                }
            } catch (error) {
                loaded.delete(found.id);
                if (!(error instanceof SyntaxError)) throw error;
                throw new Error(`'${found.id}' cannot be loaded: ${error.message}`);
            }
            module.loaded = true;
            return module;
        };
        const requiring = (from, isModule) => (name) =>
            isModule ? asModule(load(from, name, "import")) : load(from, name, "require").exports;
        // What `import` sees of a module: a CommonJS one is its default, beside the members that it has.
        const asModule = (module) => {
            if (module.isModule) return module.exports;
            const { exports } = module;
            const members = exports !== null && ["object", "function"].includes(typeof exports) ? exports : {};
            return Object.assign(Object.create(null), members, { default: exports });
        };
        const importing = (from) => async (name) => asModule(load(from, name, "import"));

        """#

    private static let calls = #"""
        const place = (error) => {
            const found = /(?:^|@|\n)function:(\d+)/.exec(String(error.stack));
            return found ? +found[1] : null;
        };
        const told = (error) => {
            if (typeof error !== "object" || error === null) return { message: shown(error), line: null };
            const name = String(error.name ?? "Error"), message = String(error.message ?? shown(error));
            return { message: message ? `${name}: ${message}` : name, line: place(error) };
        };
        const fail = (error) => {
            let words;
            try { words = told(error); } catch { words = { message: "The function failed.", line: null }; }
            host("fail", stringify(words));
        };
        const done = (value) => {
            let text;
            try { text = stringify(value); } catch (error) { return fail(error); }
            host("done", text === undefined ? "null" : text);
        };
        // By await and not by then, which the function may have replaced.
        const run = async (work, input) => {
            let value;
            try { value = await work(input); } catch (error) { return fail(error); }
            done(value);
        };
        const start = (text) => {
            const { code, input } = parse(text);
            try {
                const made = evaluate("(function (require, importModule) { return (" + code + "\n)})", "function");
                const work = made(requiring("", false), importing(""));
                if (typeof work !== "function") throw new TypeError("The source is not one function");
                run(work, input);
            } catch (error) {
                fail(error);
            }
        };
        return (operation, text) => {
            if (operation === "start") start(text);
            else if (operation === "fetched") fetched(text);
            else if (operation === "tick") tick();
            return operation === "wait" ? wait() : "";
        };

        """#
}
