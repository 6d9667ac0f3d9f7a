import ArgumentParser
import Cryptography
import Foundation
import HTTP
import Runtime
import Store

/// `covey key`: the keys that seal stored secrets.
struct KeyCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Change the key that seals stored secrets.",
        subcommands: [Rotate.self, Reseal.self])

    /// `covey key rotate`: a new key in place of the one in the data folder.
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key, seal every secret by it, and let the old one go.",
            discussion: "Stop the server first. What is interrupted is taken up by running it again.")

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.open { store, settings in
                _ = try await Premises.keyring(settings, store)
                let keyring = try KeyFile.rotate(settings)
                Printer.line("The new key is \(keyring.current.id).")
                guard try await KeyCommands.reseal(store, keyring) else { return }
                try KeyFile.dropOthers(settings, keyring)
                Printer.line("Back up the file of the key together with the database.")
            }
        }
    }

    /// `covey key reseal`: seals by the first of the keys what others sealed.
    struct Reseal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal every secret by the first of the keys that the server is given.",
            discussion: "Stop the server first. Afterwards the other keys can be taken away.")

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.open { store, settings in
                let keyring = try await Premises.keyring(settings, store)
                _ = try await KeyCommands.reseal(store, keyring)
            }
        }
    }

    /// Seals all by the current key. True when the others can go.
    private static func reseal(_ store: Store, _ keyring: Keyring) async throws -> Bool {
        try await store.admit(keyring, at: RuntimeClock.live.now())
        let done = try await store.reseal(with: keyring)
        Printer.line("\(done.sealed) sealed anew by key \(keyring.current.id).")
        guard done.left == 0 else {
            Printer.line(
                "\(done.left) texts look sealed and are opened by none of the keys. Keep the other keys: "
                    + "they are let go when nothing needs them.")
            return false
        }
        try await store.forgetKeys(but: keyring)
        Printer.line("No other key is needed any more.")
        return true
    }
}

/// `covey audit`: the record of what was done.
struct AuditCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Check the record of what was done.", subcommands: [Verify.self])

    /// `covey audit verify`: whether every record is as it was written.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no record was changed, taken out or cut off.",
            discussion: """
                Each tenant's records are a chain. Note the last digest somewhere else: whoever can write to the \
                database can make a whole new chain, but not one that ends in the same digest.
                """)

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.open(alone: false) { store, _ in
                var isWhole = true
                for tenant in try await store.auditedTenants() {
                    let verdict = try await store.verifyAudit(of: tenant)
                    let name = tenant.isEmpty ? "(no tenant)" : tenant
                    if let place = verdict.broken {
                        isWhole = false
                        Printer.line("\(name): BROKEN at record \(place), after \(verdict.records) good ones")
                    } else {
                        Printer.line("\(name): \(verdict.records) records, last digest \(verdict.head)")
                    }
                }
                if !isWhole { throw ExitCode.failure }
            }
        }
    }
}
