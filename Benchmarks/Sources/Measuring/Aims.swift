/// What Covey wants to reach on two processors, with its journal on and durable.
public enum Aims {
    /// Milliseconds added to the median turn at one client.
    public static let addedP50Milliseconds = 0.5
    /// Milliseconds added to the slowest hundredth at one client.
    public static let addedP99Milliseconds = 3.0
    /// Milliseconds that an API key adds to the median turn at one client.
    public static let addedByKeyMilliseconds = 0.2
    /// Milliseconds that a call of a tool, itself without work, adds to the median turn at one client.
    public static let addedByToolMilliseconds = 5.0
    /// Memory of a conversation that nobody goes on with, in KB: none, as far as it can be told from the allocator's.
    public static let idleConversationKilobytes = 0.5
    /// Turns per second, by step.
    public static let turnsPerSecond = ["plain_c32": 8_000.0, "stream_c32": 4_000.0]
    /// Milliseconds of processor time for a turn.
    public static let processorMilliseconds = 0.4
    /// The least share of the direct path's rate with 256 paced streams: below it Covey falls behind.
    public static let pacedShare = 0.95
    /// Resident memory of an idle server, in MB.
    public static let idleMegabytes = 50.0
    /// Memory of an open stream, in KB.
    public static let kilobytesPerStream = 100.0
    /// Milliseconds from the start of the process to the first answer.
    public static let coldStartMilliseconds = 100.0
}
