import Outbound
import Testing

/// Where outbound requests may go.
struct EgressPolicyTests {
    static let privateAddresses = [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.1.1.1",
        "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
        "2002:7f00:1::", "::10.0.0.1", "100::1",
    ]

    @Test(arguments: privateAddresses) func `addresses that are not public are refused`(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!EgressPolicy.publicOnly.permits(address, host: text))
        #expect(EgressPolicy.unrestricted.permits(address, host: text))
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.167.0.1",
        "223.255.255.255",
        "2606:4700::1111", "2a00:1450:4001::200e", "::ffff:8.8.8.8", "64:ff9b::808:808",
    ]) func `public addresses are let through`(_ text: String) throws {
        #expect(EgressPolicy.publicOnly.permits(try #require(IPAddress(text)), host: text))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:3:0:0:4", "2001:db8:1:2::/64"),
        ("64:ff9b::c000:201", "64:ff9b:0:0:0:0:c000:201", "64:ff9b:0:0::/64"),
    ]) func `a client is told by its network`(_ text: String, _ unmapped: String, _ network: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.unmapped.description == unmapped && address.clientNetwork == network)
        #expect(IPAddress.clientNetwork(of: text) == network && IPAddress.clientNetwork(of: "x") == "x")
    }

    @Test func `what the list names is let through and nothing beside it`() throws {
        let policy = EgressPolicy(allow: ["10.1.0.0/16", "192.168.0.7", "Tools.Internal", "*.corp.example", "fd00::/8"])
        let rows: [(String, String, Bool)] = [
            ("10.1.2.3", "x", true), ("10.2.0.1", "x", false), ("192.168.0.7", "x", true), ("192.168.0.8", "x", false),
            ("10.9.9.9", "tools.internal", true), ("10.9.9.9", "TOOLS.internal", true),
            ("10.9.9.9", "a.tools.internal", false),
            ("10.9.9.9", "a.corp.example", true), ("10.9.9.9", "corp.example", false),
            ("10.9.9.9", "evilcorp.example", false),
            ("fd12::1", "x", true), ("fc12::1", "x", false), ("::ffff:10.1.2.3", "x", true),
            ("::ffff:10.2.2.3", "x", false),
        ]
        for (address, host, expected) in rows {
            #expect(policy.permits(try #require(IPAddress(address)), host: host) == expected, "\(address) as \(host)")
        }
    }

    @Test func `development reaches this machine and no other private one`() throws {
        for (address, expected) in [
            ("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("10.0.0.1", false),
        ] {
            #expect(EgressPolicy.development.permits(try #require(IPAddress(address)), host: "x") == expected)
        }
    }

    @Test(arguments: [
        "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.+4", "", "a", ":::", "1::2::3", "12345::", "::1.2.3", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "0x7f.0.0.1", "127.1",
    ]) func `text that is no address is none`(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "fc00::/129", "10.0.0.0/8/8", "x/8"])
    func `text that is no range is none`(_ text: String) {
        #expect(IPRange(text) == nil)
    }

    @Test func `an address reads back from its written form`() throws {
        for text in ["1.2.3.4", "::1", "2001:db8::ff00:42:8329", "[fe80::1%eth0]"] {
            let address = try #require(IPAddress(text))
            #expect(IPAddress(address.description) == address)
        }
    }

    @Test func `addresses that users write are refused by what they say`() {
        let refused = [
            "http://localhost/x", "https://LOCALHOST:8443", "http://a.localhost/", "http://127.0.0.1", "http://[::1]/",
            "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://10.0.0.1:80/", "http://[fd00::1]/",
            "http://169.254.169.254/latest", "http://user@127.0.0.1/", "ftp://example.com/", "nonsense", "",
        ]
        for url in refused { #expect(EgressPolicy.publicOnly.refusal(of: url) != nil, "\(url)") }
        for url in ["https://example.com/x", "http://1.1.1.1/", "https://hooks.example.com:8443/a?b#c"] {
            #expect(EgressPolicy.publicOnly.refusal(of: url) == nil, "\(url)")
        }
        #expect(EgressPolicy.development.refusal(of: "http://localhost:9000/") == nil)
        #expect(EgressPolicy(allow: ["10.0.0.0/8"]).refusal(of: "http://10.1.1.1/") == nil)
        #expect(EgressPolicy(allow: ["localhost"]).refusal(of: "http://localhost/") == nil)
    }
}
