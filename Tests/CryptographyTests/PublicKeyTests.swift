import Cryptography
import Testing

@Suite struct PublicKeyTests {
    private static func pem(_ lines: String, _ label: String = "PUBLIC KEY") -> String {
        "-----BEGIN \(label)-----\n\(lines)\n-----END \(label)-----\n"
    }

    private static let rsa = pem(
        """
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmn3oxObAJjRA61N0Yz5w
        QqWThoZGzQ6H8XeaQp0xGxOIh8ZBxvVEM2oxW+QfaTF35/DVDHkZT/YLmDB3iPqB
        5+2gX6yu2Z5ewjXF4xqTtQXXL0liNF+QlPyU+1zrNkFdnaNRMF0BGSQOKXumP/fa
        pWqVHqMU5VWnohNt9LV1aErFEeaxE0Ep4l86Tj+zOSGJxR1yb/I8PiWvYfJ6xjk7
        E1V/DizjwmHLvB1SsCaGZiTB8f66gq0cDHjf9xV44jab94NseuzMZ2XQ5yAwDH63
        9RhWyPoSO3O9iepKtpxHjqRpmyLpubZn0Jc5hi6GyZcNuS1lKdDBUPpr0qMQsrV+
        5QIDAQAB
        """)
    private static let p256 = pem(
        """
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQVXCZAQrD7r7EkDeZ1ZYdbbu3dRV
        +5A1lnkPzs5/Wki3+NLb0mVn71A37bhyCf1g64TkwDQVXh2ckNonCNKc9A==
        """)
    private static let p384 = pem(
        """
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE5kEZadbbTmsBE/dKzbY0Onv0OEXm9/lA
        tpu/ulYkf+2CJ26BnI2B79xKjirpKKtFPBkw7kzENBg+Hn89xnfbb6u7KD54IuPS
        KFuHi94tpuPc7HkFxFK1HkPMo542N717
        """)
    private static let ed25519 = pem(
        """
        MCowBQYDK2VwAyEAu6tHy634AS8jSmt9pFONdIeWNwnX4cNGWmXTAS+/QvI=
        """)
    private static let weak = pem(
        """
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCs2Tu0kV8FVyNURzGCWCUhyJaq
        /oOnQAPPlC1RWESDzWGtXmD0qRa9f4sBzVqH3Ke/fafoRPmIGaL8202Wq9vDzVTn
        4MNYR0yXhFnAAx9yNXmji+IXAIG2iTi5xX5hPd92cm/eBumHenrcRX6D3AUFjZRo
        Y44nYXb1IjN/UF5VuwIDAQAB
        """)

    @Test(
        arguments: [
            (rsa, [.rs256, .rs384, .rs512]), (p256, [.es256]), (p384, [.es384]), (ed25519, [.edDSA]), (weak, []),
        ] as [(String, [PublicKey.Algorithm])])
    func `a key checks the signatures of its own sort alone`(pem: String, algorithms: [PublicKey.Algorithm]) throws {
        let key = try #require(PublicKey(pem: pem))
        for algorithm in PublicKey.Algorithm.allCases {
            #expect((key.refusal(of: algorithm) == nil) == algorithms.contains(algorithm), "\(algorithm)")
        }
        #expect(PublicKey(pem: pem.replacing("\n", with: "\r\n")) == key)
        #expect(PublicKey(pem: "\n" + pem + "\n\n") == key)
    }

    @Test func `what is not one public key and nothing else is none`() {
        #expect(PublicKey(pem: "") == nil)
        #expect(PublicKey(pem: Self.rsa + Self.p256) == nil)
        #expect(PublicKey(pem: "hello\n" + Self.rsa) == nil)
        #expect(PublicKey(pem: Self.rsa.replacing("PUBLIC", with: "PRIVATE")) == nil)
        #expect(PublicKey(pem: Self.pem("bm9uc2Vuc2U=")) == nil)
        #expect(PublicKey(pem: Self.pem("!!!!")) == nil)
        #expect(PublicKey(pem: String(Self.rsa.dropLast(30))) == nil)
        #expect(PublicKey(pem: Self.pem(String(repeating: "A", count: 20_000))) == nil)
    }
}
