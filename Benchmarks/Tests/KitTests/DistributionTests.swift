import Kit
import Testing

struct DistributionTests {
    @Test(arguments: [(50.0, 50.0), (90, 90), (99, 99), (99.5, 100), (100, 100), (1, 1), (0.1, 1)])
    func `a percentile of the numbers 1 to 100 is the number itself, rounded up`(_ percent: Double, _ value: Double) {
        #expect(Distribution((1...100).map(Double.init).shuffled()).percentile(percent) == value)
    }

    @Test func `the median of two is the lower one, since it is always a sample`() {
        #expect(Distribution([4, 2]).percentile(50) == 2)
        #expect(Distribution([4, 2]).percentile(51) == 4)
    }

    @Test func `no samples are zeros`() {
        #expect(Distribution([]).percentile(99) == 0)
        #expect(Distribution([]).mean == 0)
    }

    @Test func `the mean is the mean`() { #expect(Distribution([1, 2, 6]).mean == 3) }
}
