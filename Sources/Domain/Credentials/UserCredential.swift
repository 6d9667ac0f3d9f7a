import Catalog

/// The caller's own credential for a tool whose users each have one (manage spec §2.5).
enum UserCredential {
    static let operation = Operation(
        "get-user-credential-for-tool", .get, Scope.project.path + "/tools/{id}/user-credential", tag: "Tools",
        summary: "Get User Credential for Tool", permission: .view,
        responses: [
            .init(200, "The caller's own credential.", schema: OpenAPI.reference("CredentialReferenceResponse"))
        ],
        effect: .read { workspace, input in
            let tool = Tool(try Tool.kind.entry(workspace, input))
            let kind = CredentialReference.kind
            let user = workspace.surroundings.caller.name
            guard tool.credentialScope == .user,
                let entry = try CredentialReference.own(of: user, for: tool.id, workspace)
            else {
                throw Problem.notFound(kind.title)
            }
            return .data(.object(try kind.shown(entry, workspace)))
        })
}
