import Access
import Testing

@Suite struct RateLimiterTests {
    private let limit = RateLimit("x", 10, per: .seconds(60))

    @Test func `a full bucket takes its number at once, then one for each part of the window`() {
        let limiter = RateLimiter()
        for left in (0..<10).reversed() {
            let verdict = limiter.take(limit, of: "a", now: 1000)
            #expect(verdict.isAdmitted && verdict.left == left)
        }
        let refused = limiter.take(limit, of: "a", now: 1000)
        #expect(!refused.isAdmitted && refused.left == 0 && refused.wait == .seconds(6))
        #expect(!limiter.take(limit, of: "a", now: 6999).isAdmitted)
        #expect(limiter.take(limit, of: "a", now: 7000).isAdmitted)
        #expect(!limiter.take(limit, of: "a", now: 7001).isAdmitted, "being refused costs nothing, nor gains anything")
        #expect(limiter.take(limit, of: "b", now: 1000).left == 9, "others have buckets of their own")
        #expect(limiter.take(RateLimit("y", 1, per: .seconds(1)), of: "a", now: 1000).isAdmitted)
    }

    @Test func `a look takes nothing`() {
        let limiter = RateLimiter()
        for _ in 0..<100 { #expect(limiter.take(limit, of: "a", now: 0, isOnlyLook: true).left == 10) }
    }

    @Test func `over a long time no more than the rate goes through, whatever the times`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let limiter = RateLimiter()
            let limit = RateLimit("x", Int.random(in: 1...500, using: &generator), per: .seconds(10))
            var now: Int64 = 0
            var admitted = 0
            for _ in 0..<5000 {
                now += Int64.random(in: 0...60, using: &generator)
                if limiter.take(limit, of: "a", now: now).isAdmitted { admitted += 1 }
            }
            let most = limit.count + Int(now) * limit.count / 10_000 + 1
            #expect(admitted <= most, "\(admitted) of \(most) at \(limit.count)")
        }
    }

    @Test func `many who come by make no more buckets than there may be, and those in use stay`() {
        let limiter = RateLimiter()
        for _ in 0..<10 { _ = limiter.take(limit, of: "busy", now: 0) }
        for number in 0..<200_000 { _ = limiter.take(limit, of: "\(number)", now: 0) }
        #expect(!limiter.take(limit, of: "busy", now: 0).isAdmitted)
    }

    @Test func `limits are read from text`() {
        #expect(RateLimit.parse("120/60", "x")?.limit == RateLimit("x", 120, per: .seconds(60)))
        #expect(RateLimit.parse("off", "x")?.isOff == true)
        for text in ["", "x", "1", "0/1", "1/0", "1/2/3", "-1/2", "1e3/2", "1 /2"] {
            #expect(RateLimit.parse(text, "x") == nil, "\(text)")
        }
    }
}
