/// Which tools clients are told of (run spec §4.3, §5.1).
enum ToolVisibility {
    private static let relationPrefixes = ["transfer_to_", "delegate_to_"]

    /// Whether calls of the tool are shown as tool parts: all but those by which sub-agents work together and keep
    /// house.
    static func isShown(_ name: String) -> Bool {
        isOperation(name) && name != "get_reference_artifact" && name != "compress_context"
    }

    /// Whether calls of the tool appear as `tool_call` and `tool_result` operations.
    static func isOperation(_ name: String) -> Bool {
        if relationPrefixes.contains(where: name.hasPrefix) || name == "load_skill" { return false }
        return !name.contains("save_tool_result")
    }
}
