/// The media types that are taken (run spec §20).
enum FileTypes {
    /// Names that say nothing of what is in a file, or no more than that it is an archive.
    static let vague: Set = [
        "", "application/octet-stream", "binary/octet-stream", "application/zip", "application/x-zip-compressed",
        "application/x-zip",
    ]

    /// Other names of what is kept under one.
    static let aliases: [String: String] = [
        "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png",
        "application/x-pdf": "application/pdf",
        "text/x-markdown": "text/markdown", "application/markdown": "text/markdown",
        "application/csv": "text/csv", "text/comma-separated-values": "text/csv",
        "application/x-yaml": "application/yaml", "text/yaml": "application/yaml", "text/x-yaml": "application/yaml",
        "text/json": "application/json", "application/x-json": "application/json", "text/xml": "application/xml",
        "application/x-javascript": "text/javascript", "application/javascript": "text/javascript",
        "application/ecmascript": "text/javascript", "text/ecmascript": "text/javascript",
        "application/typescript": "text/typescript", "text/x-typescript": "text/typescript",
        "application/x-typescript": "text/typescript", "text/tsx": "text/typescript", "text/jsx": "text/javascript",
        "application/x-python-code": "text/x-python", "application/x-python": "text/x-python",
        "text/x-script.python": "text/x-python", "text/python": "text/x-python",
        "application/x-sh": "text/x-shellscript", "application/x-shellscript": "text/x-shellscript",
        "text/x-sh": "text/x-shellscript", "application/x-bash": "text/x-shellscript",
        "application/sql": "text/x-sql", "text/sql": "text/x-sql", "application/x-sql": "text/x-sql",
        "application/x-httpd-php": "text/x-php", "text/php": "text/x-php", "application/x-php": "text/x-php",
        "text/x-java-source": "text/x-java", "text/java": "text/x-java", "application/x-ruby": "text/x-ruby",
        "text/ruby": "text/x-ruby", "text/x-csrc": "text/x-c", "text/x-chdr": "text/x-c", "text/x-c++src": "text/x-c++",
        "text/x-c++hdr": "text/x-c++", "text/x-cpp": "text/x-c++", "text/rust": "text/x-rust",
        "text/x-golang": "text/x-go",
        "text/x-scss": "text/x-scss", "application/toml": "text/x-toml", "application/graphql": "text/x-graphql",
        "application/xhtml+xml": "text/html", "application/rtf": "text/rtf", "text/richtext": "text/rtf",
        "application/ld+json": "application/json", "application/x-perl": "text/x-perl",
    ]

    private static let archives: [(name: String, ending: String)] = [
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
        ("application/vnd.oasis.opendocument.text", "odt"),
        ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
        ("application/vnd.oasis.opendocument.presentation", "odp"),
        ("application/vnd.apple.pages", "pages"), ("application/vnd.apple.numbers", "numbers"),
        ("application/vnd.apple.keynote", "key"),
    ]

    /// Text by its media type, and the endings of files that have it, the usual one first.
    private static let texts: [(name: String, endings: String)] = [
        ("text/plain", "txt text log"), ("text/markdown", "md markdown mdx"), ("text/html", "html htm xhtml"),
        ("text/css", "css"), ("text/csv", "csv"), ("text/tab-separated-values", "tsv"), ("text/calendar", "ics"),
        ("text/vcard", "vcf"), ("text/rtf", "rtf"), ("text/vtt", "vtt"), ("application/x-subrip", "srt"),
        ("application/json", "json"), ("application/x-ndjson", "ndjson jsonl"), ("application/json5", "json5"),
        ("application/yaml", "yaml yml"), ("application/xml", "xml xsd xsl"), ("image/svg+xml", "svg"),
        ("text/javascript", "js mjs cjs jsx"), ("text/typescript", "ts mts cts tsx"), ("text/x-python", "py pyi"),
        ("text/x-java", "java"), ("text/x-kotlin", "kt kts"), ("text/x-scala", "scala"), ("text/x-groovy", "groovy"),
        ("text/x-swift", "swift"), ("text/x-objectivec", "m"), ("text/x-c", "c h"), ("text/x-c++", "cpp cc cxx hpp hh"),
        ("text/x-csharp", "cs"), ("text/x-fsharp", "fs"), ("text/x-go", "go"), ("text/x-rust", "rs"),
        ("text/x-ruby", "rb"), ("text/x-php", "php"), ("text/x-perl", "pl pm"), ("text/x-lua", "lua"),
        ("text/x-r", "r"), ("text/x-julia", "jl"), ("text/x-dart", "dart"), ("text/x-elixir", "ex exs"),
        ("text/x-erlang", "erl"), ("text/x-haskell", "hs"), ("text/x-ocaml", "ml mli"), ("text/x-clojure", "clj cljs"),
        ("text/x-lisp", "lisp el"), ("text/x-shellscript", "sh bash zsh"), ("text/x-powershell", "ps1"),
        ("text/x-sql", "sql"), ("text/x-graphql", "graphql gql"), ("text/x-protobuf", "proto"), ("text/x-toml", "toml"),
        ("text/x-ini", "ini cfg conf"), ("text/x-properties", "properties env"), ("text/x-diff", "diff patch"),
        ("text/x-dockerfile", "dockerfile"), ("text/x-makefile", "mk makefile"), ("text/x-cmake", "cmake"),
        ("text/x-terraform", "tf hcl"), ("text/x-scss", "scss sass"), ("text/x-less", "less"), ("text/x-vue", "vue"),
        ("text/x-svelte", "svelte"), ("text/x-latex", "tex"), ("text/x-rst", "rst"), ("text/x-asciidoc", "adoc"),
        ("text/x-org", "org"), ("text/x-vb", "vb"), ("text/x-pascal", "pas"), ("text/x-fortran", "f90"),
        ("text/x-assembly", "asm s"), ("text/x-zig", "zig"), ("text/x-nim", "nim"), ("text/x-solidity", "sol"),
        ("application/x-bibtex", "bib"), ("message/rfc822", "eml"),
    ]

    private static let images: [FileType] = [.png, .jpeg, .webp]

    /// Every type by its name.
    static let byName: [String: FileType] = {
        var types = Dictionary(uniqueKeysWithValues: (images + [.pdf]).map { ($0.mediaType, $0) })
        for (name, ending) in archives { types[name] = FileType(name, .archive, ending) }
        for (name, endings) in texts {
            types[name] = FileType(name, .text, endings.split(separator: " ").first.map(String.init) ?? "txt")
        }
        return types
    }()

    /// Every type by the endings of its files.
    static let byEnding: [String: FileType] = {
        var types: [String: FileType] = ["png": .png, "jpg": .jpeg, "jpeg": .jpeg, "webp": .webp, "pdf": .pdf]
        for (name, ending) in archives { types[ending] = byName[name] }
        for (name, endings) in texts {
            for ending in endings.split(separator: " ") { types[String(ending)] = byName[name] }
        }
        return types
    }()
}
